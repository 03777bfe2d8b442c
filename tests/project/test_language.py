"""The rules of .github/CONTRIBUTING.md that a search can check: language, citations, sizes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.source_tree import LAYERS, line_count, modules

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGES = sorted(
    page
    for folder in (ROOT / "src", ROOT / "tests", ROOT / ".github")
    for page in (*ROOT.glob("*.md"), *folder.rglob("*.md"))
)

RULED_OUT = re.compile(
    r"\b(?:nobody|somebody|anybody|whoever|anew|afresh|mend(?:s|ed)?|for ever|apart from"
    r"|need not|shall|whilst|he|him|his)\b",
    re.IGNORECASE,
)
NOT_IMPERATIVE = re.compile(r"(?:Gives?|Says?|Be) ")
NOT_SHIPPED = re.compile(r"API reference \d|\b(?:design|style|review|traps|api-reference)\.md")
LONGEST_MODULE = 250
LONGEST_TEST_MODULE = 400
LONGEST_TEST_NAME = 70


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_tables_and_code(page: str) -> str:
    """Return the prose of a page: no fenced blocks, no table rows, no inline code."""
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    page = re.sub(r"^\|.*$", "", page, flags=re.MULTILINE)
    return re.sub(r"`[^`]*`", "", page)


def docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield ast.get_docstring(node) or ""


def test_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


test_names.__test__ = False  # type: ignore[attr-defined]


def problems(path: Path) -> Iterator[str]:
    """Yield what a file says that the rules exclude."""
    text = path.read_text("utf-8")
    if path == Path(__file__):
        return
    if path in PAGES:
        yield from RULED_OUT.findall(without_tables_and_code(text))
    elif path in SOURCE:
        yield from RULED_OUT.findall(text)
    yield from NOT_SHIPPED.findall(text)
    if path in SOURCE or path in TESTS:
        yield from (text[:30] for text in docstrings(path) if NOT_IMPERATIVE.match(text))
        yield from (name for name in test_names(path) if is_hard_to_read(name))
        if path.name.startswith("test_") and line_count(path) > LONGEST_TEST_MODULE:
            yield f"{line_count(path)} lines"


def is_hard_to_read(test_name: str) -> bool:
    has_pronoun = re.search(r"^test_(?:it|that|what)_|_(?:who|whose|nobody)(?:_|$)", test_name)
    return len(test_name) > LONGEST_TEST_NAME or has_pronoun is not None


@pytest.mark.parametrize("path", [*SOURCE, *TESTS, *PAGES], ids=name_of)
def test_file_has_no_excluded_words(path: Path) -> None:
    assert list(problems(path)) == []


@pytest.mark.parametrize("path", modules(*LAYERS), ids=name_of)
def test_module_of_a_layer_has_at_most_250_lines(path: Path) -> None:
    if "types" not in path.parts:
        assert line_count(path) <= LONGEST_MODULE


@pytest.mark.parametrize(
    "text",
    ["nobody waits", "It shall", "Apart from", "for ever", "mends"],
)
def test_excluded_words_are_found(text: str) -> None:
    assert RULED_OUT.search(text)
    assert not RULED_OUT.search(without_tables_and_code(f"| {text} |\n`{text}`"))


def test_excluded_docstrings_citations_and_names_are_found(tmp_path: Path) -> None:
    module = tmp_path / "test_example.py"
    module.write_text(
        'def test_it_holds():\n    """Give what API reference 6.3 says."""\n', encoding="utf-8"
    )
    assert [NOT_IMPERATIVE.match(text) is not None for text in docstrings(module)] == [True]
    assert [is_hard_to_read(name) for name in test_names(module)] == [True]
    assert NOT_SHIPPED.search(module.read_text("utf-8"))
