"""examples/conformance.py as a program: its flags, its line, its end."""

import json
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "examples/conformance.py"


def run(*arguments):
    """The program, which has said that it is ready; and its address."""
    command = [sys.executable, str(PROGRAM), "--port", "0", *arguments]
    process = subprocess.Popen(command, cwd=PROGRAM.parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    word, address = process.stdout.readline().split()
    assert word == "ready"
    return process, address


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_clients_go_and_ends_the_process_well(number):
    process, address = run("--ping-interval", "2.5", "--ping-timeout", "1.5", "--max-payload", "5000")
    try:
        opening = f"{address}/socket.io/?EIO=4&transport=polling"
        with urllib.request.urlopen(opening, timeout=10) as answer:
            opened = json.loads(answer.read()[1:])
        numbers = {"pingInterval": 2500, "pingTimeout": 1500, "maxPayload": 5000, "upgrades": ["websocket"]}
        assert opened == {**numbers, "sid": opened["sid"]}
        place = urllib.parse.urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=10) as poll:
            poll.sendall(f"GET {opening.removeprefix(address)}&sid={opened['sid']} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            with urllib.request.urlopen(opening, timeout=10) as answer:  # behind it, so the poll is held
                answer.read()
            process.send_signal(number)
            assert poll.makefile("rb").read().endswith(b"\r\n\r\n1")
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_one_line_and_status_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, str(PROGRAM), "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=PROGRAM.parents[1], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("conformance: Couldn't listen on")


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--ping-interval", "soon"], ["--colour"]])
def test_a_wrong_flag_is_a_usage_error(arguments):
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=PROGRAM.parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and arguments[0] in done.stderr
