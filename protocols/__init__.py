"""Engine.IO 2 to 4, Socket.IO 1.0 to 4.x and RFC 6455: bytes in, events out, time is an argument."""
