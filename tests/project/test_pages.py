"""The pages of the folders: their tables compared with what the tests run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pokitdok_session
from support.fault_table import AT_THE_API, AT_THE_TOKEN_ENDPOINT, TOKEN_GARBAGE

TRANSPORT = Path(pokitdok_session.__file__).parent / "transport" / "README.md"


def tables(page: Path) -> Iterator[list[list[str]]]:
    """Yield the rows of each table of a page, without its head."""
    for table in re.findall(r"(?:^\|.*\n)+", page.read_text("utf-8"), re.MULTILINE):
        lines = table.splitlines()[2:]
        yield [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def row_of(fault: str, rows: Iterable[list[str]]) -> list[str]:
    """Return the cells beside a fault: its own row, or that of the first words of its name."""
    found = {}
    for names, *cells in rows:
        for name in re.sub(r" \(.*?\)", "", names).split("; "):
            if fault == name or fault.startswith((f"{name} ", f"{name},")):
                found[name] = cells
    return found[max(found, key=len)]


def test_page_of_the_transport_has_each_fault_at_the_api() -> None:
    rows, _ = tables(TRANSPORT)
    for fault, outcomes in AT_THE_API.items():
        sees, *sent = row_of(fault, rows)
        assert sent == [str(outcome.requests) for outcome in outcomes], fault
        for outcome in outcomes:
            what = outcome.sees
            word = "the response|200" if isinstance(what, int) else f"`{what.__name__}`"
            assert re.search(word, sees), fault


def test_page_of_the_transport_has_each_fault_at_the_token_endpoint() -> None:
    _, rows = tables(TRANSPORT)
    for fault, (requests, _) in AT_THE_TOKEN_ENDPOINT.items():
        if fault in TOKEN_GARBAGE:
            fault = "every response without a usable token"
        assert row_of(fault, rows)[0].partition(",")[0] == str(requests), fault
