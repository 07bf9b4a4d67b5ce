"""Socket.IO 0.3 to 0.9 and the WebSocket drafts before RFC 6455: bytes in, events out, time is an argument."""
