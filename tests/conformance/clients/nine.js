// Runs socket.io-client 0.9 as npm installs it: its own `ws` 0.4 for websocket, `xmlhttprequest` for xhr-polling. With
// early.js also 0.7 and 0.8.
//
// Started by tests/conformance/runner.py; the protocol is in lines.js.
"use strict";

const { fromWire, listener, outgoing, serve } = require("./lines");

// The client merges the option "transports" into its own list index by index, so that list itself is replaced.
function open({ build, url, transports, query }) {
  const io = require(build);
  io.transports = transports;
  const search = query ? `?${new URLSearchParams(query)}` : "";
  const root = io.connect(`${url}/${search}`, { "force new connection": true, reconnect: false });
  // In 0.7 an error that nobody listens for ends the process, and every end of a WebSocket is one.
  for (const one of [root, root.socket]) one.on("error", () => {});
  return root;
}

function connect(command, report, clients) {
  const { namespace = "/", share } = command;
  const root = share === undefined ? open(command) : clients.get(share).root;
  const socket = namespace === "/" ? root : root.socket.of(namespace);
  const transport = () => root.socket.transport.name;

  socket.on("connect", () => report("connected", { id: root.socket.sessionid, transport: transport() }));
  socket.on("connect_failed", (reason) => report("refused", { message: reason || null }));
  socket.on("disconnect", (reason) => report("disconnected", { reason }));
  socket.on("error", (reason) => report("error", { message: String(reason) }));
  const reply = listener((name, handle) => socket.on(name, handle), report);

  return {
    root,
    reply,
    emit: (given) => socket.emit(given.name, ...outgoing(given, report)),
    send: ({ value }) => (typeof value === "string" ? socket.send(value) : socket.json.send(fromWire(value))),
    disconnect: () => socket.disconnect(),
    close: () => root.socket.disconnect(),
    cut: () => root.socket.transport.websocket.terminate(),
  };
}

serve(connect);
