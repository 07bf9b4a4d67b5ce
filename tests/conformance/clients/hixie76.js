// The WebSocket of a browser of 2010 (Chrome 6 to 13, Safari 5): draft-ietf-hybi-thewebsocketprotocol-00, also called hixie-76.
//
//   GET /socket.io/websocket HTTP/1.1          HTTP/1.1 101 WebSocket Protocol Handshake
//   Upgrade: WebSocket                         Upgrade: WebSocket
//   Connection: Upgrade                        Connection: Upgrade
//   Host: 127.0.0.1:8080                       Sec-WebSocket-Origin: http://127.0.0.1:8080
//   Origin: http://127.0.0.1:8080              Sec-WebSocket-Location: ws://127.0.0.1:8080/socket.io/websocket
//   Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:
//   Sec-WebSocket-Key2: 1_ tx7X d  <  nw       fQJ,fN/4F4!~K~MH
//                                              00 ~m~4~m~1234 FF
//   Tm[K T2u
//
// The bytes are real, over a plain TCP socket; only the class is ours, as no runtime of today has one. It checks the
// answer as strictly as WebKit did: exact Origin and Location, exact digest.
//
// Draft 75 (Chrome 4 and 5) has neither keys nor digest, and its answer begins with 85 bytes that are compared as they are.
"use strict";

const { createHash, randomBytes, randomInt } = require("crypto");
const net = require("net");

const CLOSE = Buffer.from([0xff, 0x00]);
const OTHERS = [...Array(0x2f - 0x21 + 1).keys()].map((i) => 0x21 + i).concat([...Array(0x7e - 0x3a + 1).keys()].map((i) => 0x3a + i));

const insert = (text, char, from, to) => {
  const at = randomInt(from, to + 1);
  return text.slice(0, at) + char + text.slice(at);
};

// A key and the number it hides: its digits, divided by the number of its spaces (draft 76, section 4.1, steps 16 to 24).
function makeKey() {
  const spaces = randomInt(1, 13);
  const number = randomInt(0, Math.floor(0xffffffff / spaces) + 1);
  let key = String(number * spaces);
  for (let i = randomInt(1, 13); i > 0; i--) key = insert(key, String.fromCharCode(OTHERS[randomInt(OTHERS.length)]), 0, key.length);
  for (let i = spaces; i > 0; i--) key = insert(key, " ", 1, key.length - 1);
  return { key, number };
}

function digest(first, second, nonce) {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(first, 0);
  numbers.writeUInt32BE(second, 4);
  return createHash("md5").update(numbers).update(nonce).digest();
}

// Why the answer's head is not the one that was asked for; undefined when it is.
function fault(head, expected) {
  const [status, ...lines] = head.split("\r\n");
  if (status.split(" ")[1] !== "101") return `status line ${status}`;
  const fields = new Map(lines.map((line) => [line.split(": ", 1)[0].toLowerCase(), line.slice(line.indexOf(": ") + 2)]));
  const wrong = Object.entries(expected).find(([name, value]) => fields.get(name) !== value);
  return wrong && `${wrong[0]} is ${fields.get(wrong[0])} instead of ${wrong[1]}`;
}

// `extra`: further lines of the request's head, behind Origin.
function classFor(origin, extra = []) {
  return class WebSocket {
    constructor(address) {
      const url = new URL(address);
      Object.assign(this, { url: address, readyState: 0, buffer: Buffer.alloc(0), step: this.readHead, nonce: randomBytes(8) });
      this.keys = [makeKey(), makeKey()];
      this.tcp = net.connect(Number(url.port), url.hostname, () => this.tcp.write(this.request(url)));
      this.tcp.on("data", (data) => this.receive(data));
      this.tcp.on("error", () => {});
      this.tcp.on("close", () => this.ended());
    }

    request(url) {
      const head = [
        `GET ${url.pathname}${url.search} HTTP/1.1`, "Upgrade: WebSocket", "Connection: Upgrade", `Host: ${url.host}`, `Origin: ${origin}`, ...extra,
        `Sec-WebSocket-Key1: ${this.keys[0].key}`, `Sec-WebSocket-Key2: ${this.keys[1].key}`, "", "",
      ];
      return Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), this.nonce]);
    }

    receive(data) {
      this.buffer = Buffer.concat([this.buffer, data]);
      while (this.readyState < 3 && this.step());
    }

    readHead() {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return false;
      const wrong = fault(this.buffer.toString("latin1", 0, end), {
        upgrade: "WebSocket", connection: "Upgrade", "sec-websocket-origin": origin, "sec-websocket-location": this.url,
      });
      this.buffer = this.buffer.subarray(end + 4);
      this.step = this.readDigest;
      return wrong ? this.fail(wrong) : true;
    }

    readDigest() {
      if (this.buffer.length < 16) return false;
      const right = digest(this.keys[0].number, this.keys[1].number, this.nonce).equals(this.buffer.subarray(0, 16));
      this.buffer = this.buffer.subarray(16);
      this.step = this.readFrame;
      if (!right) return this.fail("wrong digest");
      this.readyState = 1;
      this.fire("open", {});
      return true;
    }

    readFrame() {
      if (this.buffer.length >= 2 && this.buffer.subarray(0, 2).equals(CLOSE)) return this.answerClose();
      const end = this.buffer.indexOf(0xff);
      if (end < 0) return false;
      if (this.buffer[0] !== 0x00) return this.fail(`frame begins with ${this.buffer[0]}`);
      const data = this.buffer.toString("utf8", 1, end);
      this.buffer = this.buffer.subarray(end + 1);
      this.fire("message", { data });
      return true;
    }

    answerClose() {
      this.close();
      this.tcp.end();
      return false;
    }

    fail(reason) {
      this.fire("error", { message: `hixie-76: ${reason}` });
      this.tcp.destroy();
      return false;
    }

    send(text) {
      this.tcp.write(Buffer.concat([Buffer.from([0x00]), Buffer.from(text, "utf8"), Buffer.from([0xff])]));
    }

    close() {
      if (this.readyState === 1) this.tcp.write(CLOSE);
      if (this.readyState < 2) this.readyState = 2;
    }

    terminate() {
      this.tcp.destroy();
    }

    ended() {
      this.readyState = 3;
      this.fire("close", {});
    }

    fire(name, event) {
      if (this[`on${name}`]) this[`on${name}`](event);
    }
  };
}

const LITERAL = "HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n";

function draft75For(origin) {
  return class WebSocket extends classFor(origin) {
    request(url) {
      const head = [
        `GET ${url.pathname}${url.search} HTTP/1.1`, "Upgrade: WebSocket", "Connection: Upgrade", `Host: ${url.host}`, `Origin: ${origin}`, "", "",
      ];
      return Buffer.from(head.join("\r\n"), "latin1");
    }

    readHead() {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return false;
      const head = this.buffer.toString("latin1", 0, end);
      const wrong = head.startsWith(LITERAL) ? fault(head, { "websocket-origin": origin, "websocket-location": this.url }) : "another head";
      this.buffer = this.buffer.subarray(end + 4);
      this.step = this.readFrame;
      if (wrong) return this.fail(wrong);
      this.readyState = 1;
      this.fire("open", {});
      return true;
    }
  };
}

module.exports = { classFor, draft75For };
