// Three habits of Node 0.4 on which Socket.IO 0.6 relies.
const crypto = require("crypto");
const events = require("events");
const http = require("http");

// The base class was a property of `process`.
process.EventEmitter = events.EventEmitter;

// An upgraded socket could be given an encoding; http.js of today forbids that by a property of the socket itself.
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, socket, ...rest) {
  if (event === "upgrade") delete socket.setEncoding;
  return emit.call(this, event, request, socket, ...rest);
};

// A string given to a hash was taken byte by byte: the digest of hixie-76 is made that way.
const createHash = crypto.createHash;
crypto.createHash = (algorithm) => {
  const hash = createHash(algorithm);
  const update = hash.update.bind(hash);
  hash.update = (data, encoding) => update(data, encoding || (typeof data === "string" ? "latin1" : undefined));
  return hash;
};
