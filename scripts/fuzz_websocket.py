"""
The WebSocket fuzzer of the Autobahn project, aimed at ``/ws`` of the conformance app.

    scripts/fuzz_websocket.py path/to/python2.7            cases 1 to 7, 9 and 10
    scripts/fuzz_websocket.py path/to/python2.7 12 13      others: compression takes several minutes

It exists for Python 2.7 only, so it gets a folder of its own. A case that is FAILED or NON-STRICT, or whose connection does
not end cleanly, ends this script with status 1; the report is ``artefacts/autobahn/index.html``.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUZZER = "autobahntestsuite==25.10.1"
LIBRARIES = ROOT / ".venv-autobahn"
REPORT = ROOT / "artefacts" / "autobahn"
FAMILIES = ("1", "2", "3", "4", "5", "6", "7", "9", "10")
GOOD = ("OK", "INFORMATIONAL")
CLEAN = ("OK", "INFORMATIONAL")
AGENT = "socketio-gateway"
RUN = "import site; site.addsitedir({!r}); from autobahntestsuite.wstest import run; run()"


def install(python: str) -> None:
    """Have the fuzzer in its folder."""
    stamp = LIBRARIES / f".{FUZZER}"
    if not stamp.exists():
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(LIBRARIES), FUZZER]
        subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
        stamp.touch()


def fuzz(python: str, url: str, families: tuple[str, ...]) -> None:
    """Run the cases of ``families`` against ``url``."""
    REPORT.mkdir(parents=True, exist_ok=True)
    cases = [f"{family}.*" for family in families]
    servers = [{"agent": AGENT, "url": url}]
    specification = {"outdir": str(REPORT), "servers": servers, "cases": cases, "exclude-cases": [], "exclude-agent-cases": {}}
    (REPORT / "fuzzingclient.json").write_text(json.dumps(specification), "utf-8")
    command = [python, "-c", RUN.format(str(LIBRARIES)), "-m", "fuzzingclient", "-s", str(REPORT / "fuzzingclient.json")]
    with (REPORT / "log.txt").open("w") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log, cwd=REPORT)


def verdicts() -> dict[str, tuple[str, str]]:
    """Case -> how it went, and how its connection ended."""
    index = json.loads((REPORT / "index.json").read_text("utf-8"))
    return {case: (result["behavior"], result["behaviorClose"]) for case, result in index[AGENT].items()}


def main(python: str, *families: str) -> int:
    """Install, start the server, fuzz it, count."""
    install(python)
    command = [sys.executable, "-c", "from examples.conformance import main; main()", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split("//")[1].strip()
            fuzz(python, f"ws://{address}/ws", families or FAMILIES)
        finally:
            server.terminate()
    found = verdicts()
    bad = {case: how for case, how in found.items() if how[0] not in GOOD or how[1] not in CLEAN}
    count = Counter(how for how, _ in found.values())
    print(f"{len(found)} cases: " + ", ".join(f"{number} {how}" for how, number in count.most_common()))
    for case, (how, end) in bad.items():
        print(f"  {case}: {how}, closing {end}")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
