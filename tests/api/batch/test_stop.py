"""How a batch ends early: a stop, too many rows in doubt, a full disk, a loop that is left."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import Outcome, PokitDokSession
from pokitdok_session.api.batch import engine
from pokitdok_session.api.batch.journal import Journal
from pokitdok_session.api.batch.pacing import Pace
from pokitdok_session.errors import (
    BatchStopped,
    JournalError,
    PaymentRequired,
    RateLimited,
    ServerError,
)
from pokitdok_session.sandbox import Sandbox
from support.batches import (
    ELIGIBILITY,
    Run,
    actions,
    appointments,
    key_of,
    records,
    response_of,
    rows_of,
)
from support.subprocesses import run_script, wait_until
from support.threads import TEST_TIMEOUT


def read(batch: Iterator[Outcome]) -> tuple[list[Outcome], BatchStopped | None]:
    """Return the outcomes, and what ended them."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(batch)
    except BatchStopped as stopped:
        return outcomes, stopped
    return outcomes, None


def leave_all(counts: object = None) -> None:
    """Do what the interpreter does when the program has ended."""
    engine._leave_all()


class BlockingCall:
    """A call that waits until it is let go; `arrived` counts those that do."""

    def __init__(self, call: Callable[[Any], Any] = lambda row: row) -> None:
        self.arrived = threading.Semaphore(0)
        self.released = threading.Event()
        self._call = call

    def __call__(self, row: Any) -> Any:
        self.arrived.release()
        assert self.released.wait(TEST_TIMEOUT)
        return self._call(row)

    def wait_for(self, number: int) -> None:
        for _ in range(number):
            assert self.arrived.acquire(timeout=TEST_TIMEOUT)


