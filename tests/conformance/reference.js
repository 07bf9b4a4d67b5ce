// The conformance app on Socket.IO 4.8 for Node.js, with clients of Engine.IO 3 allowed: the server that the tests are
// aimed at to prove the tests themselves. It knows no era before 1.0.
//
//   node tests/conformance/reference.js --port 8080 [--ping-interval 25] [--ping-timeout 20] [--connect-timeout 45]
//   python -m pytest tests/conformance --url http://127.0.0.1:8080 --eras eio3,eio4
"use strict";

const crypto = require("crypto");
const http = require("http");
const { parseArgs } = require("util");
const { Server } = require("socket.io-4.8");
const engineIo = require("engine.io");
const { WebSocketServer } = require("ws");

const LARGEST = 64 * 1024 * 1024;
const given = parseArgs({
  options: {
    "port": { type: "string", default: "0" },
    "ping-interval": { type: "string", default: "25" },
    "ping-timeout": { type: "string", default: "20" },
    "connect-timeout": { type: "string", default: "45" },
  },
}).values;
const ALLOW = {
  cors: { origin: true, credentials: true },
  allowEIO3: true,
  pingInterval: given["ping-interval"] * 1000,
  pingTimeout: given["ping-timeout"] * 1000,
};

const server = http.createServer((request, response) => response.writeHead(404, { "content-type": "text/plain" }).end("Not Found"));
const io = new Server(server, { ...ALLOW, connectTimeout: given["connect-timeout"] * 1000, serveClient: false, destroyUpgrade: false });
const stored = new Map(); // id of a connection -> its values
const watchers = new Set();

const data = (value) => (typeof value === "string" ? Buffer.from(value.toWellFormed(), "utf8") : Buffer.isBuffer(value) ? value : null);
const count = (n) => Math.max(0, Math.trunc(n || 0));
const named = (room) => (typeof room === "string" ? room : JSON.stringify(room));
const valuesOf = (socket) => {
  if (!stored.has(socket.conn.id)) {
    stored.set(socket.conn.id, new Map());
    socket.conn.once("close", () => stored.delete(socket.conn.id));
  }
  return stored.get(socket.conn.id);
};

// Name of an event -> (socket, namespace, arguments, answer); what is returned is the answer, a list of arguments.
const EVENTS = {
  "echo": (socket, nsp, args, answer) => (answer ? args : void socket.emit("echo", ...args)),
  "message": (socket, nsp, args) => void socket.emit("message-back", ...args),
  "message-with-ack": (socket, nsp, args) => args,
  "say": (socket, nsp, [value = null]) => void socket.send(value),
  "ask": (socket, nsp, args) => void socket.emit("question", ...args, (...answer) => socket.emit("answer", ...answer)),
  "volatile": (socket, nsp, args) => void socket.volatile.emit("volatile", ...args),
  "all": (socket, nsp, args) => void nsp.emit("all", ...args),
  "others": (socket, nsp, args) => void socket.broadcast.emit("others", ...args),
  "join": (socket, nsp, [room]) => (socket.join(named(room)), [room]),
  "leave": (socket, nsp, [room]) => (socket.leave(named(room)), [room]),
  "rooms": (socket) => [[...socket.rooms].filter((room) => room !== socket.id).sort()],
  "to": (socket, nsp, [room, ...args]) => void socket.to(named(room)).emit("to", room, ...args),
  "in": (socket, nsp, [room, ...args]) => void nsp.in(named(room)).emit("in", room, ...args),
  "except": (socket, nsp, [room, ...args]) => void nsp.except(named(room)).emit("except", room, ...args),
  "set": (socket, nsp, [key, value]) => (valuesOf(socket).set(named(key), value), [true]),
  "get": (socket, nsp, [key]) => [valuesOf(socket).get(named(key)) ?? null],
  "has": (socket, nsp, [key]) => [valuesOf(socket).has(named(key))],
  "del": (socket, nsp, [key]) => (valuesOf(socket).delete(named(key)), [true]),
  "large": (socket, nsp, [n]) => ["0123456789".repeat(count(n) / 10 + 1).slice(0, count(n))],
  "bytes": (socket, nsp, [n]) => [Buffer.from(Array.from({ length: count(n) }, (_, i) => i % 256))],
  "size": (socket, nsp, [value]) => [data(value) && data(value).length],
  "digest": (socket, nsp, [value]) => [data(value) && crypto.createHash("sha1").update(data(value)).digest("hex")],
  "kick": (socket) => void socket.disconnect(),
  "kick-all": (socket) => void socket.disconnect(true),
  "boom": () => console.error("boom"),
  "whoami": (socket, nsp) => [
    { id: socket.id, transport: socket.conn.transport.name, era: socket.conn.protocol === 4 ? "eio4" : "eio3", namespace: nsp.name },
  ],
  "watch": (socket) => (watchers.add(socket), [true]),
  "counted": (socket) => {
    const { counted = { received: 0, ordered: true } } = socket.data;
    delete socket.data.counted;
    return [counted];
  },
  "count": (socket, nsp, [i]) => {
    const { received, ordered } = socket.data.counted || { received: 0, ordered: true };
    socket.data.counted = { received: received + 1, ordered: ordered && i === received };
  },
  "burst": (socket, nsp, [n]) => {
    for (let i = 0; i < count(n); i++) socket.emit("burst", i);
    socket.emit("burst-end", n);
  },
};

function heard(socket, nsp, name, args) {
  const answer = typeof args[args.length - 1] === "function" ? args.pop() : null;
  if (name === "sleep") return setTimeout(() => answer && answer(args[0]), args[0]);
  const given = Object.hasOwn(EVENTS, name) ? EVENTS[name](socket, nsp, args, answer) : answer ? ["any", name, args] : void socket.emit("any", name, args);
  if (answer && name !== "boom") answer(...(given || []));
}

function admit(socket, next) {
  const { token } = { ...socket.handshake.query, ...socket.handshake.auth };
  if (token === "secret") next();
  else next(token === "expired" ? Object.assign(new Error("expired"), { data: { code: 419 } }) : new Error("not authorized"));
}

for (const name of ["/", "/chat", "/custom", "/auth"]) {
  const nsp = io.of(name);
  if (name === "/auth") nsp.use(admit);
  nsp.on("connection", (socket) => {
    socket.use(([event], next) => next(event === "forbidden" ? new Error("not allowed") : undefined));
    socket.on("error", (error) => socket.emit("event-error", "forbidden", error.message));
    // With an EIO 3 client `handshake.auth` is the query of the namespace.
    socket.emit("auth", socket.conn.protocol === 4 ? socket.handshake.auth : {});
    socket.onAny((event, ...args) => heard(socket, nsp, event, args));
    socket.on("disconnect", () => {
      watchers.delete(socket);
      for (const watcher of watchers) watcher.emit("left", socket.id);
    });
  });
}

const engine = engineIo.attach(server, { ...ALLOW, path: "/engine.io", destroyUpgrade: false });
engine.on("connection", (socket) => socket.on("message", (value) => socket.send(value === undefined ? "" : value)));

const plain = new WebSocketServer({ noServer: true, maxPayload: LARGEST, perMessageDeflate: true });
plain.on("connection", (socket) => {
  socket.on("error", () => {}); // a message over the limit: the connection is closed, and that is all
  socket.on("message", (value, isBinary) => socket.send(value, { binary: isBinary }));
});
server.on("upgrade", (request, socket, head) => {
  if (request.url === "/ws") plain.handleUpgrade(request, socket, head, (one) => plain.emit("connection", one));
});

server.listen(Number(given.port), "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
