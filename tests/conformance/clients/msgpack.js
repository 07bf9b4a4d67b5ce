// Runs socket.io-client 3.x and 4.x with socket.io-msgpack-parser through the fixture application, once, and says what it got.
//
//   node msgpack.js <build> <url> <transport>      ->      {"acked": [...], "answer": [...], "missing": "...", ...}
"use strict";

const parser = require("socket.io-msgpack-parser");

const [, , build, url, transport] = process.argv;
const { Manager } = require(build);
const manager = new Manager(url, { parser, transports: [transport], reconnection: false });

const VALUES = ["h\u00e9\u2603\ud83d\udca9", 1.5, -3, 2 ** 40, -(2 ** 40), true, null, { b: [Buffer.from([1, 2, 3])], "": {} }, "x".repeat(70000)];
const readable = (value) =>
  ArrayBuffer.isView(value) ? { bytes: Buffer.from(value).toString("hex") }
  : Array.isArray(value) ? value.map(readable)
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one)]))
  : typeof value === "string" && value.length > 1000 ? value.length : value;
const once = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

async function run() {
  const said = {};
  const socket = manager.socket("/", { auth: { token: "abc" } });
  await once(socket, "connect");
  said.acked = readable(await new Promise((resolve) => socket.emit("ack", ...VALUES, (...args) => resolve(args))));
  said.handshake = await new Promise((resolve) => socket.emit("hs", resolve));
  socket.on("question", (...args) => args.pop()(...args, "too"));
  socket.emit("ask", "why", Buffer.from([0]));
  said.answer = readable(await once(socket, "answer"));
  socket.emit("echo", undefined, new Date(0));
  said.echo = await once(socket, "echo");
  const other = manager.socket("/nsp");
  said.welcome = await once(other, "welcome");
  said.missing = (await once(manager.socket("/missing"), "connect_error"))[0].message;
  const [refusal] = await once(manager.socket("/deny"), "connect_error");
  said.denied = [refusal.message, refusal.data];
  other.emit("bye");
  [said.left] = await once(other, "disconnect");
  said.still = socket.connected;
  socket.disconnect();
  console.log(JSON.stringify(said));
  process.exit(0);
}

run();
