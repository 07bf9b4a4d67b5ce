"""
Writes ``package-lock.json`` anew: ``python scripts/lock.py``.

The oldest clients name some of their own dependencies by download address. ``overrides`` in ``package.json`` gives each
of them a published package instead (the key ``xmlhttprequest@0.0.0`` fits every dependency that has an address for a
version, and no other); what is left of the addresses in the lock file is dead text and is taken out here, so that the
file holds names, versions and checksums only.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "package-lock.json"


def without_addresses(package: dict[str, Any]) -> dict[str, Any]:
    """One entry of the lock file with no address in it."""
    kept = {key: value for key, value in package.items() if key not in ("funding", "resolved")}
    if not isinstance(kept.get("license"), str):
        kept.pop("license", None)
    for key in ("dependencies", "optionalDependencies"):
        if key in kept:
            kept[key] = {name: "*" if "://" in wanted else wanted for name, wanted in kept[key].items()}
    return kept


def main() -> None:
    """Ask npm for a new lock file and clean it."""
    LOCK.unlink(missing_ok=True)
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=ROOT, check=True)
    lock = json.loads(LOCK.read_text("utf-8"))
    lock["packages"] = {path: without_addresses(package) for path, package in lock["packages"].items()}
    LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
