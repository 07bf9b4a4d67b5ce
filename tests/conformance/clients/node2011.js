// What Node.js 0.4 to 0.8 had and Node of today lacks, as far as socket.io-client 0.7.11 and 0.8.7 need it.
//
// Real: both clients as npm installs them (lib/, unchanged), their `websocket-client` 1.0 (draft hixie-76, keys, digest and
// frames of its own) and their `xmlhttprequest` 1.2.2; every byte goes through Node's http and net.
// Standing in, each a few lines of the runtime, none of the clients:
//   process.EventEmitter    0.7 makes its namespaces of it (until Node 6)
//   http.createClient       `websocket-client` opens by it (until Node 0.10): now http.request
//   hash.update(text)       took text for bytes (until Node 6), now for UTF-8: `websocket-client` hashes bytes
// Added for the tests: `terminate` of its WebSocket, which cuts the TCP connection as a pulled plug does.
"use strict";

const crypto = require("crypto");
const events = require("events");
const http = require("http");

process.noDeprecation = true; // new Buffer(), require("sys")
process.EventEmitter = events.EventEmitter;

const upgraded = new Map(); // path of the request -> its TCP connection

class Client extends events.EventEmitter {
  constructor(port, host) {
    super();
    Object.assign(this, { port, host });
  }

  request(path, headers) {
    const request = http.request({ port: this.port, host: this.host, path, headers, agent: false });
    request.on("upgrade", (response, socket, head) => {
      upgraded.set(path, socket);
      this.emit("upgrade", response, socket, head);
    });
    request.on("response", (response) => this.emit("error", new Error(`answered ${response.statusCode}`)));
    request.on("error", (error) => this.emit("error", error));
    return (this.last = request);
  }

  end() {
    this.last.destroy();
  }
}

http.createClient = (port, host) => new Client(port, host);

const { createHash } = crypto;
crypto.createHash = (name) => {
  const hash = createHash(name);
  const { update } = hash;
  hash.update = (data, encoding) => update.call(hash, data, encoding || (typeof data === "string" ? "latin1" : undefined));
  return hash;
};

require("websocket-client").WebSocket.prototype.terminate = function () {
  const { pathname, search } = new URL(this.url);
  upgraded.get(pathname + search).destroy();
};
