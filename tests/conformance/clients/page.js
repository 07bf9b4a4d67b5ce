// A page of 2011 for the browser client of Socket.IO 0.6.
//
// Real: the client (socket.io.js as npm brings it, run unchanged), every byte between it and the server: HTTP by Node's
// http module, RFC 6455 by the package `ws`, draft 76 by hixie76.js.
// Standing in: window, document, navigator and location hold just the properties that the client reads, and
// XMLHttpRequest and WebSocket are small classes with the browsers' interface. There is no DOM, so the transports that
// live on elements (jsonp-polling, htmlfile, flashsocket) can't run here.
"use strict";

const fs = require("fs");
const http = require("http");
const vm = require("vm");
const RFC6455 = require("ws");
const hixie76 = require("./hixie76");

const FILE = "/support/socket.io-client/socket.io.js";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:2.0) Gecko/20100101 Firefox/4.0"; // not WebKit: that one waits 100 ms first
const agent = new http.Agent({ keepAlive: true });
const scripts = new Map();

class XMLHttpRequest {
  constructor() {
    Object.assign(this, { readyState: 0, status: 0, responseText: "", withCredentials: false, headers: {} });
  }

  open(method, url) {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(body) {
    const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
    this.request = http.request(this.url, { agent, method: this.method, headers: { ...this.headers, ...length } });
    this.request.on("response", (response) => this.read(response));
    this.request.on("error", () => this.finish(0, ""));
    this.request.end(body || undefined);
  }

  read(response) {
    const parts = [];
    response.on("data", (part) => parts.push(part));
    response.on("end", () => this.finish(response.statusCode, Buffer.concat(parts).toString("utf8")));
    response.on("error", () => this.finish(0, ""));
  }

  finish(status, responseText) {
    if (this.readyState === 4) return;
    Object.assign(this, { readyState: 4, status, responseText });
    if (this.onreadystatechange) this.onreadystatechange();
  }

  abort() {
    this.readyState = 4;
    this.request.destroy();
  }
}

// The client takes a WebSocket only if its method "send" looks like one of the browser's own.
function native(WebSocket) {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    return send.call(this, text);
  };
  WebSocket.prototype.send.toString = () => "function send() { [native code] }";
  return WebSocket;
}

const DRAFTS = {
  "rfc6455": (origin) => native(class extends RFC6455 {
    constructor(url) {
      super(url, { origin, perMessageDeflate: false });
    }
  }),
  "hixie-76": (origin) => native(hixie76.classFor(origin)),
};

// Every WebSocket that the page opens is kept, so that a test can cut it.
function remembering(WebSocket, opened) {
  return class extends WebSocket {
    constructor(url) {
      super(url);
      opened.push(this);
    }
  };
}

function scriptOf(build) {
  const path = require.resolve(`${build}/package.json`).replace("/package.json", FILE);
  if (!scripts.has(path)) scripts.set(path, new vm.Script(fs.readFileSync(path, "utf8"), { filename: path }));
  return scripts.get(path);
}

// Open a page at `url` that has loaded the client; gives its global object and the WebSockets it opens.
function open(build, url, draft) {
  const { origin, protocol, hostname, port } = new URL(url);
  const location = { protocol, hostname, port, href: `${origin}/` };
  const document = {
    domain: hostname, location, cookie: "", readyState: "complete", addEventListener() {}, getElementsByTagName: () => [], getElementById: () => null,
  };
  const opened = [];
  const window = {
    document, location, XMLHttpRequest, console, setTimeout, clearTimeout, setInterval, clearInterval, addEventListener() {},
    navigator: { userAgent: FIREFOX, platform: "Linux", plugins: {}, mimeTypes: {} }, WebSocket: remembering(DRAFTS[draft](origin), opened),
  };
  window.window = window;
  scriptOf(build).runInContext(vm.createContext(window));
  return { window, opened };
}

module.exports = { open };
