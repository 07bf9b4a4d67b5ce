# ruff: noqa: E501
"""
Where a recorded scenario of Socket.IO 0.3 to 0.6 is answered otherwise, on purpose, and why.

    scenario -> [(step, what is answered, reason), ...]

A reason names what the recording says of a new server, a quirk or a section of the specification, or a ruling. Steps are
counted from 1.
"""

DEVIATIONS: dict[str, list[tuple[int, str, str]]] = {
    "xhr-polling/batch-from-client": [
        (8, "['one', '~j~{\"echo\":{\"k\":2}}', 'three']", "quirk 16: what one POST brings about goes out as one batch"),
        (10, "nothing", "quirk 16: what one POST brings about goes out as one batch"),
    ],
    "xhr-polling/origin-refused": [
        (3, "403 origin not allowed", "new_server: 403 before a session is made"),
        (6, "403 origin not allowed", "new_server: 403 before a session is made"),
        (7, "[]", "new_server: 403 before a session is made"),
    ],
    "xhr-polling/two-polls-at-once": [
        (14, "200 ", "new_server: the replaced poll ends with an empty 200"),
    ],
    "jsonp-polling/newline-quirk": [
        (8, "['a\\nb']", "quirk 9: line ends are repaired"),
        (
            9,
            '[{"event": "connection", "sid": "{{sid:a}}"}, {"event": "message", "sid": "{{sid:a}}", "data": "echo:a\\nb"}]',
            "quirk 9: line ends are repaired",
        ),
    ],
    "jsonp-polling/origin-refused": [
        (3, "403 origin not allowed", "new_server: 403 before a session is made"),
        (4, "[]", "new_server: 403 before a session is made"),
    ],
    "xhr-multipart/heartbeat": [
        (15, "closed", "new_server: the connection ends with the session"),
    ],
    "xhr-multipart/cross-origin-and-preflight": [
        (9, "204 ", "rulings 5: a preflight is answered 204"),
    ],
    "xhr-multipart/origin-refused": [
        (3, "403 origin not allowed", "new_server: 403 before a session is made"),
        (6, "403 origin not allowed", "new_server: 403 before a session is made"),
        (7, "[]", "new_server: 403 before a session is made"),
    ],
    "websocket/heartbeat": [
        (13, "closing frame", "new_server: the connection ends with the session"),
    ],
    "websocket/disconnect-by-close-frame": [
        (6, "closing frame", "new_server: FF 00 is answered, then TCP is closed"),
    ],
    "websocket/rfc6455-client": [
        (3, "101 ['{{sid}}']", "new_server: RFC 6455 is spoken"),
        (4, '[{"event": "connection", "sid": "{{sid}}"}]', "new_server: RFC 6455 is spoken"),
    ],
    "websocket/bad-first-byte": [
        (6, "closing frame", "new_server: TCP is closed"),
    ],
    "websocket/origin-refused": [
        (3, "403 origin not allowed", "new_server: 403 before a session is made"),
    ],
    "websocket/heartbeat-inside-batch": [
        (
            6,
            '[{"event": "connection", "sid": "{{sid:a}}"}, {"event": "message", "sid": "{{sid:a}}", "data": "hello"}, {"event": "message", "sid": "{{sid:a}}", "data": "after"}]',
            "new_server: what follows a heartbeat is delivered",
        ),
    ],
    "flashsocket/heartbeat": [
        (13, "closing frame", "new_server: the connection ends with the session"),
    ],
    "flashsocket/disconnect-by-close-frame": [
        (6, "closing frame", "new_server: FF 00 is answered, then TCP is closed"),
    ],
    "flashsocket/inline-policy": [
        (3, "[('*', '${PORT}')]", "14: our own ports only"),
    ],
    "flash-policy/inline-default-origins": [
        (3, "[('*', '${PORT}')]", "14: our own ports only"),
    ],
    "flash-policy/inline-listed-origins": [
        (3, "[('app.example.com', '${PORT}'), ('*', '${PORT}')]", "14: our own ports only"),
    ],
    "flash-policy/policy-port": [
        (2, "[('app.example.com', '${PORT}'), ('*', '${PORT}')]", "14: our own ports only"),
    ],
    "frames-0.5.3/xhr-polling": [
        (3, "Content-Type: text/plain; charset=UTF-8", "5.1: a charset is named, as from 0.6 on"),
        (8, "Content-Type: text/plain; charset=UTF-8", "5.1: a charset is named, as from 0.6 on"),
    ],
    "frames-0.5.3/xhr-polling-cross-origin": [
        (3, "Content-Type: text/plain; charset=UTF-8", "new_server: the Origin is echoed; a charset is named"),
        (3, "Access-Control-Allow-Origin: http://app.example.com", "new_server: the Origin is echoed; a charset is named"),
    ],
    "frames-0.5.3/xhr-polling-content-length-bug": [
        (3, "Content-Type: text/plain; charset=UTF-8", "5.1: a charset is named, as from 0.6 on"),
        (8, "Content-Type: text/plain; charset=UTF-8", "5.1: a charset is named, as from 0.6 on"),
    ],
    "frames-0.5.3/websocket-hixie-76": [
        (
            7,
            '[{"event": "connection", "sid": "{{sid:a}}"}, {"event": "message", "sid": "{{sid:a}}", "data": "echo:hello"}]',
            "3.3: nothing tells 0.5 from 0.6, to whom this is JSON gone wrong",
        ),
    ],
    "envelope-0.3.8/websocket-hixie-76": [
        (3, "WebSocket-Origin: ", "8.2: the head of draft 76 only, as from 0.4.1 on"),
        (3, "WebSocket-Location: ", "8.2: the head of draft 76 only, as from 0.4.1 on"),
    ],
    "static/socket.io.js": [
        (3, 'ETag: "0.6.3"', "an ETag has quotes (RFC 9110 §8.8.3); without them it is known too"),
        (6, 'ETag: "0.6.3"', "an ETag has quotes (RFC 9110 §8.8.3); without them it is known too"),
        (12, "304 ", "an ETag has quotes (RFC 9110 §8.8.3); without them it is known too"),
    ],
    "static/swf": [
        (3, 'ETag: "0.6.3"', "an ETag has quotes (RFC 9110 §8.8.3); without them it is known too"),
        (6, 'ETag: "0.6.3"', "an ETag has quotes (RFC 9110 §8.8.3); without them it is known too"),
    ],
    "static/not-served": [
        (3, "/* Socket.IO.min 0.6.3 @author Guillermo", "11: the small build lies in the package, so it is given away too"),
        (3, "Content-Type: text/javascript", "11: the small build lies in the package, so it is given away too"),
        (
            10,
            '[{"event": "app-request"}, {"event": "app-request"}]',
            "11: the small build lies in the package, so it is given away too",
        ),
    ],
}
