"""
Stores as a flag or a TOML file names them.

    memory
    sqlite:///var/lib/chat/values.db    an absolute path; sqlite:values.db is a relative one
    redis://host:6379/0
"""

from urllib.parse import unquote, urlsplit

from gateway.errors import OptionError
from gateway.stores.interface import IStore
from gateway.stores.memory import MemoryStore
from gateway.stores.redis import RedisStore
from gateway.stores.sqlite import SQLiteStore

WANTED = "memory, sqlite:///path or redis://host:port/0"


def store_of(text: str) -> IStore:
    """
    The store that ``text`` names.

    :raises OptionError: there is none; the text is not repeated, for it may hold a password.
    """
    if text == "memory":
        return MemoryStore()
    if text.startswith("redis:"):
        return RedisStore(text)
    if text.startswith("sqlite:"):
        return SQLiteStore(_path_of(text))
    raise OptionError(f"{WANTED} is wanted")


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc or parts.query or parts.fragment or not path.strip("/"):
        raise OptionError(f"{WANTED} is wanted")
    return "/" + path.lstrip("/") if path.startswith("/") else path
