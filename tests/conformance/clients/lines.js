// What all runners share: commands are JSON lines on standard input, reports are JSON lines on standard output.
//
//   -> {"client": 1, "do": "connect", "build": "socket.io-client-4.8", "url": "http://127.0.0.1:8080", "transports": ["polling"]}
//   <- {"client": 1, "is": "connected", "id": "...", "transport": "polling"}
//   -> {"client": 1, "do": "emit", "name": "echo", "args": ["é", {"$b64": "AAE="}], "ack": 7}
//   <- {"client": 1, "is": "ack", "ack": 7, "args": ["é", {"$b64": "AAE="}]}
//
// Binary is {"$b64": "..."} at any depth. JSON.stringify writes lone surrogates as escapes, so they survive.
"use strict";

const readline = require("readline");

// Every event that the application under test emits. The clients get plain handlers for them, nothing is patched.
const EVENTS = [
  "all", "answer", "any", "auth", "burst", "burst-end", "echo", "event-error", "except", "in", "left", "message", "message-back",
  "others", "question", "to", "volatile",
];

const isBinary = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
const bytes = (value) => (ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.from(value));
const mapObject = (object, change) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

// A client's value as JSON can say it.
function toWire(value) {
  if (isBinary(value)) return { $b64: bytes(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toWire);
  return value && typeof value === "object" ? mapObject(value, toWire) : value;
}

// The value that a command means.
function fromWire(value) {
  if (Array.isArray(value)) return value.map(fromWire);
  if (!value || typeof value !== "object") return value;
  return typeof value.$b64 === "string" ? Buffer.from(value.$b64, "base64") : mapObject(value, fromWire);
}

// Number of a client -> what its "connect" gave: an object with a method for each other command.
const clients = new Map();

function reporter(number) {
  return (kind, more = {}) => process.stdout.write(`${JSON.stringify({ client: number, is: kind, ...more })}\n`);
}

function obey(connect, command) {
  const { client: number, do: what } = command;
  const report = reporter(number);
  try {
    if (what === "connect") clients.set(number, connect(command, report, clients));
    else clients.get(number)[what](command);
  } catch (error) {
    report("failed", { message: String(error && error.stack || error) });
  }
}

// Obey until standard input ends. `connect(command, report, clients)` makes a client.
function serve(connect) {
  const input = readline.createInterface({ input: process.stdin });
  input.on("line", (line) => obey(connect, JSON.parse(line)));
  input.on("close", () => process.exit(0));
}

// Handlers for `EVENTS` that report them; a last argument that is a function is kept until "reply" calls it.
function listener(on, report) {
  const answers = new Map();
  for (const name of EVENTS) {
    on(name, (...args) => {
      const more = { name };
      if (typeof args[args.length - 1] === "function") answers.set((more.ack = answers.size), args.pop());
      report("event", { ...more, args: args.map(toWire) });
    });
  }
  return ({ ack, args }) => answers.get(ack)(...fromWire(args));
}

// Arguments of a client's emit: with `ack`, the last one is a function that reports the answer.
function outgoing({ args = [], ack }, report) {
  const values = fromWire(args);
  if (ack !== undefined) values.push((...answer) => report("ack", { ack, args: answer.map(toWire) }));
  return values;
}

module.exports = { EVENTS, fromWire, listener, outgoing, serve, toWire };
