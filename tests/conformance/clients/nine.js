// Runs socket.io-client 0.9 as npm installs it: its own `ws` 0.4 for websocket, `xmlhttprequest` for xhr-polling. With
// early.js also 0.7 and 0.8. With the option `draft` or `inPage` it is the browser's file in a page (page.js says what is real).
//
// Started by tests/conformance/peers.py; the protocol is in lines.js.
"use strict";

const { drive } = require("./drive");
const { EVENTS, fromWire, serve } = require("./lines");

// The client's global, and how to cut its connection.
function load({ build, url, transports, draft, inPage, page: where = url, policyPort, movie }) {
  if (!inPage) return { io: require(build), cut: (root) => root.socket.transport.websocket.terminate() };
  const page = require("./page");
  const { window, opened } = page.open(build, where, { transport: transports[0], draft, policyPort, movie });
  return { io: window.io, cut: () => opened.forEach((one) => one.terminate()) };
}

function connect(command, report, clients) {
  const { io, cut } = clients.get(command.share) || load(command);
  const root = command.share === undefined ? undefined : clients.get(command.share).root;
  const client = drive(io, { ...command, root }, report, EVENTS);
  return {
    ...client,
    io,
    emit: (given) => client.emit({ ...given, args: fromWire(given.args) }),
    reply: ({ ack, args }) => client.reply({ ack, args: fromWire(args) }),
    cut: () => cut(client.root),
  };
}

serve(connect);
