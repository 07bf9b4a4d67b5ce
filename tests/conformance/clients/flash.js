// Standing in for Flash Player 10 with WebSocketMain.swf in it, as the page's own swfobject and web_socket.js drive it.
//
//   <object type="application/x-shockwave-flash" data=".../WebSocketMain.swf">    the movie is fetched; without it nothing moves
//   <policy-file-request/> NUL     to port 843, then to the port of the socket    the policy must name our domain and the port
//   GET /socket.io/flashsocket     draft 76, with the page's origin and a Cookie line, even an empty one
//
// The ActionScript is not run: what it does on the wire and what it calls in the page are written here again.
"use strict";

const fs = require("fs");
const net = require("net");

const hixie = require("./hixie76");
const { load } = require("./xhr");

const TYPE = "application/x-shockwave-flash";
const VERSION = "LNX 10,3,183,5";
const PLUGIN = { description: "Shockwave Flash 10.3 r183", filename: "libflashplayer.so" };
const PLUGINS = { plugins: { "Shockwave Flash": PLUGIN }, mimeTypes: { [TYPE]: { enabledPlugin: PLUGIN } } };

// What the policy server on a port says, "" where there is none.
function policyFrom(host, port, done) {
  const tcp = net.connect(port, host);
  let text = "";
  tcp.on("connect", () => tcp.write("<policy-file-request/>\0"));
  tcp.on("data", (data) => { text += data; });
  tcp.on("error", () => {});
  tcp.on("close", () => done(text));
}

// Whether a policy lets a movie from `domain` speak to `port`.
function allows(policy, domain, port) {
  const lines = [...policy.matchAll(/<allow-access-from domain="([^"]*)" to-ports="([^"]*)"\/>/g)];
  return lines.some(([, whom, ports]) => ["*", domain].includes(whom) && ["*", ...ports.split(",")].some((one) => one === "*" ? ports === "*" : one === port));
}

// Ask port 843 (or the one that stands in for it), then the port itself.
function permitted({ domain, policyPort }, { hostname, port }, done) {
  policyFrom(hostname, policyPort, (master) => {
    if (allows(master, domain, port)) done(true);
    else policyFrom(hostname, port, (own) => done(allows(own, domain, port)));
  });
}

// The movie: what the page may call.
class Movie {
  constructor(page, glue) {
    Object.assign(this, { page, glue, sockets: new Map(), events: [] });
    this.WebSocket = hixie.classFor(page.origin, [`Cookie: ${page.cookie()}`]);
  }

  setCallerUrl() {}

  setDebug() {}

  loadManualPolicyFile() {}

  GetVariable() {
    return VERSION;
  }

  SetVariable() {}

  create(id, url) {
    permitted(this.page, new URL(url), (allowed) => {
      if (allowed) this.open(id, url);
      else this.tell(id, 3, "error").tell(id, 3, "close");
    });
  }

  open(id, url) {
    const socket = new this.WebSocket(url);
    this.sockets.set(id, socket);
    this.page.opened.push(socket);
    for (const type of ["open", "error", "close"]) socket[`on${type}`] = () => this.tell(id, socket.readyState, type);
    socket.onmessage = ({ data }) => this.tell(id, socket.readyState, "message", { message: encodeURIComponent(data) });
  }

  send(id, encoded) {
    this.sockets.get(id).send(decodeURIComponent(encoded));
    return -1;
  }

  // It says FF 00 and closes TCP at once.
  close(id) {
    const socket = this.sockets.get(id);
    if (!socket) return;
    socket.close();
    socket.tcp.end();
  }

  tell(webSocketId, readyState, type, more = {}) {
    this.events.push({ webSocketId, readyState, type, ...more });
    this.glue().__onFlashEvent();
    return this;
  }

  receiveEvents() {
    return this.events.splice(0);
  }
}

// The movie's file, from a server or the disk: done(text), "" where there is none.
function fetch(page, address, done) {
  const url = new URL(address, page.href);
  if (url.protocol === "file:") done(fs.readFileSync(url, "latin1"));
  else load(page, url, { method: "GET" }, ({ status, text }) => done(status === 200 ? text : ""));
}

// What inserting an <object> does: `glue()` gives the page's WebSocket, which web_socket.js has made.
function player(page, glue) {
  return (element) => {
    if (element.type !== TYPE) return;
    element.GetVariable = () => VERSION;
    if (!element.data) return;
    fetch(page, element.data, (text) => {
      if (!/^[CF]WS/.test(text)) return;
      const movie = new Movie(page, glue);
      for (const name of Object.getOwnPropertyNames(Movie.prototype)) element[name] = movie[name].bind(movie);
      glue().__onFlashInitialized();
    });
  };
}

module.exports = { PLUGINS, player };
