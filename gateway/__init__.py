"""One Twisted server that every Socket.IO client ever released can talk to, at the same time, in the same room."""

from gateway.adapter import IAdapter, MemoryAdapter
from gateway.broadcast import Broadcast
from gateway.client import Client
from gateway.engine import EngineListener, EngineSocket
from gateway.errors import (
    AckTimeout,
    ConnectionRefused,
    GatewayError,
    LimitExceeded,
    OptionError,
    SocketClosed,
    StoreUnavailable,
)
from gateway.front import Front
from gateway.handshake import Handshake
from gateway.listener import Listener
from gateway.namespace import Namespace
from gateway.plain import PlainSocket, WebSocketListener
from gateway.sockets import Socket
from gateway.stores import IStore, MemoryStore, RedisStore, SQLiteStore

__version__ = "0.1.0"

__all__ = [
    "AckTimeout",
    "Broadcast",
    "Client",
    "ConnectionRefused",
    "EngineListener",
    "EngineSocket",
    "Front",
    "GatewayError",
    "Handshake",
    "IAdapter",
    "IStore",
    "LimitExceeded",
    "Listener",
    "MemoryAdapter",
    "MemoryStore",
    "Namespace",
    "OptionError",
    "PlainSocket",
    "RedisStore",
    "SQLiteStore",
    "Socket",
    "SocketClosed",
    "StoreUnavailable",
    "WebSocketListener",
]
