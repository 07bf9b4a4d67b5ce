// A page of 2010 for the browser clients of Socket.IO 0.3 to 0.9.
//
// Real: the client (socket.io.js as npm brings it, run unchanged), every byte between it and the server: HTTP by Node's
// http module, RFC 6455 by the package `ws`, drafts 75 and 76 by hixie76.js.
// Standing in: window, document, navigator and location hold just what the client reads. What lies behind the transports
// that no runtime of today has is told where it stands in: elements.js, xhr.js, htmlfile.js, flash.js.
"use strict";

const fs = require("fs");
const http = require("http");
const { pathToFileURL } = require("url");
const vm = require("vm");
const RFC6455 = require("ws");

const { Document, scripts } = require("./elements");
const flash = require("./flash");
const hixie = require("./hixie76");
const htmlfile = require("./htmlfile");
const xhr = require("./xhr");

// Package -> where it has its client. 0.3.8 and 0.4.1 carry the same one, "0.2.4".
const FILES = {
  "socket.io-0.3": "/test/client/socket.io.js",
  "socket.io-0.4": "/test/client/socket.io.js",
  "socket.io-0.5": "/example/client/socket.io.js",
  "socket.io-0.6": "/support/socket.io-client/socket.io.js",
  "socket.io-client-0.7": "/dist/socket.io.js",
  "socket.io-client-0.8": "/dist/socket.io.js",
  "socket.io-client-0.9": "/dist/socket.io.js",
};
const MOVIE = "lib/vendor/web-socket-js/WebSocketMain.swf";
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:2.0) Gecko/20100101 Firefox/4.0"; // not WebKit: that one waits 100 ms first
const compiled = new Map();

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
  "hixie-75": (origin) => native(hixie.draft75For(origin)),
  "hixie-76": (origin) => native(hixie.classFor(origin)),
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

const pathOf = (build) => require.resolve(`${build}/package.json`).replace("/package.json", FILES[build]);

function scriptOf(build) {
  const path = pathOf(build);
  if (!compiled.has(path)) compiled.set(path, new vm.Script(fs.readFileSync(path, "utf8"), { filename: path }));
  return compiled.get(path);
}

// What a browser had besides the usual, by the name of the transport that lives on it.
const FEATURES = {
  "websocket": (window, page, draft) => { window.WebSocket = remembering(DRAFTS[draft](page.origin), page.opened); },
  "htmlfile": (window, page) => Object.assign(window, { ActiveXObject: htmlfile.classFor(page), CollectGarbage() {}, attachEvent() {} }),
  "xhr-multipart": (window) => { window.XMLHttpRequest.prototype.multipart = false; },
  "flashsocket": (window, page) => {
    Object.assign(window.navigator, flash.PLUGINS);
    window.document.behaviours.OBJECT = flash.player(page, () => window.WebSocket);
  },
};

// Open a page at `url` that has loaded the client; gives its global object and the WebSockets it opens.
// `transport` is one the browser shall be capable of besides polling, `draft` what its WebSocket speaks, `agent` holds its
// connections (a page has some of its own), `policyPort` is asked by Flash first, and `movie` says that the Flash movie is on
// the disk, not where the client looks for it by itself.
function open(build, url, { transport, draft = "rfc6455", agent = new http.Agent({ keepAlive: true }), policyPort = 843, movie }) {
  const { origin, protocol, hostname, port } = new URL(url);
  const location = { protocol, hostname, port, href: `${origin}/` };
  const page = { origin, href: location.href, domain: hostname, agent, opened: [], policyPort, cookie: () => document.cookie };
  const load = (...what) => xhr.load(page, ...what);
  const document = Object.assign(new Document({ load }), { domain: hostname, location });
  const loaded = [];
  const window = {
    document, location, XMLHttpRequest: xhr.classFor(page), console, setTimeout, clearTimeout, setInterval, clearInterval,
    addEventListener: (name, listener) => name === "load" && loaded.push(listener),
    navigator: { userAgent: FIREFOX, platform: "Linux", plugins: {}, mimeTypes: {} },
  };
  window.window = window.top = window;
  if (transport in FEATURES) FEATURES[transport](window, page, draft);
  const context = vm.createContext(window);
  document.head.appendChild(document.createElement("script")); // the one that brought the client
  document.behaviours.SCRIPT = scripts(load, (code) => vm.runInContext(code, context));
  if (movie) window.WEB_SOCKET_SWF_LOCATION = pathToFileURL(pathOf(build).replace(/[^/]+$/, MOVIE));
  scriptOf(build).runInContext(context);
  loaded.forEach((listener) => listener());
  return { window, opened: page.opened };
}

module.exports = { open };
