"""The file of a journal: private, one writer, cut where it is torn, and never another file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.api.batch import journal_file
from pokitdok_session.api.batch.errors import JournalError
from pokitdok_session.api.batch.index import Index
from pokitdok_session.api.batch.journal import Journal
from support.batches import records
from support.subprocesses import FORKS_WITH_THREADS, Workers


def test_journal_is_private_when_it_is_new(path: Path) -> None:
    before = os.umask(0)
    try:
        Journal(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_journal_that_was_open_to_others_is_made_private(path: Path) -> None:
    path.touch(0o644)
    Journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("torn", [b'{"sent":"B","dig', b"\0" * 5000, b"{", b"x" * 200_000])
def test_journal_cuts_off_a_torn_last_line(path: Path, torn: bytes) -> None:
    journal = Journal(path)
    journal.write_sent("A", "d")
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    journal = Journal(path)
    assert path.read_bytes() == whole
    journal.write_sent("B", "d")
    journal.close()
    assert [record["sent"] for record in records(path)] == ["A", "B"]


@pytest.mark.parametrize("torn", [b"{", b'{"sent":"A"', b'{"journal":1,"ca', b"\0" * 5000])
def test_journal_that_is_one_torn_line_is_empty(path: Path, torn: bytes) -> None:
    path.write_bytes(torn)
    Journal(path).close()
    assert path.read_bytes() == b""


FOREIGN = {
    "rows": b'{"trading_partner_id": "X"}\n',
    "a list": b"[1]\n",
    "CSV": b"key,name\n",
    "not UTF-8": b"\xff\n",
    "a record without its members": b'{"sent": "A"}\n',
    "rows with a torn end": b'{"trading_partner_id": "X"}\n{"trading',
    "one line without an end": b'{"trading_partner_id": "X"}',
    "a name that begins alike": b'{"sentence": "X"}',
    "one long line": b"x" * 200_000,
    "zeros": b"\0" * 200_000,
    "UTF-16": '{"sent": "A", "digest": "d", "at": 1}\n'.encode("utf-16"),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_journal_of_another_kind_is_refused_and_as_it_was(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(JournalError, match=r"is not a journal: the line at byte 0 .*must name"):
        Journal(path)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_journal_with_a_line_of_another_kind_is_refused(path: Path) -> None:
    first = b'{"journal": 1, "call": "eligibility"}\n'
    path.write_bytes(first + b'{"trading_partner_id": "X"}\n')
    journal = Journal(path)
    text = rf"damaged: the line at byte {len(first)} .*Restore .*every row is sent again$"
    with pytest.raises(JournalError, match=text):
        Index(journal)
    journal.close()


def open_journal(path: Path) -> str:
    """Open the journal in another process, which keeps it."""
    _open_there.append(Journal(path))
    return "open"


_open_there: list[Journal] = []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is not available")
@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_journal_is_not_locked_by_a_child_process_that_lives_on(path: Path) -> None:
    closed = Journal(path.with_name("closed"))
    closed.close()
    journal = Journal(path)
    with journal._sync_done, Workers("fork", 1, journal) as workers:
        workers.run(Journal.close)  # although a thread of the parent had its lock
        journal.write_done("A", "retry", 1)
        journal._close()
        Journal(path).close()
        assert len(records(path)) == 1


def test_journal_in_a_child_process_is_closed(path: Path) -> None:
    journal = Journal(path)
    for _ in range(2):  # a child may fork too
        journal._reset_after_fork()
    with pytest.raises(JournalError, match="is closed"):
        journal.write_done("A", "retry", 1)
    journal.close()
    journal._reader.close()


def test_journal_is_refused_until_the_process_that_has_it_is_killed(path: Path) -> None:
    Journal(path).close()  # this process had it before
    with Workers("spawn", 1, path) as workers:
        assert workers.run(open_journal) == ["open"]
        with pytest.raises(JournalError, match="in use by another process"):
            Journal(path)
        workers.kill(0)
        Journal(path).close()


def test_journal_in_use_by_the_same_process_is_refused(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(JournalError, match=r"in use by another batch of this process\. Read that"):
        Journal(path)
    journal.close()
    Journal(path).close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/j.jsonl", "No such file or directory"),
        (".", "Is a directory"),
        ("file/j.jsonl", "Not a directory"),
    ],
)
def test_journal_at_an_impossible_path_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError) as refused:
        Journal(tmp_path / name)
    assert str(refused.value) == (
        f"the journal {tmp_path / name} cannot be opened ({reason}):"
        " journal must name a file that can be written, in a folder that exists"
    )
    assert isinstance(refused.value.__cause__, OSError)


def test_journal_is_closed_if_it_cannot_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> int:
        raise OSError("cannot seek")

    with monkeypatch.context() as patch:
        patch.setattr(journal_file, "_cut_torn_line", broken)
        with pytest.raises(JournalError, match="cannot seek"):
            Journal(path)
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", broken)
        with pytest.raises(TypeError):
            Journal(path)
    Journal(path).close()  # the lock is free


def test_journal_in_a_folder_that_cannot_be_opened_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = os.open

    def no_folder(name: Any, *args: Any) -> int:
        if os.path.isdir(name):
            raise PermissionError(name)
        return really_open(name, *args)

    monkeypatch.setattr(os, "open", no_folder)
    Journal(path).close()
    assert path.exists()


def test_journal_in_a_folder_that_cannot_be_synced_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    Journal(path).close()
    assert path.exists()


def test_journal_without_modes_of_files_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fchmod")
    Journal(path).close()
    assert path.exists()
