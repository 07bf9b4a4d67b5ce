"""What the gateway raises at the application's own calls, and what an application raises to refuse a client."""

from typing import Any


class GatewayError(Exception):
    """Base of the errors of this package that an application may meet."""


class SocketClosed(GatewayError):
    """``call`` on a socket that is, or meanwhile got, disconnected."""


class AckTimeout(GatewayError, TimeoutError):
    """
    No acknowledgement in time.

    :ivar answers: those that did come: first arguments, after a call to several sockets; else empty.
    """

    def __init__(self, message: str, answers: list[Any] | None = None) -> None:
        super().__init__(message)
        self.answers = [] if answers is None else answers


class LimitExceeded(GatewayError):
    """One of the listener's limits (``max_rooms``, ...) is reached; the option's name stands in the text."""


class StoreUnavailable(GatewayError):
    """
    A store can't be reached, or can't do what it was asked: a Redis that is down, a full disk, a store that is closed.

    Whether a value that should have been set was set is not known.
    """


class ConnectionRefused(GatewayError):
    """
    Raised by a middleware or an ``authorization`` function to refuse a client.

    :param message: what the client is told.
    :param data: further JSON data for the clients whose protocol carries it (1.x to 4.x).
    :raises TypeError: the message is no text. (Data that can't be sent are logged and left out.)
    """

    def __init__(self, message: str = "not authorized", data: Any = None) -> None:
        if not isinstance(message, str):
            raise TypeError(f"ConnectionRefused: message is text, not {type(message).__name__}")
        super().__init__(message)
        self.message = message
        self.data = data


class OptionError(GatewayError, ValueError):
    """An option of the listener is unknown, of the wrong type, or contradicts another; its name stands in the text."""
