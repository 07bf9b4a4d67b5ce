// What the page needs of a client, whatever its era:
//
//   connect(io, transport, on) -> {emit(name, ...args, ack), close()}
//   on.up(transport)      connected, for the first time or again
//   on.moved(transport)   the same connection goes on over another transport
//   on.down(reason)       not connected now; the client tries again by itself
//   on.events             name of an event -> what to do with its arguments

const RETRY = 4000; // ms: most a client waits between two attempts

// 2.5 and 4.8: the calls that matter here have not changed between them.
function modern(io, transport, on) {
  const socket = io({
    forceNew: true,
    reconnectionDelayMax: RETRY,
    transports: transport === "auto" ? ["polling", "websocket"] : [transport],
  });
  const current = () => socket.io.engine.transport.name;
  socket.on("connect", () => {
    socket.io.engine.on("upgrade", () => on.moved(current()));
    on.up(current());
  });
  socket.on("connect_error", (error) => on.down(error.message));
  socket.on("disconnect", (reason) => on.down(reason));
  for (const [name, handle] of Object.entries(on.events)) socket.on(name, handle);
  return { emit: (...args) => socket.emit(...args), close: () => socket.disconnect() };
}

// 0.9 merges the option "transports" index by index into its own list, so the list itself is replaced.
function nine(io, transport, on) {
  io.transports = [transport];
  const socket = io.connect(location.origin, {
    "force new connection": true,
    "max reconnection attempts": Infinity,
    "reconnection limit": RETRY / 2, // it doubles once more after the limit was compared
  });
  socket.on("connect", () => on.up(socket.socket.transport.name));
  socket.on("disconnect", (reason) => on.down(reason));
  socket.on("error", (reason) => on.down(String(reason)));
  socket.on("connect_failed", () => on.down("connect failed"));
  for (const [name, handle] of Object.entries(on.events)) socket.on(name, handle);
  addEventListener("pagehide", () => sayGoodbye(socket.socket));
  return { emit: (...args) => socket.emit(...args), close: () => socket.disconnect() };
}

// 0.9 says goodbye by a synchronous request, which today's browsers forbid in a page that goes away.
function sayGoodbye({ connected, transport, sessionid }) {
  if (connected) fetch(`/socket.io/1/${transport.name}/${sessionid}/?disconnect=1`, { keepalive: true });
}

// 0.6 knows messages only. Events and acknowledgements are JSON messages in the gateway's convention:
//   {"event": "say", "args": ["hello"], "id": 3}      {"ack": 3, "args": [{"ok": true}]}
function six(io, transport, on) {
  const secure = location.protocol === "https:";
  const socket = new io.Socket(location.hostname, {
    secure,
    port: location.port || (secure ? 443 : 80),
    transports: [transport],
    rememberTransport: false,
  });
  const acks = new Map();
  let last = 0;

  function receive(message) {
    if (message?.event) on.events[message.event]?.(...(message.args ?? []));
    else if (acks.has(message?.ack)) answer(message);
  }
  function answer({ ack, args = [] }) {
    const handle = acks.get(ack);
    acks.delete(ack);
    handle(...args);
  }
  function emit(name, ...args) {
    const message = { event: name, args };
    if (typeof args.at(-1) === "function") acks.set((message.id = ++last), args.pop());
    socket.send(message);
  }
  function down(reason) {
    acks.clear();
    on.down(reason);
  }
  function again() {
    down("connect failed");
    setTimeout(() => socket.connected || socket.connect(), RETRY);
  }

  socket.on("connect", () => {
    refresh(socket.transport);
    on.up(socket.transport.type);
  });
  socket.on("disconnect", () => down("disconnected"));
  socket.on("message", receive);
  socket.on("connect_failed", () => socket.reconnecting || again());
  socket.on("reconnect_failed", again);
  socket.connect();
  // Not at once: a client that polls asks again after it has handed a message over, even if that closed it.
  return { emit, close: () => setTimeout(() => socket.disconnect()) };
}

// Two things that 0.6 takes along into its next session: a POST that was cut counts as still going on (so nothing is
// sent any more), and the one form of JSONP keeps the address of the session it was made for.
function refresh(transport) {
  transport.posting = false;
  if (transport.form) transport.form.action = `${transport.prepareUrl()}/${Date.now()}/${transport.index}`;
}

const AUTO = { value: "auto", label: "polling, then websocket" };
const plain = (value) => ({ value, label: value });

// In the order of the page. "era" is the gateway's word for it.
export const CLIENTS = {
  0.6: { era: "old", years: "2010–2011", transports: ["websocket", "xhr-polling", "jsonp-polling"].map(plain), connect: six },
  0.9: { era: "0.9", years: "2011–2014", transports: ["websocket", "xhr-polling", "jsonp-polling"].map(plain), connect: nine },
  2.5: { era: "eio3", years: "2014–2020", transports: [AUTO, ...["websocket", "polling"].map(plain)], connect: modern },
  4.8: { era: "eio4", years: "since 2020", transports: [AUTO, ...["websocket", "polling"].map(plain)], connect: modern },
};

// The gateway's word for an era -> what a badge says.
export const ERAS = {
  old: { label: "0.6", title: "Socket.IO 0.3 to 0.6" },
  0.9: { label: "0.9", title: "Socket.IO 0.7 to 0.9" },
  eio3: { label: "2.x", title: "Socket.IO 1.x and 2.x" },
  eio4: { label: "4.x", title: "Socket.IO 3.x and 4.x" },
};

// Load a build the way pages always did, and give the "io" it defines.
export function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = () => resolve(window.io);
    script.onerror = () => reject(new Error(`${url} could not be loaded`));
    script.src = url;
    document.head.append(script);
  });
}
