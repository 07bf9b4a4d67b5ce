"""What the documentation says is true: its reference is the docstrings', its links lead somewhere, its snippets run."""

import importlib.util
import re
import subprocess
import sys

import pytest

from tests.documents.names import unknown_names
from tests.documents.oldnames import OLD_NAMES
from tests.documents.session import Session
from tests.documents.snippets import LANGUAGES, PAGES, ROOT, snippets

DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def _log():
    """Snippets run in processes of their own."""


def test_the_reference_is_what_the_docstrings_say():
    checked = subprocess.run([sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0, "docs/reference.md is old: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page):
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        place = (page.parent / path) if path else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


def anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower()).replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent != ROOT], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_ours_that_a_page_names_exists(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.S | re.M)
    named = re.findall(r"`((?:gateway|protocols|legacy|tests|examples|scripts|benchmarks|twisted)/[\w./*-]*)`", text)
    missing = [path for path in named if not any(ROOT.glob(path.rstrip("/")))]
    beside = [
        path for path in re.findall(r"`(\w+\.py)`", text) if not any(ROOT.glob(f"*/**/{path}")) and path not in files_of(page)
    ]
    assert missing + beside == []


def files_of(page):
    """Those that the page has the reader make."""
    return {snippet.file for snippet in snippets(page)} | {"hello.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_snippet_says_what_it_is(page):
    assert [one for one in snippets(page) if one.language not in LANGUAGES] == []


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_snippet_of_a_page_runs_in_its_order(page, tmp_path):
    session = Session(tmp_path)
    try:
        for snippet in snippets(page):
            try:
                session.run(snippet)
            except AssertionError as error:
                raise AssertionError(f"{page.name}:{snippet.line}: {error}") from error
    finally:
        session.close()


@pytest.mark.parametrize("page", sorted(DOCS.glob("coming-from*.md")), ids=lambda page: page.name)
def test_every_python_name_for_people_who_come_from_elsewhere_exists(page):
    assert unknown_names(page) == []


@pytest.mark.parametrize("section", OLD_NAMES)
def test_every_old_name_is_told_what_became_of_it(section):
    text = (DOCS / "coming-from.md").read_text("utf-8")
    mine = re.search(rf"^## From [^\n]*{re.escape(section)}[^\n]*\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    assert mine, section
    detail = DOCS / f"coming-from-{section}.md"
    told = mine[1] + (detail.read_text("utf-8") if detail.exists() else "")
    told = re.sub(r"^```.*?^```$", "", told, flags=re.S | re.M)
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", told))))
    assert [name for name in OLD_NAMES[section].split() if name not in words] == []


def test_every_decision_is_in_the_index_and_the_index_names_nothing_else():
    index = (DOCS / "decisions/README.md").read_text("utf-8")
    files = {path.name for path in (DOCS / "decisions").glob("[0-9]*.md")}
    assert set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)) == files


def test_every_page_can_be_reached_from_the_front_page():
    text = (DOCS / "index.md").read_text("utf-8")
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([\w./-]+\.md)", text)}
    pages = {path for path in DOCS.glob("**/*.md") if path.parent.name != "decisions"} - {DOCS / "index.md"}
    assert {path.relative_to(DOCS) for path in pages - linked} == set()


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: make .venv/.dev")
def test_the_pages_become_html(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert "<h1" in (tmp_path / "site/tutorial/index.html").read_text("utf-8")
