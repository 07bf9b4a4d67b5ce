// Runs engine.io-client 1.x to 6.x, as npm installs them. The command "connect" names the build.
//
//   -> {"client": 1, "do": "connect", "build": "engine.io-client-6.6", "url": "...", "transports": ["polling"]}
//   <- {"client": 1, "is": "connected", "id": "...", "transport": "polling", "upgrades": ["websocket"]}
//   -> {"client": 1, "do": "send", "value": "é"}
//   <- {"client": 1, "is": "event", "name": "message", "args": ["é"]}
//
// Started by tests/conformance/peers.py; the protocol is in lines.js.
"use strict";

const { fromWire, serve, toWire } = require("./lines");

function connect({ build, url, transports, forceBase64, query }, report) {
  const { Socket } = require(build);
  const socket = new Socket(url, { path: "/engine.io", transports, forceBase64, query, perMessageDeflate: false });
  let upgrades = [];

  socket.on("handshake", (data) => (upgrades = data.upgrades));
  socket.on("open", () => report("connected", { id: socket.id, transport: socket.transport.name, upgrades }));
  // An empty text is no data to it.
  socket.on("message", (value = "") => report("event", { name: "message", args: [toWire(value)] }));
  socket.on("upgrade", (transport) => report("transport", { name: transport.name }));
  socket.on("close", (reason) => report("disconnected", { reason }));
  socket.on("error", (error) => report("error", { message: String(error && error.message) }));

  return {
    send: ({ value }) => socket.send(fromWire(value)),
    disconnect: () => socket.close(),
    close: () => socket.close(),
  };
}

serve(connect);
