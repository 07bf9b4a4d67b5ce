"""What a codec or a session may raise; nothing else leaves them."""


class ProtocolError(Exception):
    """
    A peer broke the rules of its own era.

    The only exception that may leave a codec or a session: whoever feeds them
    needs one ``except``, and a fuzzer has one promise to test.

    :ivar rule: the rule that was broken, in words.
    :ivar sample: the first bytes of the offence, for the log.
    :ivar status: the HTTP answer when the offence came in a request.
    :ivar close_code: the WebSocket close code (RFC 6455 §7.4.1) when it came in a frame.
    """

    status = 400
    close_code = 1002

    def __init__(self, rule: str, sample: str | bytes = "") -> None:
        super().__init__(f"{rule}: {sample[:48]!r}" if sample else rule)
        self.rule = rule
        self.sample = sample[:48]


class PayloadTooLarge(ProtocolError):
    """A body or a message is longer than the listener allows."""

    status = 413
    close_code = 1009


class BadText(ProtocolError):
    """Text that is not UTF-8."""

    close_code = 1007
