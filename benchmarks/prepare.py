"""
Lays out what the benchmarks need: ``python benchmarks/prepare.py``.

The load generator goes to ``build/``, the Node peers to ``node_modules/`` (at the versions of ``package-lock.json``,
without install scripts), the Python peers into a virtual environment of their own.
"""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import venv

from servers import BUILD, HERE, PEER_PYTHON

GENERATOR = BUILD / "load"
SOURCE = HERE / "load.c"


def build_generator() -> None:
    """Compile the generator if its source is newer; warnings are errors."""
    if GENERATOR.exists() and GENERATOR.stat().st_mtime >= SOURCE.stat().st_mtime:
        return
    BUILD.mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(GENERATOR), str(SOURCE)], check=True)


def install_node_peers() -> None:
    """Install the servers of ``package-lock.json``."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is needed for the Node peers")
    subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=HERE, check=True)


def install_python_peers() -> None:
    """Make the virtual environment of ``requirements-peers.txt``; it hides itself from version control."""
    place = PEER_PYTHON.parent.parent
    venv.create(place, with_pip=True)
    (place / ".gitignore").write_text("*\n")
    subprocess.run([PEER_PYTHON, "-m", "pip", "install", "-q", "-r", HERE / "requirements-peers.txt"], check=True)


def missing(names: set[str]) -> list[str]:
    """Return one line for each thing the named servers need and do not have."""
    lines = []
    if any(name.startswith("node") for name in names) and not (HERE / "node_modules").is_dir():
        lines.append("the Node peers are not installed: python benchmarks/prepare.py")
    if any(name.startswith("python") for name in names) and not PEER_PYTHON.exists():
        lines.append("the Python peers are not installed: python benchmarks/prepare.py")
    return lines


def versions() -> dict[str, str]:
    """Return the versions that a result should name."""
    found = {"python": platform.python_version()}
    if shutil.which("node"):
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        found["node"] = said.strip().removeprefix("v")
    package = HERE / "node_modules" / "socket.io" / "package.json"
    if package.exists():
        found["socket.io"] = json.loads(package.read_text())["version"]
    for name in ("twisted", "orjson", "websockets"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    build_generator()
    install_node_peers()
    install_python_peers()
    print("ready: python benchmarks/run.py --quick", file=sys.stderr)
