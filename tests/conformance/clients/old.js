// Runs the browser clients of Socket.IO 0.3 to 0.6 in a small page (page.js says what is real in it).
//
// Those clients know messages only: connect, message, disconnect. Events and acknowledgements travel in JSON messages, of
// which 0.5 has none:
//
//   {"event": "echo", "args": ["é"], "id": 7}      an event, with "id" when an answer is wanted
//   {"ack": 7, "args": ["é"]}                      the answer
//   {"_binary": "AAE="}                            binary, at any depth of the arguments
//
// Started by tests/conformance/peers.py; the protocol is in lines.js. "connect" has further: `transports` (one name), `draft`
// of its WebSocket, `page`, the address of the page where it differs from the server's, `policyPort` and `movie` of Flash,
// `reconnect`, what the client's own option says (it has 0.6.3 come back by itself), `silence`, the milliseconds without a
// word after which it gives up, and `patience`, those without a session id after which it tries its next transport.
"use strict";

const { fromWire, serve } = require("./lines");
const page = require("./page");

const has = (value, key) => value !== null && typeof value === "object" && key in value;

function mapped(value, change) {
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, change)]));
}

const toMessage = (value) => mapped(value, (one) => (Buffer.isBuffer(one) ? { _binary: one.toString("base64") } : undefined));
const fromMessage = (value) => mapped(value, (one) => (has(one, "_binary") ? { $b64: one._binary } : undefined));

function heard(message, report) {
  const args = fromMessage(has(message, "args") ? message.args : []);
  if (has(message, "event")) report("event", { name: message.event, args, ack: message.id });
  else if (has(message, "ack")) report("ack", { ack: message.ack, args });
  else report("event", { name: "message", args: [message] });
}

// Up to 0.5 "disconnect" throws on transports over XHR, behind what it has to do.
function disconnecting(socket) {
  return () => {
    try {
      socket.disconnect();
    } catch (error) {
      if (!/_onClose is not a function/.test(error.message)) throw error;
    }
  };
}

// The client's own options for what a command says.
function optionsFor({ url, transports, reconnect = false, silence, patience = 0 }) {
  const options = {
    port: new URL(url).port, transports, reconnect, reconnectionDelay: 1, rememberTransport: false, tryTransportsOnConnectTimeout: patience > 0,
  };
  if (patience) options.connectTimeout = patience;
  if (silence) options.transportOptions = { [transports[0]]: { timeout: silence } };
  return options;
}

function connect(command, report) {
  const { build, url, transports, draft, page: where = url, policyPort, movie } = command;
  const { window, opened } = page.open(build, where, { transport: transports[0], draft, policyPort, movie });
  if (window.io.version < "0.6") window.io.setPath("/socket.io/");
  const socket = new window.io.Socket(new URL(url).hostname, optionsFor(command));
  const on = (socket.on || socket.addEvent).bind(socket);

  on("connect", () => report("connected", { id: socket.transport.sessionid, transport: socket.transport.type, version: window.io.version }));
  on("message", (message) => heard(message, report));
  on("disconnect", () => report("disconnected", { reason: null }));
  on("connect_failed", () => report("error", { message: "connect_failed" }));
  on("error", (error) => report("error", { message: String(error && error.message) }));
  socket.connect();

  const disconnect = disconnecting(socket);
  return {
    disconnect,
    close: disconnect,
    cut: () => opened.forEach((one) => one.terminate()),
    emit: ({ name, args = [], ack }) => socket.send({ event: name, args: toMessage(fromWire(args)), ...(ack === undefined ? {} : { id: ack }) }),
    reply: ({ ack, args }) => socket.send({ ack, args: toMessage(fromWire(args)) }),
    send: ({ value }) => socket.send(fromWire(value)),
  };
}

serve(connect);