def test_batch_stops_at_the_first_verdict_that_says_so(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    sandbox._app.credits = 5
    rows = iter(rows_of(100))
    batch = session.batch(session.eligibility, rows, key=key_of, journal=path, threads=4)
    outcomes, stopped = read(batch)
    assert stopped is not None
    assert isinstance(stopped.__cause__, PaymentRequired)
    assert str(stopped).startswith(
        f"the batch was stopped by PaymentRequired ({stopped.__cause__}). Nothing further"
    )
    done = list(actions(outcomes).values())
    assert done.count("answered") == 5
    assert 1 <= done.count("stop") <= 4
    assert len(outcomes) == len(done) == sum(appointments(sandbox).values())
    assert next(rows)  # not all were read


def test_batch_without_a_journal_that_stops_says_what_to_leave_out(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    sandbox.fail(ELIGIBILITY, status=402, body={"message": "Payment Required"}, times=None)
    for journal, advice in (
        (None, "without the rows whose action is answered, fix or"),
        (path, "Run the same batch"),
    ):
        batch = session.batch(session.eligibility, rows_of(1), key=key_of, journal=journal)
        _, stopped = read(batch)
        assert advice in str(stopped)


def test_batch_that_was_stopped_goes_on_when_the_cause_is_gone(
    session: PokitDokSession, sandbox: Sandbox, path: Path, run: Run
) -> None:
    sandbox._app.credits = 5
    read(session.batch(session.eligibility, rows_of(20), key=key_of, journal=path))
    sandbox._app.credits = None
    assert set(actions(run(rows_of(20))).values()) == {"answered"}
    assert len(appointments(sandbox)) == 20


def test_batch_that_stops_lets_the_calls_in_flight_finish(
    session: PokitDokSession, path: Path
) -> None:
    held = BlockingCall()

    def call(row: int) -> Any:
        if row == 0:
            held.wait_for(3)
            threading.Timer(0.2, held.released.set).start()
            raise PaymentRequired("402", response=response_of(402))
        return held(row)

    batch = session.batch(call, range(100), key=int, journal=path, threads=4, pace=Pace())
    outcomes, stopped = read(batch)
    assert stopped is not None
    assert actions(outcomes) == {"0": "stop", **{str(n): "answered" for n in (1, 2, 3)}}


def test_batch_gives_up_after_ten_rows_in_doubt_in_a_row(
    session: PokitDokSession, path: Path
) -> None:
    def call(row: int) -> Any:
        if row % 12 == 5:
            return row
        raise ServerError("502", response=response_of(502))

    outcomes, stopped = read(session.batch(call, range(100), key=int, journal=path, threads=1))
    assert stopped is not None
    assert isinstance(stopped.__cause__, ServerError)
    assert list(actions(outcomes).values()) == ["unknown"] * 5 + ["answered"] + ["unknown"] * 10


def test_batch_gives_up_when_nothing_can_be_reached(session: PokitDokSession, path: Path) -> None:
    def call(row: int) -> Any:
        raise requests.ConnectTimeout("late")

    batch = session.batch(call, range(100), key=int, journal=path, threads=2, give_up_after=3)
    outcomes, stopped = read(batch)
    assert stopped is not None
    assert isinstance(stopped.__cause__, requests.ConnectTimeout)
    assert set(actions(outcomes).values()) == {"retry"}
    assert {outcome.attempts for outcome in outcomes} == {10}


def test_batch_stops_before_the_next_request_when_the_disk_is_full(
    session: PokitDokSession, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    really_append = Journal._append

    def append(self: Journal, record: dict[str, Any]) -> int:
        if len(calls) >= 5:
            raise self._failed(OSError(28, "No space left on device"))
        return really_append(self, record)

    monkeypatch.setattr(Journal, "_append", append)

    def call(row: int) -> int:
        calls.append(row)
        return row

    outcomes, stopped = read(session.batch(call, range(100), key=int, journal=path, threads=1))
    assert stopped is not None
    assert isinstance(stopped.__cause__, JournalError)
    assert calls == [0, 1, 2, 3, 4]
    assert [outcome.key for outcome in outcomes] == ["0", "1", "2", "3", "4"]


# Leaving the loop


def leave(session: PokitDokSession, how: str, path: Path, call: Any, **options: Any) -> float:
    """Read one outcome, then leave the loop; return the seconds that it took."""

    class Stop(Exception):
        pass

    started = 0.0
    try:
        for _ in session.batch(call, range(100), key=int, journal=path, **options):
            started = time.monotonic()
            if how == "break":
                break
            raise KeyboardInterrupt if how == "Ctrl-C" else Stop
    except (Stop, KeyboardInterrupt):
        pass
    return time.monotonic() - started


@pytest.mark.parametrize("how", ["break", "exception", "Ctrl-C"])
def test_batch_that_is_left_finishes_the_calls_in_flight(
    session: PokitDokSession, path: Path, how: str
) -> None:
    held = BlockingCall()

    def call(row: int) -> Any:
        if row == 0:
            held.wait_for(3)
            threading.Timer(0.1, held.released.set).start()
            return row
        return held(row)

    assert leave(session, how, path, call, threads=4, pace=Pace()) < 2
    noted = records(path)
    sent = {record["sent"] for record in noted if "sent" in record}
    assert sent >= {"0", "1", "2", "3"}
    assert {record["done"] for record in noted if "done" in record} == sent


@pytest.mark.parametrize("how", ["break", "exception", "Ctrl-C"])
def test_batch_left_while_all_wait_for_the_rate_limit_ends(
    session: PokitDokSession, path: Path, how: str
) -> None:
    calls: list[int] = []

    def call(row: int) -> Any:
        calls.append(row)
        if row:
            error = RateLimited("403", response=response_of(403))
            error.retry_after, error.is_assumed = 60.0, False
            raise error
        return row

    assert leave(session, how, path, call, threads=8) < 2
    sent = len(calls)
    assert {record["action"] for record in records(path) if "done" in record} <= {
        "answered",
        "retry",
    }
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("batch-")])
    assert len(calls) == sent


def test_batch_that_is_left_does_not_wait_for_a_call_that_takes_longer(
    session: PokitDokSession, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LEAVE_WITHIN", 0.05)
    held = BlockingCall()

    def call(row: int) -> Any:
        if row:
            return held(row)
        return held.wait_for(1)

    assert leave(session, "break", path, call, threads=2, pace=Pace()) < 2
    held.released.set()
    done = {record["done"] for record in records(path) if "done" in record}
    assert "1" not in done  # it is in doubt


def test_batch_that_is_not_read_to_its_end_lets_the_program_end(
    session: PokitDokSession, path: Path
) -> None:
    code = (
        "import os, pickle, sys, time\n"
        "os.fsync = lambda descriptor: time.sleep(0.2)\n"  # a thread is there at the end
        "session = pickle.load(sys.stdin.buffer)\n"
        f"batch = session.batch(str, range(1000), key=int, journal={str(path)!r})\n"
        "print(next(batch).action)\n"  # the batch lasts as long as its variable
    )
    assert run_script(code, session) == "answered\n"
    noted = records(path)
    assert {each["sent"] for each in noted if "sent" in each} == {
        each["done"] for each in noted if "done" in each
    }


def test_batches_are_left_at_the_end_of_the_program_except_one_being_read(
    session: PokitDokSession,
) -> None:
    left, read = (session.batch(str, range(100), progress=each) for each in (False, leave_all))
    next(left)
    assert next(read).action == "answered"
    assert [len(list(batch)) for batch in (left, read)] == [0, 99]


def test_batch_passes_on_what_ends_a_thread(session: PokitDokSession, path: Path) -> None:
    def call(row: int) -> Any:
        raise SystemExit(3)

    with pytest.raises(SystemExit, match="3"):
        list(session.batch(call, range(9), key=int, journal=path, threads=2))


def test_batch_with_progress_logs_a_line_without_a_terminal(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "pokitdok_session.api.batch"):
        run(rows_of(3), progress=True)
    assert [record.getMessage() for record in caplog.records] == ["3 rows: 3 answered"]


def test_batch_tells_a_callable_the_counts(run: Run, sandbox: Sandbox) -> None:
    told: list[dict[str, int]] = []
    sandbox.fail(ELIGIBILITY, status=422)
    run(rows_of(3), progress=told.append, threads=1)
    assert told == [{"fix": 1}, {"fix": 1, "answered": 1}, {"fix": 1, "answered": 2}]
