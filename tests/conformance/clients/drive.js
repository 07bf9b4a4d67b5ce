// Drives one client of Socket.IO 0.7 to 0.9: in Node, in a page that stands in for a browser's, or in a browser, into which the
// text of this function is sent; so it uses nothing but its arguments.
"use strict";

// `io` is the client's global, `command` the command "connect" (lines.js) with, for a client that shares a connection, the
// `root` of the other one. Gives an object with a method for each other command.
function drive(io, command, report, events) {
  const { namespace = "/" } = command;
  const answers = [];

  // The client merges the option "transports" into its own list index by index, so that list itself is replaced.
  function open({ url, transports, query, options }) {
    io.transports = transports;
    const search = query ? `?${new URLSearchParams(query)}` : "";
    const root = io.connect(`${url}/${search}`, { "force new connection": true, reconnect: false, ...options });
    // In 0.7 an error that nobody listens for ends a process, and every end of a WebSocket is one.
    for (const one of [root, root.socket]) one.on("error", () => {});
    return root;
  }

  function heard(name, args) {
    const wanted = typeof args[args.length - 1] === "function" && args.pop();
    const ack = wanted ? { ack: answers.push(wanted) - 1 } : {};
    report("event", { name, ...ack, args });
  }

  function outgoing({ args = [], ack }) {
    return ack === undefined ? args : [...args, (...answer) => report("ack", { ack, args: answer })];
  }

  const root = command.root || open(command);
  const socket = namespace === "/" ? root : root.socket.of(namespace);
  socket.on("connect", () => report("connected", { id: root.socket.sessionid, transport: root.socket.transport.name, version: io.version }));
  socket.on("connect_failed", (reason) => report("refused", { message: reason || null }));
  socket.on("disconnect", (reason) => report("disconnected", { reason }));
  socket.on("error", (reason) => report("error", { message: String(reason) }));
  for (const name of events) socket.on(name, (...args) => heard(name, args));

  return {
    root,
    reply: ({ ack, args }) => answers[ack](...args),
    emit: (given) => socket.emit(given.name, ...outgoing(given)),
    send: ({ value }) => (typeof value === "string" ? socket.send(value) : socket.json.send(value)),
    disconnect: () => socket.disconnect(),
    close: () => root.socket.disconnect(),
  };
}

module.exports = { drive };
