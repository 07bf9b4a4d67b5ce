// Socket.IO 4.8, the reference of every ratio.   node --expose-gc socketio4.js PORT
const { Server } = require("socket.io");
const { listening } = require("./common");

const io = new Server({ allowEIO3: true, serveClient: false });
io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
  socket.on("bcast", (value) => io.emit("msg", value));
});
listening((port) => io.listen(port, { host: "127.0.0.1" }));
