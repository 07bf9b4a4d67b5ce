"""
Per-client values: ``await socket.set(key, value)`` and its kin.

A store keeps, for each client, a table of keys and values. Values are what JSON can say, and bytes; they
are copied on the way in and out, so that a later change of the object is not seen (tuples come back as lists).

    MemoryStore()                       this process
    SQLiteStore("values.db")            one machine, survives a restart
    RedisStore("redis://localhost/0")   many processes
"""

from gateway.stores.interface import IStore
from gateway.stores.memory import MemoryStore
from gateway.stores.redis import RedisStore
from gateway.stores.sqlite import SQLiteStore
from gateway.stores.urls import store_of
from gateway.stores.values import copy_value

__all__ = ["IStore", "MemoryStore", "RedisStore", "SQLiteStore", "copy_value", "store_of"]
