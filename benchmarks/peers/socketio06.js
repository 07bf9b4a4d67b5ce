// Socket.IO 0.6.18 with what Node has dropped since put back.   node --expose-gc socketio06.js PORT
require("./node-of-2011");
const http = require("http");
const sio = require("socket.io-0.6");
const { listening } = require("./common");

const server = http.createServer((request, response) => response.end());
const io = sio.listen(server, { log: false, flashPolicyServer: false, transports: ["websocket", "xhr-polling"] });
io.on("connection", (client) => {
  client.on("message", (text) => (text.startsWith("bcast:") ? io.broadcast(text) : client.send(text)));
});
listening((port) => server.listen(port, "127.0.0.1", 4096));
