r"""
What an HTTP answer wraps around a payload so that a browser hands it to the page.

    --socketio<LF>                                       xhr-multipart: first boundary, with the head
    Content-Type: text/plain<LF><LF>PAYLOAD<LF>--socketio<LF>        then one part per payload
    <html><body>...                                      htmlfile: 256 bytes to begin with
    <script>parent.s._("PAYLOAD", document);</script>    then one script element per payload
    data: PAYLOAD<LF><LF>                                server-events
    io.JSONP[3]._("PAYLOAD");                            jsonp-polling

Whatever lands in a script is ASCII with ``<`` as ``\u003c``: no charset and no
``</script>`` can spoil it. Pure functions.
"""

from protocols.jsontext import dumps_script
from protocols.websocket import utf8

BOUNDARY = "--socketio"
"""Must not occur in a part: readers of the time look for it anywhere in the stream."""

MULTIPART_TYPE = 'multipart/x-mixed-replace;boundary="socketio"'
MULTIPART_START = b"--socketio\n"

HTML_START = b"<html><body>".ljust(256)
"""Internet Explorer renders nothing before 256 bytes have come (Socket.IO 0.6.18)."""

HTML_KEEP_ALIVE = b"<!-- heartbeat -->"

EVENTS_TYPE = "text/event-stream"


def multipart_part(payload: str, content_type: str = "text/plain") -> bytes:
    """
    Make one part of a ``multipart/x-mixed-replace`` answer.

    Lines end in a bare LF, and the boundary *behind* the payload is what makes
    Firefox 3 deliver the part at once (Socket.IO 0.6.18).

    :param payload: without :data:`BOUNDARY`.
    """
    return utf8(f"Content-Type: {content_type}\n\n{payload}\n{BOUNDARY}\n")


def script(code: str) -> bytes:
    """Make the one script element of an htmlfile piece; ``code`` is ASCII without ``<``."""
    return f"<script>{code}</script>".encode("ascii")


def parent_call(argument: str) -> bytes:
    """Hand ``argument``, a JavaScript expression, to the page that holds the htmlfile (0.3.4 to 0.6)."""
    return script(f"parent.s._({argument}, document);")


def safe_in_script(json: str) -> str:
    """Make ASCII JSON fit for a script element."""
    return json.replace("<", "\\u003c")


def server_event(payload: str) -> bytes:
    """Make one event of ``text/event-stream``; ``payload`` has no CR, which the format cannot say."""
    lines = payload.replace("\n", "\ndata: ")
    return utf8(f"data: {lines}\n\n")


def jsonp_call(function: str, payload: str) -> bytes:
    """Call ``function`` with ``payload`` as a string; the call comes also without payload (0.6.18)."""
    return f"{function}({dumps_script(payload)});".encode("ascii")
