"""Where a recorded scenario of Socket.IO 0.7 and 0.8 is answered otherwise: the second half of ``deviations09``."""

DEVIATIONS: dict[str, list[tuple[int, str, str]]] = {
    "version-0.7/basic-htmlfile": [
        (4, "Content-Type: text/html; charset=UTF-8", "charset as from 0.9 on"),
    ],
    "version-0.7/basic-websocket-hybi-07": [
        (5, "101 ", "drafts 7 to 13 are read by all"),
    ],
    "version-0.7/basic-websocket-hybi-10": [
        (5, "101 ", "drafts 7 to 13 are read by all"),
    ],
    "version-0.7/basic-websocket-rfc6455": [
        (5, "101 ", "drafts 7 to 13 are read by all"),
    ],
    "version-0.7/unicode-xhr-polling": [
        (20, "3:::nl\nend", "Q13: line breaks are read"),
    ],
    "version-0.7/unicode-jsonp-polling": [
        (19, "3:::nl\nend", "Q13: line breaks are read"),
    ],
    "version-0.7/unicode-htmlfile": [
        (4, "Content-Type: text/html; charset=UTF-8", "charset as from 0.9 on"),
        (19, "3:::nl\nend", "Q13: line breaks are read"),
    ],
    "version-0.7/line-separator-htmlfile": [
        (4, "Content-Type: text/html; charset=UTF-8", "charset as from 0.9 on"),
    ],
    "version-0.7/batch-htmlfile": [
        (4, "Content-Type: text/html; charset=UTF-8", "charset as from 0.9 on"),
    ],
    "version-0.7/denied": [
        (10, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "version-0.7/server-namespace-disconnect": [
        (15, "0::/chat::", "11: only the namespace ends, as from 0.9.4 on"),
    ],
    "version-0.7/query": [
        (15, '6::/chat:1 [["address", "headers", "quer... 244 characters', "the transport has the name that its URL has"),
    ],
    "version-0.7/handshake": [
        (15, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "S9: the index is digits, else the plain form"),
        (15, "Content-Type: text/plain", "S9: the index is digits, else the plain form"),
        (29, "400 Bad Request", "S12: methods other than GET and POST make no session"),
    ],
    "version-0.7/bad-origin": [
        (2, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
        (4, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
        (6, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
        (10, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
    ],
    "version-0.7/dropped-poll": [
        (12, "nothing", "Q8: a dead poll does not end the session"),
    ],
    "version-0.7/malformed": [
        (65, "nothing", "Q15: bad JSON is dropped"),
        (65, "3:::line\nbreak", "Q13: line breaks are read"),
        (65, "3:::shifted", "Q13: line breaks are read"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
    ],
    "version-0.7/jsonp-post": [
        (14, "3:::json", "Q4: both forms of d are read"),
    ],
    "version-0.7/static": [
        (6, "200 sha1 304c3c39b5f5230bbe3547c11dba03c546fdfed6", "9.6: addresses with a version as from 0.8.5 on"),
        (8, "404 not socket.io", "rulings 5: 404 or the fallback where it said Welcome"),
    ],
    "version-0.7/not-connected-namespace": [
        (9, "nothing", "S8: packets for namespaces that were not joined are dropped, unacknowledged"),
    ],
    "version-0.7/client-0.7.0-htmlfile": [
        (4, "Content-Type: text/html; charset=UTF-8", "charset as from 0.9 on"),
    ],
    "version-0.8/denied": [
        (10, "7::/err::", "Q14: an error of the application has no reason"),
    ],
    "version-0.8/server-namespace-disconnect": [
        (14, "0::/chat::", "11: only the namespace ends, as from 0.9.4 on"),
    ],
    "version-0.8/handshake": [
        (14, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "S9: the index is digits, else the plain form"),
        (14, "Content-Type: text/plain", "S9: the index is digits, else the plain form"),
        (28, "400 Bad Request", "S12: methods other than GET and POST make no session"),
    ],
    "version-0.8/bad-origin": [
        (4, "200 ${SID}:15:25:websocket,htmlfile,xhr-polling,jsonp-polling", "event-model 6: without Origin nothing is refused"),
    ],
    "version-0.8/dropped-poll": [
        (12, "nothing", "Q8: a dead poll does not end the session"),
    ],
    "version-0.8/malformed": [
        (65, "nothing", "Q15: bad JSON is dropped"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
        (65, "nothing", "Q12: a second 1:: runs no handler again, so nothing is echoed twice"),
    ],
    "version-0.8/jsonp-post": [
        (4, "3:::raw", "Q4: both forms of d are read"),
    ],
    "version-0.8/not-connected-namespace": [
        (9, "nothing", "S8: packets for namespaces that were not joined are dropped, unacknowledged"),
    ],
}
