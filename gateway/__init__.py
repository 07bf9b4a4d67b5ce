"""One Twisted server that every Socket.IO client ever released can talk to, at the same time, in the same room."""

from gateway.errors import ConnectionRefused, GatewayError, LimitExceeded, OptionError, SocketClosed
from gateway.listener import Listener
from gateway.namespace import Namespace
from gateway.sockets import Socket
from gateway.stores import MemoryStore

__version__ = "0.1.0"

__all__ = [
    "ConnectionRefused",
    "GatewayError",
    "LimitExceeded",
    "Listener",
    "MemoryStore",
    "Namespace",
    "OptionError",
    "Socket",
    "SocketClosed",
]
