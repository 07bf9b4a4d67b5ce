"""What real peers send, for ``scripts/fuzz.py`` to break: samples by kind."""

from gateway.speedups import enable_msgpack
from protocols import msgpack_parser

enable_msgpack()
packed = msgpack_parser.packed

KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
OPENING = b"GET %b HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %b\r\n%b\r\n\r\n"

SAMPLES: dict[str, list[bytes]] = {
    "frames": [
        b"\x81\x85\0\0\0\0hello",
        b"\x01\x82\0\0\0\0he\x80\x83\0\0\0\0llo",
        b"\x88\x82\0\0\0\0\x03\xe8",
        b"\x82\xfe\0\x80\0\0\0\0" + bytes(128),
        b"\x81\xff\0\0\0\0\0\0\0\x05\1\2\3\4hello",
        b"\x89\x80\0\0\0\0",
        b"\xc1\x87\0\0\0\0\xf2H\xcd\xc9\xc9\x07\0",
    ],
    "deflate": [b"\xf2H\xcd\xc9\xc9\x07\0", b"\xf3H\xcd\xc9\xc9\x07\0\0", b"\xcaH\xcd\xc9\xc9\x07\0" * 3, b"\0\3\0\xfc\xffabc"],
    "hixie": [b"\0hello\xff", b"\xff\0", b"\0\xc3\xa4\xff\0\xff", b"\x80\x03abc", b"\0\xed\xa0\xbd\xed\xb8\x80\xff"],
    "keys": [b"4 @1  46546xW%0l 1 5", b"12998 5 Y3 1  .P00", b"1 2", b"18x 6]8vM;54 *(5:  {   U1]8  z [  8", b"^n:ds[4U"],
    "http": [
        b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
    "openings": [
        OPENING % (b"/socket.io/?EIO=4&transport=websocket", b"websocket", b"Sec-WebSocket-Version: 13\r\n" + KEY),
        OPENING
        % (b"/socket.io/1/websocket/a", b"websocket", b"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Origin: http://a\r\n" + KEY),
        OPENING
        % (
            b"/socket.io/websocket",
            b"WebSocket",
            b"Origin: http://a\r\nSec-WebSocket-Key1: 1 2\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\nSec-WebSocket-Protocol: x",
        ),
        OPENING % (b"/socket.io/flashsocket", b"WebSocket", b"Origin: null"),
    ],
    "targets": [
        b"/socket.io/?EIO=4&transport=polling&sid=abc&t=Nx3f&j=0",
        b"/socket.io/?EIO=3&transport=websocket&b64=1",
        b"/socket.io/1/xhr-polling/abc?t=12&disconnect=1",
        b"/socket.io/1/?t=1&jsonp=3",
        b"/socket.io/xhr-polling//1303000000001/0",
        b"/socket.io/jsonp-polling/abc/1303/7",
        b"/socket.io/htmlfile/%3Cscript%3E",
    ],
    "headers": [
        b'permessage-deflate; client_max_window_bits=15; server_max_window_bits="10", x-webkit-deflate-frame',
        b'for="[2001:db8::7]:4711";proto=https, for=192.0.2.7;by=unknown',
        b"192.0.2.7:80, 10.0.0.1, _hidden",
    ],
    "json": [b'{"a":[1,2.5e3,-0,true,null,"\\u20ac\\ud83d\\n"]}', b'"x"', b"[[[[]]]]", b"1e308", b" \t[ 1 , 2 ] "],
    "socketio": [
        b'42["a",1]',
        b'4251["a"]',
        b'42/chat,3["x",{}]',
        b'40/chat,{"token":1}',
        b"40/chat?a=b,",
        b"431[]",
        b"430-1[]",
        b"41",
        b"41/chat,",
        b'451-2["a",{"_placeholder":true,"num":0}]',
        b'462-/chat,1[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]',
    ],
    "engine": [
        b'42["a",1]\n2\n3\n4hi',
        b"40/chat,\n41/chat,\n42/chat,[1]",
        b"2probe\n5\n6",
        b"bBAAA\nb4AAAA\n1",
        b"0",
        b'451-["a",{"_placeholder":true,"num":0}]\n\x01abc',
        b'40\n42["\xc3\x83\xc2\xa4"]\n430[]',
    ],
    "msgpack": [
        packed({"type": 0, "nsp": "/", "data": {"a": 1}}),
        packed({"type": 1, "nsp": "/chat"}),
        packed({"type": 2, "nsp": "/", "data": ["e", b"x", {"k": [1.5, -1, 2**40]}], "id": 7}),
        packed({"type": 3, "nsp": "/", "data": [], "id": 1}),
        b"\xd4\0\0",
        b"\xdf\xff\xff\xff\xff",
        b"\xdd\0\0\0\2\1\2",
        b"\xc7\x08\0" + bytes(8),
    ],
    "msgpack units": [],
    "payload": [
        b"4hello\x1e2\x1ebAQID",
        b"6:4hello2:4\xc3\xa4",
        b"\0\x06\xff4hello",
        b"\x01\x04\xff\x04abc",
        b"10:b4AQIDBAUG",
        b"d=6%3A4hello%5C%5Cn&a=+",
    ],
    "nine": [
        b'5:1+:/chat:{"name":"a","args":[1]}',
        b"3:::text",
        b'4:::{"a":1}',
        b"6:::1+[1]",
        b"1::/chat?x=1",
        b"1::/chat:?x=1",
        b"2::",
        b"0::/chat",
        b"0::",
        b'5:::{"name":"b","args":[{"_binary":"AAAA"}]}',
        "\ufffd4\ufffd3:::\ufffd5\ufffd4:::1".encode(),
        b"d=%223%3A%3A%3Aa%22",
        b"d=3%3A%3A%3Aa%0D%0A",
    ],
    "old": [
        b"~m~5~m~hello",
        b'~m~9~m~~j~{"a":1}',
        b"~m~4~m~~h~1",
        b'~j~{"event":"a","args":[{"_binary":"AAAA"}],"id":3}',
        b'~j~{"ack":3}',
        b"data=%7Em%7E5%7Em%7Ehello",
        b'["hi",{"a":1},"~j~"]',
        b"data=%5B%22hi%22%5D",
        "~m~2~m~\U0001f600".encode(),
        b"5:3:abc,",
    ],
}

SAMPLES["msgpack units"] = [b"\x01" + data for data in SAMPLES["msgpack"]] + SAMPLES["engine"] + [b'4{"type":0,"nsp":"/a"}']
