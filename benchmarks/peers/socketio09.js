// Socket.IO 0.9.19. It was written for Node 0.10 and still runs; Node only warns about `new Buffer`.
//     node --expose-gc socketio09.js PORT
const http = require("http");
const sio = require("socket.io-0.9");
const { listening } = require("./common");

const server = http.createServer();
const io = sio.listen(server, {
  log: false,
  "flash policy server": false,
  transports: ["websocket", "xhr-polling"],
});
io.sockets.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
  socket.on("bcast", (value) => io.sockets.emit("msg", value));
});
listening((port) => server.listen(port, "127.0.0.1", 4096));
