// Runs socket.io-client 1.x to 4.x, as npm installs them. The command "connect" names the build.
//
// Started by tests/conformance/runner.py; the protocol is in lines.js.
"use strict";

const { fromWire, listener, outgoing, serve } = require("./lines");

// A connection of its own, or another namespace on that of the client `share`.
function managerFor({ build, url, transports, query, share }, clients) {
  if (share !== undefined) return clients.get(share).manager;
  const { Manager } = require(build);
  return new Manager(url, { transports, query, reconnection: false, timeout: 10000, autoConnect: true });
}

// 3.x and 4.x tell both by "connect_error"; 1.x and 2.x tell a refusal by "error" and give its data.
function refusals(socket, report) {
  socket.on("connect_error", (error) => {
    if (error.type === "TransportError" || error.message === "timeout") report("error", { message: error.message });
    else report("refused", { message: error.message, data: error.data === undefined ? null : error.data });
  });
  socket.on("error", (data) => report("refused", { data }));
}

function connect(command, report, clients) {
  const manager = managerFor(command, clients);
  const socket = manager.socket(command.namespace || "/", { auth: command.auth, query: command.namespaceQuery });
  const transport = () => manager.engine.transport.name;

  socket.on("connect", () => {
    manager.engine.on("upgrade", () => report("transport", { name: transport() }));
    report("connected", { id: socket.id, transport: transport() });
  });
  socket.on("disconnect", (reason) => report("disconnected", { reason }));
  refusals(socket, report);
  const reply = listener((name, handle) => socket.on(name, handle), report);

  return {
    manager,
    reply,
    emit: (given) => socket.emit(given.name, ...outgoing(given, report)),
    volatile: (given) => socket.volatile.emit(given.name, ...outgoing(given, report)),
    send: ({ value }) => socket.send(fromWire(value)),
    disconnect: () => socket.disconnect(),
    close: () => (manager.close || manager.disconnect).call(manager),
    cut: () => manager.engine.transport.ws.terminate(),
  };
}

serve(connect);
