"""
Where a recorded scenario of Socket.IO 0.7 to 0.9 is answered otherwise, on purpose, and why.

    scenario -> [(step, what is answered, reason), ...]

A reason names a quirk (Q) or weakness (S) of the specification's tables, one of its sections, or a ruling. "nothing" is said
where the old server said something it should not have; otherwise the answer is what ours is.
"""

from gateway.conformance import deviations07

BUILD = "200 sha1 aec3f07a44be30ee6c7d2e2a508cb3b360501425"
"""The client 0.9.17 with the transports that were on by default."""
NEWER = "9.6: client 0.9.17 where 0.9.19 gave 0.9.16, each as its own builder makes it"
NOT_KEPT = "9.6: only the address with the version that it has may be kept for ever"

DEVIATIONS: dict[str, list[tuple[int, str, str]]] = {
    **deviations07.DEVIATIONS,
    "xhr-polling/denied": [
        (10, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "xhr-polling/server-disconnect-between-polls": [
        (11, "0::", "Q7: 0:: is kept for the next poll"),
    ],
    "xhr-polling/duplicate-poll": [
        (4, "8::", "Q6: the poll that is replaced is answered"),
        (13, "nothing", "Q6: the poll that is replaced is answered"),
    ],
    "xhr-polling/aborted-poll": [
        (4, '5:::{"args": [0], "name": "tick"}', "Q8: what a dead poll should have brought is kept"),
    ],
    "xhr-polling/malformed": [
        (114, "nothing", "Q15: bad JSON is dropped"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
    ],
    "xhr-polling/connect-twice": [
        (26, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
    ],
    "xhr-polling/connect-with-query": [
        (10, "1::/chat::", "Q16: both notations of a query are read"),
    ],
    "jsonp-polling/denied": [
        (10, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "jsonp-polling/query": [
        (15, '6::/chat:1 [["address", "headers", "quer... 246 characters', "the transport has the name that its URL has"),
    ],
    "jsonp-polling/server-disconnect-between-polls": [
        (11, "0::", "Q7: 0:: is kept for the next poll"),
    ],
    "jsonp-polling/duplicate-poll": [
        (4, "8::", "Q6: the poll that is replaced is answered"),
        (13, "nothing", "Q6: the poll that is replaced is answered"),
    ],
    "jsonp-polling/aborted-poll": [
        (4, '5:::{"args": [0], "name": "tick"}', "Q8: what a dead poll should have brought is kept"),
    ],
    "jsonp-polling/malformed": [
        (114, "nothing", "Q15: bad JSON is dropped"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (114, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
    ],
    "jsonp-polling/raw-d": [
        (4, "3:::raw", "Q4: both forms of d are read"),
    ],
    "htmlfile/denied": [
        (11, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "handshake/paths": [
        (6, "404 not socket.io", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
        (8, "404 not socket.io", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
        (10, "404 not socket.io", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
        (12, "404 not socket.io", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
        (14, "500 Protocol version not supported.", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
        (22, "404 Not Found", "Q30, rulings 5: 404 or the fallback where 0.9 said Welcome"),
    ],
    "handshake/methods": [
        (2, "204 ", "S12: methods other than GET and POST make no session"),
        (6, "400 ", "S12: methods other than GET and POST make no session"),
        (8, "400 Bad Request", "S12: methods other than GET and POST make no session"),
    ],
    "handshake/bad-origin": [
        (8, "200 ${SID}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
        (14, "403 handshake bad origin", "S5: https without a port is port 443"),
    ],
    "handshake/no-heartbeats": [
        (2, "200 ${SID1}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
    ],
    "handshake/zero-timeouts": [
        (2, "200 ${SID1}:1:1:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
    ],
    "handshake/resource-regexp": [
        (2, "404 not socket.io", "the path is a text: mount several Listeners"),
    ],
    "handshake/unknown-transport": [
        (4, "400 Bad Request", "rulings 5: 4xx where it closed"),
        (7, "400 Bad Request", "rulings 5: 4xx where it closed"),
        (10, "400 Bad Request", "rulings 5: 4xx where it closed"),
    ],
    "handshake/get-on-websocket-kills": [
        (8, "400 Bad Request", "Q9, S4: a request in the wrong form never touches the session"),
        (11, "8::", "Q9, S4: a request in the wrong form never touches the session"),
    ],
    "handshake/disconnect-request": [
        (25, "0::", "Q18: it ends the session, poll or no poll"),
    ],
    "flashsocket/policy-port": [
        (2, "[('*', '${PORT}')]", "S15: our own ports only"),
        (6, "[('*', '${PORT}')]", "S15: our own ports only"),
        (10, "[('*', '${PORT}')]", "S15: our own ports only"),
    ],
    "flashsocket/policy-inline": [
        (2, "[('*', '${PORT}')]", "S15: our own ports only"),
    ],
    "flashsocket/policy-origins-list": [
        (2, "[('good.example', '${PORT}'), ('other.example', '${PORT}')]", "S15: our own ports only"),
    ],
    "flashsocket/policy-origins-string": [
        (2, "[('good.example', '${PORT}')]", "S5, S15: a text lists origins too; our own ports only"),
    ],
    "flashsocket/basic": [
        (6, "[('*', '${PORT}')]", "S15: our own ports only"),
    ],
    "flashsocket/namespaces": [
        (6, "[('*', '${PORT}')]", "S15: our own ports only"),
    ],
    "flashsocket/not-enabled": [
        (4, "400 Bad Request", "rulings 5: 4xx where it closed"),
    ],
    "websocket-hixie/bad-keys": [
        (5, "400 key without spaces or digits, or with too many", "6.7, rulings 5: 4xx where it closed"),
    ],
    "websocket-hixie/fffd-in-data": [
        (11, "3:::a�b", "Q17: frames end at the byte FF"),
        (13, "open", "Q17: frames end at the byte FF"),
    ],
    "websocket-hybi-07-12/origin-header": [
        (4, "101 ", "Q33: Origin counts as well where Sec-WebSocket-Origin is missing"),
        (7, "nothing", "Q33: Origin counts as well where Sec-WebSocket-Origin is missing"),
    ],
    "websocket-hybi-07-12/other-versions": [
        (4, "426 version of WebSocket", "6.5: no client ever spoke them; 426 names version 13"),
        (9, "426 version of WebSocket", "6.5: no client ever spoke them; 426 names version 13"),
        (14, "426 version of WebSocket", "6.5: no client ever spoke them; 426 names version 13"),
        (19, "426 version of WebSocket", "6.5: no client ever spoke them; 426 names version 13"),
        (25, "426 version of WebSocket", "6.5: no client ever spoke them; 426 names version 13"),
    ],
    "websocket/denied": [
        (12, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "websocket/no-heartbeat-answer-but-traffic": [
        (10, "2::", "Q22: any packet is a sign of life"),
        (11, "open", "Q22: any packet is a sign of life"),
    ],
    "websocket/ping": [
        (5, "pong abc", "6.6: a proper pong"),
        (5, "3:::after", "6.6: a proper pong"),
    ],
    "websocket/ping-empty": [
        (9, "pong", "6.6: a proper pong"),
        (10, "open", "6.6: a proper pong"),
    ],
    "websocket/pong": [
        (9, "open", "6.6: a pong nobody asked for is nothing"),
    ],
    "websocket/fragments": [
        (14, "nothing", "S14: version 13 must mask"),
        (19, "nothing", "S14: version 13 must mask"),
    ],
    "websocket/fragments-split-character": [
        (10, "3:::€", "S13: whole messages are decoded"),
    ],
    "websocket/fragments-ping-between": [
        (5, "pong p", "6.6: a proper pong"),
        (5, "3:::ab", "6.6: a proper pong"),
    ],
    "websocket/length-65536": [
        (5, "3:::xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... 65536 characters", "6.6: the 64-bit length from 65536 on"),
    ],
    "websocket/bad-handshakes": [
        (5, "400 key is not base64 of 16 bytes", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
        (11, "400 Bad Request", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
        (17, "404 not socket.io", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
        (23, "400 Bad Request", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
        (29, "426 version of WebSocket", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
        (35, "400 no upgrade to WebSocket", "6.5, rulings 5: 4xx where it closed; elsewhere is the fallback's"),
    ],
    "websocket/bad-origin": [
        (4, "403 handshake bad origin", "rulings 3.9: 403 where it closed"),
        (7, "101 ", "event-model 6: without Origin nothing is refused"),
        (10, "nothing", "event-model 6: without Origin nothing is refused"),
    ],
    "reconnect/xhr-polling-session-lost": [
        (11, "0::", "Q7: 0:: is kept for the next poll"),
    ],
    "reconnect/websocket-blocked-fallback": [
        (8, "1::", "Q19: another kind of transport hears 1:: again"),
    ],
    "reconnect/heartbeats-disabled": [
        (2, "200 ${SID1}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
        (12, "200 ${SID2}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
        (22, "200 ${SID3}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
        (32, "200 ${SID4}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
        (42, "200 ${SID5}:60:60:websocket,htmlfile,xhr-polling,jsonp-polling", "Q3: both times are positive"),
    ],
    "reconnect/switch-transport": [
        (14, "nothing", "6.10: an older websocket is closed, its packets dropped"),
    ],
    "reconnect/first-transport-loses": [
        (4, "8::", "Q6: the poll that is replaced is answered"),
    ],
    "semantics/room-name-collision": [
        (28, "nothing", "S8: rooms and namespaces are kept apart"),
        (31, "nothing", "S8: rooms and namespaces are kept apart"),
    ],
    "semantics/ack-twice": [
        (28, "nothing", "Q25, S7: an answer counts once"),
    ],
    "semantics/namespace-reconnect": [
        (21, "nothing", "Q27: a new socket each time, so no handler runs twice"),
        (32, "nothing", "Q27: a new socket each time, so no handler runs twice"),
        (33, "nothing", "Q27: a new socket each time, so no handler runs twice"),
    ],
    "semantics/not-connected-namespace": [
        (9, "nothing", "S8: packets for namespaces that were not joined are dropped, unacknowledged"),
        (11, "nothing", "S8: packets for namespaces that were not joined are dropped, unacknowledged"),
        (15, "nothing", "S8: packets for namespaces that were not joined are dropped, unacknowledged"),
    ],
    "semantics/client-auto-connects": [
        (21, "nothing", "S8: rooms and namespaces are kept apart"),
    ],
    "static/files": [
        (2, BUILD, NEWER),
        (6, BUILD, NEWER),
        (6, "Cache-Control: public, max-age=0", NOT_KEPT),
        (8, BUILD, NEWER),
        (8, "Cache-Control: public, max-age=0", NOT_KEPT),
        (10, "200 sha1 f497f7fc8553e95676cac0213939a086e70e58f6", NEWER),
        (12, "200 sha1 09321a76556562524aef200a570f40da5870e2f9", NEWER),
        (12, "Cache-Control: public, max-age=0", NOT_KEPT),
        (14, "500 Error serving static", "safety 4.4: nothing of the request is reflected"),
        (16, "200 sha1 07073950538c2b8e489698cffb3e89933e2e1661", "the small build has an address of its own"),
        (22, "404 not socket.io", "Q30, rulings 5: 404 or the fallback where it is no file"),
        (24, BUILD, NEWER),
        (26, "404 sha1 a14701ccd44af73f8d15b029bf55240c6cb056e4", "files are asked for with GET and HEAD"),
    ],
    "static/etag": [
        (2, BUILD, NEWER),
        (2, "Etag: 0.9.17:91851971646982581044521885036510252188503", NEWER),
        (4, BUILD, "9.6: the tag that the client has is that of 0.9.16"),
        (6, BUILD, NEWER),
        (6, "Etag: 0.9.17:91851971646982581044521885036510252188503", NEWER),
        (8, BUILD, NEWER),
        (8, "Cache-Control: public, max-age=0", NOT_KEPT),
    ],
    "static/gzip": [
        (2, BUILD, NEWER),
        (4, BUILD, NEWER),
    ],
    "static/minified": [
        (2, BUILD, "the small build has an address of its own, socket.io.min.js"),
    ],
    "static/disabled": [
        (2, "404 not socket.io", "rulings 5: 404 or the fallback where it said Welcome"),
    ],
}
