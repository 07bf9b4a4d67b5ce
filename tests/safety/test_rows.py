"""``docs/security-tests.md`` names tests that are there, and an advisory is named by a test."""

import ast
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security-tests.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+\*?)`", PAGE)))
ADVISORIES = sorted(set(re.findall(r"CVE-\d+-\d+|GHSA(?:-\w{4}){3}", PAGE)))


def functions():
    """The names of all test functions."""
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


TESTS = sorted(set(functions()))


@pytest.mark.parametrize("name", NAMED)
def test_a_row_names_a_test_that_is_there(name):
    assert [test for test in TESTS if fnmatchcase(test, name)]


@pytest.mark.parametrize("advisory", ADVISORIES)
def test_an_advisory_is_named_by_a_test(advisory):
    word = advisory.lower().removeprefix("cve-").replace("-", "_")
    assert [test for test in TESTS if re.search(f"(?<![0-9]){word}(?![0-9])", test)]


def test_every_row_names_something():
    rows = [line for line in PAGE.split("\n") if line.startswith("| ") and not line.startswith("| -")]
    assert len(rows) > 50
    heads = ("| promise", "| what |", "| | |")
    assert [row for row in rows if not row.startswith(heads) and not re.search(r"`|CVE-", row)] == []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)", PAGE))))
def test_the_commands_are_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
