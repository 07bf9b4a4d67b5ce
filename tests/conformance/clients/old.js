// Runs the browser client of Socket.IO 0.6 in a small page (page.js says what is real in it).
//
// That client knows messages only: connect, message, disconnect. Events and acknowledgements travel in JSON messages:
//
//   {"event": "echo", "args": ["é"], "id": 7}      an event, with "id" when an answer is wanted
//   {"ack": 7, "args": ["é"]}                      the answer
//   {"_binary": "AAE="}                            binary, at any depth of the arguments
//
// Started by tests/conformance/runner.py; the protocol is in lines.js.
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

function connect({ build, url, transports, draft = "rfc6455" }, report) {
  const { window, opened } = page.open(build, url, draft);
  const options = { transports, reconnect: false, rememberTransport: false, tryTransportsOnConnectTimeout: false };
  const socket = new window.io.Socket(null, options);

  socket.on("connect", () => report("connected", { id: socket.transport.sessionid, transport: socket.transport.type }));
  socket.on("message", (message) => heard(message, report));
  socket.on("disconnect", () => report("disconnected", { reason: null }));
  socket.on("connect_failed", () => report("error", { message: "connect_failed" }));
  socket.on("error", (error) => report("error", { message: String(error && error.message) }));
  socket.connect();

  const disconnect = () => socket.disconnect();
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
