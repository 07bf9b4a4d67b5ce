"""What the documentation says is true: its reference is the docstrings', its links lead somewhere, its Python runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def snippets(page):
    """The Python of a page; a first line such as ``# chat.py`` names the file that later snippets import."""
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)):
        name = re.match(r"# (\w+\.py)$", code.split("\n")[0])
        yield (name[1] if name else f"snippet{number}.py"), code


def test_the_reference_is_what_the_docstrings_say():
    checked = subprocess.run([sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0, "docs/reference.md is old: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in page.read_text("utf-8")], ids=lambda page: page.name)
def test_every_piece_of_python_runs(page, tmp_path):
    for name, code in snippets(page):
        (tmp_path / name).write_text(code)
        ran = subprocess.run(
            [sys.executable, name], cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, (name, ran.stderr)
