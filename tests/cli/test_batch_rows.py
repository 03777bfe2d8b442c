"""``python -m pokitdok_session batch``: what stands in the file of rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from pokitdok_session.cli import batch
from pokitdok_session.cli.rows import FileError, Rows
from pokitdok_session.sandbox import Sandbox
from support.batches import ELIGIBILITY, appointments, row_of
from support.commands import KEY, Command, last_line

ROW = json.dumps(row_of(0))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"5", "a number"),
        (b"0.5", "a number"),
        (b"null", "null"),
        (b"true", "true or false"),
        (b"[1]", "an array"),
        (b'{"secret" 1}', "what is not JSON: Expecting ':' delimiter in column 11"),
        (b"[" * 100_000, "what is not JSON"),
        (b"9" * 5_000, "a number" if sys.version_info < (3, 10, 7) else "what is not JSON"),
        (b'{"name": "\xe9"}', "bytes that are not UTF-8"),
    ],
    ids=range(9),
)
def test_batch_command_says_what_a_line_is_instead_of_a_row(
    command: Command, sandbox: Sandbox, line: bytes, what: str
) -> None:
    command.rows.write_bytes(line + b"\n" + ROW.encode())
    assert command.run(*KEY).returncode == 3
    wrong = next(outcome for outcome in command.outcomes if outcome["line"] == 1)
    expected = "a line must be a JSON object, or an X12 interchange as a string, got "
    assert wrong["error"]["text"] == expected + what
    assert appointments(sandbox) == {"A0": 1}


@pytest.mark.parametrize("begin", ["", "\ufeff"], ids=["plain", "with a mark"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"], ids=repr)
def test_batch_command_reads_what_editors_write(command: Command, begin: str, end: str) -> None:
    command.rows.write_bytes(f"{begin}{ROW}{end}".encode())
    assert command.run(*KEY).returncode == 0
    assert [outcome["key"] for outcome in command.outcomes] == ["A0"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_batch_command_refuses_rows_in_utf_16(
    command: Command, sandbox: Sandbox, encoding: str
) -> None:
    command.rows.write_bytes(f"{ROW}\n{ROW}\n".encode(encoding))
    command.output.write_text("of an earlier run\n")
    ended = command.run(*KEY)
    assert ended.returncode == 2
    assert "ROWS must be JSON Lines in UTF-8, got UTF-16" in last_line(ended)
    assert sandbox.received(ELIGIBILITY) == []
    assert command.output.read_text() == "of an earlier run\n"


@pytest.mark.parametrize(
    "words",
    [("batch", "eligibility", "-", "--output", "o"), ("call", "POST", "/x/", "--data", "-")],
    ids=["batch", "call"],
)
def test_command_without_standard_input_has_status_2(
    command: Command, words: tuple[str, ...]
) -> None:
    ended = command.run_words(*words, stdin=None)
    assert ended.returncode == 2
    assert "cannot be read: standard input is closed" in ended.stderr


def broken_after(*lines: bytes) -> Iterator[bytes]:
    yield from lines
    raise OSError(5, "Input/output error")


def test_rows_that_cannot_be_read_further_raise_what_to_do() -> None:
    rows = Rows(broken_after(b"{}\n"), "rows.jsonl", on_unreadable=print)
    with pytest.raises(FileError, match=r"^ROWS could not be read further: rows.jsonl: Input"):
        list(rows)
    assert rows.line == 1


def test_batch_command_with_rows_that_end_in_an_error_has_status_5(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.write(row_of(0))
    lines = [json.dumps(row_of(number)).encode() for number in range(3)]
    read = Rows._read

    def broken(rows: Rows) -> Iterator[bytes]:
        rows._lines = broken_after(*lines)
        return read(rows)

    monkeypatch.setattr(Rows, "_read", broken)
    ended = command.run(*KEY)
    assert ended.returncode == 5
    assert last_line(ended).startswith("3 rows: 3 answered. Stopped: ROWS could not be read furth")
    assert command.actions == {"answered": 3}


def test_batch_command_without_standard_error_goes_on(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.write(row_of(0))
    monkeypatch.setattr(sys, "stderr", None)
    assert command.run().returncode == 0
    assert command.actions == {"answered": 1}


def test_batch_command_keeps_its_status_if_standard_error_is_full(command: Command) -> None:
    command.rows.write_text("5\n")
    with open("/dev/full", "w") as full:
        assert command.run_alone(*command.words(), stderr=full) == 3


def test_batch_command_interrupted_before_its_first_row_has_status_5(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    command.write(row_of(0))
    monkeypatch.setattr(batch, "open_session", interrupt)
    ended = command.run()
    assert (ended.returncode, ended.stderr) == (
        5,
        "Interrupted: run the same command again to go on.\n",
    )
