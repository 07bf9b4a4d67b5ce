"""The table of settings in ``docs/coming-from-0.9.md`` says what ``io.set`` does."""

import re
from pathlib import Path

import pytest

from gateway import Listener
from gateway.errors import OptionError
from gateway.oldnames import SETTINGS
from gateway.options import OPTIONS

PAGE = (Path(__file__).parents[2] / "docs/coming-from-0.9.md").read_text("utf-8")
ROW = re.compile(r"^\| `([a-z ]+)` \| (?:`(\w+)(?:=[^`]*)?`|–) \| (.+) \|$", re.MULTILINE)
ROWS = {name: (option, remarks) for name, option, remarks in ROW.findall(PAGE[: PAGE.index("## Manager")])}
OF_0_9_19 = [
    "origins", "log", "log level", "log colors", "logger", "store", "static", "heartbeats", "heartbeat interval",
    "heartbeat timeout", "close timeout", "polling duration", "resource", "transports", "authorization", "blacklist",
    "flash policy server", "flash policy port", "destroy upgrade", "destroy buffer size", "browser client",
    "browser client cache", "browser client minification", "browser client etag", "browser client gzip",
    "browser client expires", "browser client handler", "client store expiration", "match origin protocol",
]  # fmt: skip
"""Every setting of the era: spec 0.9 §9.1."""
LEVELS = ("log", "log level")
"""They concern the whole process: test_logging.py has them."""
ALWAYS = {"always on": True, "always off": False, "always ten years": 315_360_000}


@pytest.mark.parametrize("names", [ROWS, SETTINGS], ids=["the table", "the code"])
def test_every_setting_of_the_era_is_known(names):
    assert sorted(names) == sorted(OF_0_9_19)


@pytest.mark.parametrize("name", OF_0_9_19)
def test_the_option_in_the_table_is_the_one_that_is_set(name):
    option, _ = ROWS[name]
    assert option == SETTINGS[name].option
    assert not option or option in OPTIONS


@pytest.mark.parametrize(
    "name, remarks", [(name, remarks) for name, (option, remarks) in ROWS.items() if not option and name not in LEVELS]
)
def test_a_setting_without_an_option_has_one_value_or_none(name, remarks):
    io = Listener()
    wanted = next((value for words, value in ALWAYS.items() if remarks.startswith(words)), None)
    if wanted is None:
        with pytest.raises(OptionError, match="no meaning here"):
            io.set(name, True)
        return
    assert io.set(name, wanted).get(name) == wanted
    with pytest.raises(OptionError, match=name):
        io.set(name, ["other"])


@pytest.mark.parametrize("name, default", [
    ("heartbeat interval", 25), ("heartbeat timeout", 45), ("close timeout", 45), ("polling duration", 20),
    ("match origin protocol", False), ("client store expiration", 0), ("destroy buffer size", 1_000_000),
    ("resource", "/socket.io"),
])  # fmt: skip
def test_the_defaults_are_those_of_the_table(name, default):
    assert Listener().get(name) == default


def test_browser_client_is_off_until_there_is_a_folder():
    io = Listener()
    assert io.disabled("browser client")
    assert io.disable("browser client").options.serve_client is None
    with pytest.raises(OptionError, match="serve_client"):
        io.enable("browser client")


def test_the_configuration_that_the_documents_of_0_9_recommend_is_taken_where_it_has_a_meaning(tmp_path):
    (tmp_path / "socket.io.js").write_text("/*! Socket.IO.js build:0.9.17 */")
    io = Listener(serve_client=tmp_path)
    io.enable("browser client etag").enable("browser client gzip").enable("browser client")
    assert io.enabled("browser client")
    assert io.disable("browser client").client_files is None
