"""Stores as a flag or a TOML file names them."""

import sys

import pytest
from pytest_twisted import ensureDeferred
from twisted.python.usage import UsageError

from gateway import MemoryStore, OptionError, RedisStore, SQLiteStore
from gateway.options import OPTIONS, ListenerOptions
from gateway.service import Options
from gateway.stores import store_of

NAMED = [
    ("memory", MemoryStore),
    ("redis://127.0.0.1:6379/0", RedisStore),
    ("redis://localhost", RedisStore),
    ("sqlite:values.db", SQLiteStore),
]


@pytest.mark.parametrize(("text", "kind"), NAMED)
def test_text_names_a_store(text, kind):
    assert type(store_of(text)) is kind


PATHS = ["sqlite:{}", "sqlite://{}", "sqlite:///{}"]


@pytest.mark.parametrize("form", PATHS)
@ensureDeferred
async def test_the_path_of_a_sqlite_url_is_absolute_however_many_slashes_it_has(form, tmp_path):
    path = tmp_path / "my values.db"
    store = store_of(form.format(path).replace(" ", "%20"))
    await store.set("c1", "k", 1)
    await store.close()
    assert path.exists()


@ensureDeferred
async def test_a_path_without_a_slash_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = store_of("sqlite:values.db")
    await store.set("c1", "k", 1)
    await store.close()
    assert (tmp_path / "values.db").exists()


WRONG = [
    "",
    "Memory",
    "sqlite",
    "sqlite://",
    "sqlite:///",
    "sqlite://host/x.db",
    "sqlite:///x.db?mode=ro",
    "mysql://u:pw@h/x",
    "redis:x",
]


@pytest.mark.parametrize("text", WRONG)
def test_other_text_is_refused_and_not_repeated(text):
    with pytest.raises(OptionError, match="is wanted") as caught:
        store_of(text)
    assert "pw" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("value", [{}, object(), "memory", MemoryStore, 5])
def test_the_option_takes_stores_alone(value):
    with pytest.raises(OptionError, match="store"):
        ListenerOptions.checked({"store": value})


def test_the_option_takes_any_object_that_does_what_a_store_does():
    class Own(MemoryStore):
        pass

    store = Own()
    assert ListenerOptions.checked({"store": store, "store_expiration": 15}).store is store


@pytest.fixture
def parse(tmp_path, monkeypatch):
    """``parse(*flags)`` gives the options of the command for an application of one Listener."""
    (tmp_path / "stored.py").write_text("from gateway import Listener\n\ndef make():\n    return Listener()\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def parse(*flags):
        options = Options()
        options.parseOptions(["--app", "stored:make", *flags])
        return options

    return parse


def test_the_flag_gives_every_listener_the_store(parse, tmp_path):
    options = parse("--store", f"sqlite://{tmp_path}/values.db", "--store-expiration", "15")
    (listener,) = options.front.mounts
    assert type(listener.store) is SQLiteStore
    assert listener.store is options.listener["store"]
    assert listener.options.store_expiration == 15


def test_the_file_names_a_store_too(parse, tmp_path):
    (tmp_path / "gateway.toml").write_text('[listener]\nstore = "redis://127.0.0.1/5"\n', "utf-8")
    (listener,) = parse("--config", str(tmp_path / "gateway.toml")).front.mounts
    assert type(listener.store) is RedisStore


def test_a_wrong_flag_is_named_in_one_line(parse):
    with pytest.raises(UsageError, match=r"^--store: memory, sqlite:///path or redis://host:port/0 is wanted$"):
        parse("--store", "mysql://u:pw@h/x")
    with pytest.raises(UsageError, match=r"^--store: SQLiteStore: there is no folder /nowhere$"):
        parse("--store", "sqlite:///nowhere/x.db")


def test_a_missing_library_is_named_on_the_command_line(parse, monkeypatch):
    monkeypatch.setitem(sys.modules, "txredisapi", None)
    with pytest.raises(UsageError, match=r"pip install 'socketio-gateway\[redis\]'"):
        parse("--store", "redis://h")


def test_the_help_names_them_all():
    assert all(word in OPTIONS["store"].help for word in ("memory", "sqlite:///path", "redis://host:port/0"))
