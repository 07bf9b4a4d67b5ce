"""
The client 0.8 and 0.9 with chosen transports, as we cut it, beside what its own builder makes of its sources.

Real: ``bin/builder.js`` of the published packages, in Node; the packages' folder ``lib``. That of 0.7 does not run on the
Node of today, and 0.7's server gave its client whole.
"""

import json
import subprocess
from pathlib import Path

import pytest

from gateway.clientparts import take_apart
from tests.conformance.peers import need_node, need_packages

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
CHOICES = [
    ["websocket", "htmlfile", "xhr-polling", "jsonp-polling"],
    ["websocket", "flashsocket", "htmlfile", "xhr-polling", "jsonp-polling"],
    ["xhr-polling"],
    ["jsonp-polling", "websocket"],
    ["htmlfile", "flashsocket", "xhr-polling"],
]
ORACLE = """
const [folder, choices] = process.argv.slice(1);
const build = require(folder + "/bin/builder.js");
const made = JSON.parse(choices).map((choice) => new Promise((done, fail) =>
  build(choice, { minify: false }, (error, code) => error ? fail(error) : done(code))));
Promise.all(made).then((codes) => process.stdout.write(JSON.stringify(codes)));
"""


@pytest.mark.parametrize("package", ["socket.io-client-0.9", "socket.io-client-0.8"])
def test_a_build_is_what_the_clients_own_builder_makes(package):
    need_node()
    need_packages(package)
    folder = NODE_MODULES / package
    command = ["node", "-e", ORACLE, str(folder), json.dumps(CHOICES)]
    made = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    parts = take_apart((folder / "dist/socket.io.js").read_bytes())
    for choice, code in zip(CHOICES, made, strict=True):
        assert parts.with_transports(choice).decode() == code
