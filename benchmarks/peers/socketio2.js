// Socket.IO 2.5 (Engine.IO 3).   node --expose-gc socketio2.js PORT
const http = require("http");
const sio = require("socket.io-2");
const { listening } = require("./common");

const server = http.createServer();
const io = sio(server, { serveClient: false, perMessageDeflate: false });
io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
  socket.on("bcast", (value) => io.emit("msg", value));
});
listening((port) => server.listen(port, "127.0.0.1", 4096));
