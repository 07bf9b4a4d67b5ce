"""Text is understood as what was typed, whatever the client, transport and era."""

from hashlib import sha1

from gateway.conformance.cases import MODERN, NAMED, Case, scenario
from gateway.conformance.clients.kinds import Kind
from gateway.conformance.clients.texts import utf8

TEXTS = (
    "€", "é", "ÿ", "Ã©", "日本語", "😀", "e\u0301", "\u00a0", "\ufeff", "\ufffd", "\uffff", "\x00", "\x1e", "\x7f", "\x80",
    "~m~5~m~hello", "~j~{}", "~h~1", ":::", "5:::", "\\", "\\/", "\\u00e9", "\\n", "'\"", "%20+&=;", "</script>", "<!--", "]]>",
)  # fmt: skip
"""
Each is told apart from the others by whoever mistakes an encoding.

The first one shows that a client of 2.x is none of 1.x, which encodes twice: until then "Ã©" could be either's.
"""
SEPARATORS = ("a\u2028b", "a\u2029b")
LINES = ("a\nb", "a\r\nb", "\n", "tab\there")


async def understood(case: Case, texts: tuple[str, ...]) -> None:
    """Echo, digest, size and a neighbour agree on every text."""
    client, other = await case.client(), await case.other()
    for text in texts:
        data = utf8(text)
        assert await case.ask(client, "echo", text) == text, f"echo of {text!r}"
        assert await case.ask(client, "size", text) == len(data), f"size of {text!r}"
        assert await case.ask(client, "digest", text) == sha1(data, usedforsecurity=False).hexdigest(), f"digest of {text!r}"
    token = case.token()
    client.emit("others", token, *texts)
    assert (await case.event(other, "others", token))[1:] == list(texts)
    other.emit("others", token, *texts)
    assert (await case.event(client, "others", token))[1:] == list(texts)


@scenario("5", "text of every kind is understood")
async def every_kind(case: Case) -> None:
    await understood(case, TEXTS)


@scenario("5", "line separators U+2028 and U+2029 arrive")
async def separators(case: Case) -> None:
    await understood(case, SEPARATORS)
    client = await case.client()
    for text in SEPARATORS:
        client.emit("say", text)
        assert await case.event(client, "message") == [text]


@scenario("5", "line ends arrive as they were")
async def line_ends(case: Case) -> None:
    await understood(case, LINES)


def _posts_no_form(kind: Kind) -> bool:
    return kind.transport != "jsonp-polling"


@scenario("3.1", "texts that look like something else are sent as JSON and come back", ("old",), only=_posts_no_form)
async def old_texts(case: Case) -> None:
    client = await case.client()
    for text in (*TEXTS, *LINES):
        if not text.startswith(("~j~", "~h~")):
            client.send(text)
            assert await case.event(client, "message") == [text]


@scenario("5", "text messages and JSON messages of 0.9", ("0.9",))
async def nine_messages(case: Case) -> None:
    client = await case.client()
    for text in (*TEXTS, *SEPARATORS):
        client.send(text)
        assert await case.event(client, "message-back") == [text], repr(text)


@scenario("5", "a lone surrogate disturbs nobody", NAMED)
async def surrogate(case: Case) -> None:
    client, other = await case.client(), await case.other()
    token = case.token()
    client.emit("all", token, "\ud800")
    for peer in (client, other):
        args = await case.event(peer, "all", token)
        assert args[1] in ("\ud800", "\ufffd")
        await case.settled(peer)
    assert await case.ask(client, "size", "\udfff") == 3


@scenario("5", "event names and keys of objects are text too")
async def names(case: Case) -> None:
    client = await case.client()
    for text in ("é", "😀", "日本語", "a\u2028b"):
        assert await case.call(client, text, {text: text}) == ["any", text, [{text: text}]]


@scenario("5", "markup travels unharmed to scripts and pages")
async def markup(case: Case) -> None:
    client, other = await case.client(), await case.other()
    texts = ["</script><script>alert(1)</script>", "<!--<script>", "//\\/", "*/", "--socketio\n", "\\u003c"]
    token = case.token()
    other.emit("all", token, texts)
    assert (await case.event(client, "all", token))[1] == texts


@scenario("5", "binary travels between 1.x to 4.x", MODERN)
async def binary_between(case: Case) -> None:
    client, other = await case.client(), await case.other(era="eio3")
    token = case.token()
    client.emit("others", token, {"b": b"\0\xff\x80"})
    assert (await case.event(other, "others", token))[1] == {"b": b"\0\xff\x80"}
    other.emit("others", token, b"back")
    assert (await case.event(client, "others", token))[1] == b"back"
