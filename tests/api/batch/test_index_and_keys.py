"""Which rows an earlier run knew, which keys this one has had, and what a key is made of."""

from __future__ import annotations

import csv
import functools
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.api.batch import index as index_module
from pokitdok_session.api.batch.index import Entry, Index
from pokitdok_session.api.batch.journal import Journal
from pokitdok_session.api.batch.keys import digest_of, name_of, text_of
from pokitdok_session.errors import JournalError


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    journal = Journal(tmp_path / "j.jsonl", clock=lambda: 5.0)
    journal.write_sent("answered", "d1")
    journal.write_done("answered", "answered", 1)
    journal.write_sent("sent", "d2")
    journal.write_sent("again", "d3")
    journal.write_done("again", "retry", 1)
    journal.write_sent("again", "d4")
    journal.close()
    journal = Journal(tmp_path / "j.jsonl")
    yield journal
    journal.close()


def test_index_knows_the_last_record_of_each_key(journal: Journal) -> None:
    index = Index(journal)
    answered = index.claim("answered")
    assert answered is not None
    assert answered[:3] == ("d1", "answered", 5.0)
    assert journal.read(answered.offset or 0)["done"] == "answered"
    assert index.claim("sent") == Entry("d2", "sent", 5.0, None)
    assert index.claim("again") == Entry("d4", "sent", 5.0, None, attempts=2)
    assert index.claim("new") is None
    index.close()


def test_batch_with_a_full_temporary_folder_calls_no_row_wrong(
    session: PokitDokSession, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_TABLES", index_module._TABLES + "PRAGMA max_page_count=6;")
    outcomes = []
    batch = session.batch(lambda row: row, range(1000), key=str, journal=path)
    with pytest.raises(JournalError, match=r"database or disk is full.*TMPDIR") as stopped:
        outcomes += iter(batch)
    assert isinstance(stopped.value.__cause__, sqlite3.OperationalError)
    assert {outcome.action for outcome in outcomes} == {"answered"}
    monkeypatch.undo()
    done = len(outcomes)
    again = list(session.batch(lambda row: row, range(done), key=str, journal=path))
    assert [outcome.reply for outcome in again] == list(range(done))


@pytest.mark.parametrize("key", ["sent", "new"])
def test_index_refuses_a_key_that_a_row_of_this_run_has(journal: Journal, key: str) -> None:
    index = Index(journal)
    index.claim(key)
    with pytest.raises(ValueError, match="key must be different for each row"):
        index.claim(key)
    index.close()


def test_index_counts_equal_rows() -> None:
    index = Index()
    assert [index.count("d"), index.count("e"), index.count("d")] == [1, 1, 2]
    index.close()


def test_digest_is_the_same_whatever_the_order_of_names() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
    assert digest_of("ISA") != digest_of(b"ISA")
    assert len(digest_of(bytearray(b"ISA"))) == 32
    assert digest_of({"a": date(2026, 1, 2), "b": Decimal("1.0")})


@pytest.mark.parametrize("row", [{1: 2, "a": 3}, {("a",): 1}])
def test_digest_of_what_json_cannot_hold_raises_type_error(row: Any) -> None:
    with pytest.raises(TypeError):
        digest_of(row)


def test_key_is_text_or_a_whole_number() -> None:
    assert text_of("A-17") == "A-17"
    assert text_of(17) == "17"


@pytest.mark.parametrize(("key", "kind"), [(None, TypeError), (True, TypeError), ("", ValueError)])
def test_key_of_another_kind_raises(key: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="key must"):
        text_of(key)


class Call:
    def __call__(self, row: Any) -> None: ...


def test_name_of_a_call_is_that_of_the_function() -> None:
    assert name_of(digest_of) == name_of(functools.partial(digest_of)) == "digest_of"
    assert name_of(Index.claim) == "claim"
    assert name_of(lambda row: row) is name_of(Call()) is None


@pytest.mark.parametrize("value", [{"b", "a"}, object(), b"bytes"], ids=["set", "object", "bytes"])
def test_digest_of_a_value_without_a_stable_text_names_its_path(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^row\['a'\]\[1\] must be JSON, a date, .* got "):
        digest_of({"a": [1, value]})
    with pytest.raises(TypeError):
        digest_of({1: [1], "a": None})


def test_digest_of_a_csv_line_with_a_surplus_field_says_so() -> None:
    row = next(csv.DictReader(["id,name", "1,Jane,surplus"]))
    with pytest.raises(TypeError, match=r"^each name in row\['a'\] .*more fields than the header$"):
        digest_of({"a": row})


def test_row_without_a_digest_has_its_key(session: PokitDokSession) -> None:
    (outcome,) = session.batch(len, [{"id": 1, "value": {1}}], key=lambda row: row["id"])
    assert (outcome.key, outcome.action) == ("1", "fix")
