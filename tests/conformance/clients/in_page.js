// One socket.io-client in a page: obeys the commands of lines.js and reports by `report(kind, more)`, which pages.js gives it.
// It is as plain as the oldest build wants it: `io` is what the build defines.
(function () {
  "use strict";

  var EVENTS = [
    "all", "answer", "any", "auth", "burst", "burst-end", "echo", "except", "in", "left", "message", "message-back", "others",
    "question", "to", "volatile",
  ];
  var socket, manager, answers = [];

  var bytesOf = (value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  var isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

  function map(value, change) {
    var changed = change(value);
    if (changed !== undefined) return changed;
    if (Array.isArray(value)) return value.map((one) => map(one, change));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, map(one, change)]));
  }

  var toWire = (value) => map(value, (one) => (isBytes(one) ? { $b64: btoa(String.fromCharCode(...bytesOf(one))) } : undefined));
  var toBytes = (text) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)).buffer;
  var fromWire = (value) => map(value, (one) => (one && typeof one.$b64 === "string" ? toBytes(one.$b64) : undefined));

  function heard(name, args) {
    var more = { name: name };
    if (typeof args[args.length - 1] === "function") more.ack = answers.push(args.pop()) - 1;
    more.args = args.map(toWire);
    window.report("event", more);
  }

  function outgoing(given) {
    var args = (given.args || []).map(fromWire);
    if (given.ack !== undefined) args.push((...answer) => window.report("ack", { ack: given.ack, args: answer.map(toWire) }));
    return args;
  }

  var COMMANDS = {
    connect(given) {
      var namespace = given.namespace === "/" ? "" : given.namespace;
      var options = { transports: given.transports, forceJSONP: !!given.forceJSONP, forceNew: true, reconnection: false };
      socket = window.io(given.url + namespace, options);
      manager = socket.io;
      var transport = () => manager.engine.transport.name;
      socket.on("connect", () => {
        manager.engine.on("upgrade", () => window.report("transport", { name: transport() }));
        window.report("connected", { id: socket.id || manager.engine.id, transport: transport() });
      });
      socket.on("connect_error", (error) => window.report("refused", { data: String(error) }));
      socket.on("error", (data) => window.report("refused", { data: toWire(data) }));
      socket.on("disconnect", (reason) => window.report("disconnected", { reason: reason }));
      EVENTS.forEach((name) => socket.on(name, (...args) => heard(name, args)));
    },
    emit: (given) => void socket.emit(given.name, ...outgoing(given)),
    reply: (given) => answers[given.ack](...given.args.map(fromWire)),
    send: (given) => void socket.send(fromWire(given.value)),
    disconnect: () => void socket.disconnect(),
  };

  window.obey = (given) => COMMANDS[given.do](given);
})();
