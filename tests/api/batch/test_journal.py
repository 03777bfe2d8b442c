"""The journal on disk: two records per row, one writer, and what a kill or a full disk leaves."""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.api.batch import journal as journal_module
from pokitdok_session.api.batch.errors import JournalError
from pokitdok_session.api.batch.journal import Journal
from support.clock import Clock
from support.subprocesses import Workers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tonight.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def records(path: Path) -> list[dict[str, Any]]:
    journal = Journal(path)
    try:
        return [record for _, record in journal.records()]
    finally:
        journal.close()


def test_journal_of_a_row_has_two_records(path: Path) -> None:
    journal = Journal(path, clock=Clock(1764093000.25))
    assert journal.write_sent("A-17", "5f0c") == 1764093000.25
    journal.write_done("A-17", "answered", 1, reply={"data": {"active": True}})
    journal.close()
    assert lines(path) == [
        {"sent": "A-17", "digest": "5f0c", "at": 1764093000.25},
        {
            "done": "A-17",
            "action": "answered",
            "attempts": 1,
            "at": 1764093000.25,
            "reply": {"data": {"active": True}},
        },
    ]


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


def test_journal_syncs_the_record_before_write_sent_returns(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: on_disk.append(path.read_bytes()))
    journal = Journal(path)
    on_disk.clear()  # of the folder
    journal.write_sent("A", "d")
    assert len(on_disk) == 1
    assert b'"sent":"A"' in on_disk[0]
    journal.write_done("A", "answered", 1)
    assert len(on_disk) == 1
    journal.close()
    assert len(on_disk) == 2


def test_journal_shares_one_fsync_between_rows_that_are_ready_together(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    first_sync, go_on, syncs = threading.Event(), threading.Event(), []

    def fsync(descriptor: int) -> None:
        syncs.append(descriptor)
        first_sync.set()
        assert go_on.wait(10)

    monkeypatch.setattr(os, "fsync", fsync)
    threads = [
        threading.Thread(target=journal.write_sent, args=(str(number), "d")) for number in range(9)
    ]
    threads[0].start()
    assert first_sync.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(lines(path)) < 9:  # written, and waiting for the disk
        first_sync.wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)
    journal.close()
    assert len(syncs) == 2


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
    assert [record["sent"] for record in lines(path)] == ["A", "B"]


def test_journal_that_is_one_torn_line_is_empty(path: Path) -> None:
    path.write_bytes(b'{"sent":"A"')
    assert records(path) == []
    assert path.read_bytes() == b""


@pytest.mark.parametrize("line", [b'{"trading_partner_id": "X"}', b"[1]", b"key,name", b"\xff"])
def test_journal_of_another_kind_is_refused(path: Path, line: bytes) -> None:
    path.write_bytes(line + b"\n")
    with pytest.raises(JournalError, match=r"is not a journal: the line at byte 0 .*must name"):
        records(path)
    assert path.read_bytes() == line + b"\n"


def open_journal(path: Path) -> str:
    """Open the journal in another process, which keeps it."""
    _open_there.append(Journal(path))
    return "open"


_open_there: list[Journal] = []


def test_journal_is_refused_until_the_process_that_has_it_is_killed(path: Path) -> None:
    with Workers("spawn", 1, path) as workers:
        assert workers.run(open_journal) == ["open"]
        with pytest.raises(JournalError, match="in use by another process"):
            Journal(path)
        workers.kill(0)
        Journal(path).close()


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 4 KiB, as on a disk that is full then."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
def test_journal_on_a_full_disk_raises_and_writes_nothing_more(path: Path) -> None:
    journal = Journal(path)
    written = 0

    def write_until_full() -> None:
        nonlocal written
        for written in itertools.count():
            journal.write_sent(str(written), "d" * 32)

    with pytest.raises(JournalError, match=r"could not be written \(.+\): nothing further is sent"):
        write_until_full()
    size = path.stat().st_size
    assert size == 4096  # the last line is torn
    with pytest.raises(JournalError):
        journal.write_done("0", "answered", 1)
    with pytest.raises(JournalError):
        journal.write_sent("x", "d")
    journal.close()
    assert path.stat().st_size == size
    assert [record["sent"] for record in records(path)] == [
        str(number) for number in range(written)
    ]


def test_journal_after_a_failed_fsync_raises(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path)

    def fsync(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    for _ in range(2):
        with pytest.raises(JournalError, match="Input/output error"):
            journal.write_sent("A", "d")
    journal.close()


def test_journal_that_failed_for_one_thread_fails_for_those_that_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    number = journal._write({"sent": "A"})
    monkeypatch.setattr(journal, "_failure", OSError(5, "Input/output error"))
    with pytest.raises(JournalError):
        journal._sync(number)
    journal.close()


def test_journal_that_is_closed_refuses_to_write(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        journal.write_done("A", "answered", 1)


def test_journal_without_replies_holds_none(path: Path) -> None:
    journal = Journal(path, keep_replies=False, clock=lambda: 5.0)
    journal.write_done("A", "answered", 1, reply={"data": "health"})
    journal.close()
    assert lines(path) == [{"done": "A", "action": "answered", "attempts": 1, "at": 5.0}]


def test_journal_writes_null_for_a_reply_that_is_not_json(path: Path) -> None:
    journal = Journal(path)
    journal.write_done("A", "answered", 1, reply={"x": object()})
    journal.close()
    assert lines(path)[0]["reply"] is None


def test_journal_reads_a_record_by_its_offset(path: Path) -> None:
    journal = Journal(path)
    journal.write_sent("A", "d")
    journal.write_done("A", "fix", 2, error={"type": "ValueError"})
    journal.close()
    journal = Journal(path)
    offsets = [offset for offset, _ in journal.records()]
    assert journal.read(offsets[1])["error"] == {"type": "ValueError"}
    journal.close()


def test_journal_in_a_folder_that_is_missing_raises_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "missing" / "j.jsonl")


def test_journal_is_closed_if_it_cannot_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> int:
        raise OSError("cannot seek")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "_cut_torn_line", broken)
        with pytest.raises(OSError, match="cannot seek"):
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


def test_journal_without_modes_of_files_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "fchmod")
    Journal(path).close()
    assert path.exists()
