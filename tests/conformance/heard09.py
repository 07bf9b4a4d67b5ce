"""What the application of 0.7 to 0.9 is told otherwise than the recorded one was."""

HEARD_OTHERWISE: dict[str, list[tuple[str, str]]] = {
    "xhr-polling/malformed": [
        ('["message", "", "message", [false], ""]', "nothing"),
        ('["connection", ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["b"], ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["short"], ""]', "nothing"),
        ('["message", "", "message", [""], ""]', "nothing"),
    ],
    "xhr-polling/connect-twice": [
        ('["connection", ""]', "nothing"),
        ('["connection", "/chat"]', "nothing"),
        ('["message", "", "message", ["x"], ""]', "nothing"),
    ],
    "jsonp-polling/malformed": [
        ('["message", "", "message", [false], ""]', "nothing"),
        ('["connection", ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["b"], ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["short"], ""]', "nothing"),
        ('["message", "", "message", [""], ""]', "nothing"),
    ],
    "jsonp-polling/raw-d": [
        ("nothing", '["message", "", "message", ["raw"], ""]'),
        ('["disconnect", ""]', "nothing"),
    ],
    "jsonp-polling/no-d": [
        ('["disconnect", ""]', "nothing"),
    ],
    "handshake/get-on-websocket-kills": [
        ('["disconnect", ""]', "nothing"),
    ],
    "handshake/disconnect-request": [
        ('["message", "", "message", ["still alive"], ""]', "nothing"),
    ],
    "websocket-hixie/fffd-in-data": [
        ('["message", "", "message", ["a"], ""]', '["message", "", "message", ["a\\ufffdb"], ""]'),
    ],
    "websocket-hybi-07-12/other-versions": [
        ('["connection", ""]', "nothing"),
        ('["disconnect", ""]', "nothing"),
    ],
    "websocket/fragments": [
        ('["message", "", "message", ["unmasked"], ""]', "nothing"),
        ('["message", "", "message", ["end"], ""]', "nothing"),
    ],
    "websocket/fragments-split-character": [
        ('["message", "", "message", ["\\ufffd\\ufffd\\ufffd"], ""]', '["message", "", "message", ["\\u20ac"], ""]'),
    ],
    "reconnect/switch-transport": [
        ('["message", "", "message", ["old ws"], ""]', "nothing"),
    ],
    "semantics/ack-twice": [
        ('["acked", "", "data", ["two"]]', "nothing"),
    ],
    "semantics/namespace-reconnect": [
        ('["event", "/chat", "bye", [], ""]', "nothing"),
        ('["event", "/chat", "echo", [1], ""]', "nothing"),
        ('["event", "/chat", "echo", [1], ""]', "nothing"),
        ('["disconnect", "/chat"]', "nothing"),
    ],
    "version-0.7/unicode-xhr-polling": [
        ("nothing", '["message", "", "message", ["nl\\nend"], ""]'),
    ],
    "version-0.7/line-separator-xhr-polling": [
        ('["connection", ""]', "nothing"),
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/unicode-jsonp-polling": [
        ("nothing", '["message", "", "message", ["nl\\nend"], ""]'),
    ],
    "version-0.7/line-separator-jsonp-polling": [
        ('["connection", ""]', "nothing"),
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/unicode-htmlfile": [
        ("nothing", '["message", "", "message", ["nl\\nend"], ""]'),
    ],
    "version-0.7/server-namespace-disconnect": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/unload": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/handshake": [
        ('["authorize", []]', "nothing"),
    ],
    "version-0.7/dropped-poll": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/malformed": [
        ('["message", "", "message", [null], ""]', "nothing"),
        ("nothing", '["message", "", "message", ["line\\nbreak"], ""]'),
        ("nothing", '["message", "", "message", ["shifted"], ""]'),
        ('["connection", ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["b"], ""]', "nothing"),
        ('["message", "", "message", ["\\ud83d\\ude00"], ""]', "nothing"),
        ('["message", "", "message", ["\\u20ac"], ""]', "nothing"),
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.7/jsonp-post": [
        ("nothing", '["message", "", "message", ["json"], ""]'),
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.8/server-namespace-disconnect": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.8/unload": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.8/handshake": [
        ('["authorize", []]', "nothing"),
    ],
    "version-0.8/dropped-poll": [
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.8/malformed": [
        ('["message", "", "message", [false], ""]', "nothing"),
        ('["connection", ""]', "nothing"),
        ('["message", "", "message", ["a"], ""]', "nothing"),
        ('["message", "", "message", ["b"], ""]', "nothing"),
        ('["message", "", "message", ["\\ud83d\\ude00"], ""]', "nothing"),
        ('["message", "", "message", ["\\u20ac"], ""]', "nothing"),
        ('["disconnect", ""]', "nothing"),
    ],
    "version-0.8/jsonp-post": [
        ("\"UNCAUGHT TypeError: Cannot call method 'writeHead' of undefined\"", '["message", "", "message", ["raw"], ""]'),
        ('["disconnect", ""]', "nothing"),
    ],
}
"""Where the application sees something else than the recorded one did, for the reasons above: (then, now).

Sessions that 0.7 and 0.8 ended with a cut poll live on (Q8), and so does one whose POST could not be read (Q4).
"""
