"""What a journal holds: the call, two records per row, and nothing after a failure."""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pokitdok_session.api.batch.errors import JournalError
from pokitdok_session.api.batch.journal import GROUP_WAIT, Journal
from support.batches import records
from support.clock import Clock


def test_journal_of_a_row_has_two_records(path: Path) -> None:
    journal = Journal(path, clock=Clock(1764093000.25))
    assert journal.write_sent("A-17", "5f0c") == 1764093000.25
    journal.write_done("A-17", "answered", 1, reply={"reply": {"data": {"active": True}}})
    journal.close()
    assert records(path) == [
        {"sent": "A-17", "digest": "5f0c", "at": 1764093000.25},
        {
            "done": "A-17",
            "action": "answered",
            "attempts": 1,
            "at": 1764093000.25,
            "reply": {"data": {"active": True}},
        },
    ]


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
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    threads = [
        threading.Thread(target=journal.write_sent, args=(str(number), "d")) for number in range(9)
    ]
    threads[0].start()
    assert first_sync.wait(10)
    for thread in threads[1:]:
        thread.start()
    while journal._waiting < 8:  # for the disk
        first_sync.wait(0.001)
    assert len(records(path)) == 1
    go_on.set()
    for thread in threads:
        thread.join(10)
    journal.close()
    assert len(syncs) == 2
    assert waits == [GROUP_WAIT]  # the first one came alone


def test_journal_is_closed_after_the_fsync_in_progress(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    syncing, go_on, syncs = threading.Event(), threading.Event(), []

    def fsync(descriptor: int) -> None:
        syncs.append(descriptor)
        syncing.set()
        assert go_on.wait(10)
        os.fstat(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    writer = threading.Thread(target=journal.write_sent, args=("A", "d"))
    writer.start()
    assert syncing.wait(10)
    closer = threading.Thread(target=journal.close)
    closer.start()
    closer.join(0.01)
    assert closer.is_alive()
    go_on.set()
    for thread in (writer, closer):
        thread.join(10)
        assert not thread.is_alive()
    assert len(syncs) == 1  # nothing was left to write
    assert [record["sent"] for record in records(path)] == ["A"]


def test_journal_line_is_written_by_the_thread_that_writes_already(path: Path) -> None:
    journal = Journal(path)
    with journal._write_lock:  # as a thread that is writing
        journal.write_done("A", "answered", 1)
        assert records(path) == []
    journal.write_done("B", "answered", 1)
    assert [record["done"] for record in records(path)] == ["A", "B"]
    journal.close()


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
    Journal(path).close()
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
    number = journal._append({"sent": "A"})
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


def test_journal_names_the_call_in_its_first_line(path: Path) -> None:
    for key in "AB":
        journal = Journal(path, call="eligibility")
        journal.write_done(key, "answered", 1)
        journal.close()
    first, *others = map(json.loads, path.read_text().splitlines())
    assert first == {"journal": 1, "call": "eligibility"}
    assert [each["done"] for each in others] == ["A", "B"]


def test_journal_of_another_call_is_refused(path: Path) -> None:
    journal = Journal(path, call="eligibility")
    journal.write_sent("A", "d")
    journal.close()
    before = path.read_bytes()
    with pytest.raises(JournalError) as refused:
        Journal(path, call="claims")
    assert str(refused.value) == (
        f"the journal {path} is that of another batch: it was written for eligibility, and this"
        " batch calls claims. Nothing was sent. Give this batch a journal of its own. If you"
        " renamed the function only, restore its name: with another journal every row is sent again"
    )
    assert path.read_bytes() == before
    Journal(path).close()  # the lock is free, and a call without a name is accepted


def test_journal_without_a_first_line_is_accepted(path: Path) -> None:
    journal = Journal(path)
    journal.write_sent("A", "d")
    journal.close()
    Journal(path, call="eligibility").close()


def test_journal_that_cannot_be_synced_at_its_end_is_logged(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    journal = Journal(path)
    journal.write_done("A", "fix", 1)
    monkeypatch.setattr("os.fsync", fail)
    journal.close()
    assert caplog.messages == [
        f"the journal {path} could not be written to disk: Input/output error"
    ]
    Journal(path).close()


def test_journal_refuses_a_reply_that_is_not_json(path: Path) -> None:
    journal = Journal(path)
    with pytest.raises(TypeError):
        journal.write_done("A", "answered", 1, reply={"reply": object()})
    journal.close()
    assert path.read_bytes() == b""


def test_journal_reads_a_record_by_its_offset(path: Path) -> None:
    journal = Journal(path)
    journal.write_sent("A", "d")
    journal.write_done("A", "fix", 2, error={"type": "ValueError"})
    journal.close()
    journal = Journal(path)
    offsets = [offset for offset, _ in journal.records()]
    assert journal.read(offsets[1])["error"] == {"type": "ValueError"}
    journal.close()
