"""What the parts of a batch do in the cases that a whole batch seldom meets."""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, Outcome, PokitDokSession, Reply, Verdict
from pokitdok_session.api.batch import pool as pool_module
from pokitdok_session.api.batch.control import Control
from pokitdok_session.api.batch.gate import LONGEST_WAIT, PaceGate, backoff
from pokitdok_session.api.batch.pacing import Pace
from pokitdok_session.api.batch.pool import Pool
from pokitdok_session.api.batch.progress import LOG_INTERVAL, Progress
from pokitdok_session.api.batch.row import Row
from pokitdok_session.api.batch.search import NOT_SEARCHED, Searcher
from pokitdok_session.api.batch.sender import Rules, Sender
from pokitdok_session.errors import JournalError, NotFound, RateLimited, RefusedCall
from pokitdok_session.sandbox import Sandbox
from support.batches import row_of
from support.clock import Clock
from support.subprocesses import FORKS_WITH_THREADS, Workers

SINCE = datetime.now(timezone.utc) - timedelta(minutes=1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = Progress(True, total=2)
    progress.add("answered")
    progress.add("fix")
    progress.close()
    assert "2/2" in terminal.getvalue()


def test_progress_on_a_terminal_without_tqdm_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with caplog.at_level(logging.INFO, "pokitdok_session.api.batch"):
        progress = Progress(True, clock=clock)
        progress.add("answered")
        assert caplog.messages == []
        clock.advance(LOG_INTERVAL)
        progress.add("fix")
        progress.add("fix")
        assert caplog.messages == ["2 rows: 1 answered, 1 fix"]
    assert str(Progress(False)) == "0 rows"


def test_pause_ends_with_the_batch() -> None:
    control = Control(10)
    threading.Timer(0.01, control.stop).start()
    assert not control.pause(60)
    assert not control.pause(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is not available")
@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_control_in_a_child_process_is_stopped_and_not_locked() -> None:
    control = Control(10)
    with ThreadPoolExecutor(1) as another:
        another.submit(control._condition.acquire).result()
        with Workers("fork", 1, control) as workers:
            workers.run(Control.stop)
            assert workers.run(Control.wait, 10) == [False]
        another.submit(control._condition.release).result()
    assert control.wait(0)
    control._reset_after_fork()
    assert control.is_stopping


def test_pause_is_not_cut_short_by_a_wake() -> None:
    now = [0.0]
    control = Control(10, clock=lambda: now[0])

    def wait(seconds: float) -> bool:
        now[0] += seconds / 2  # woken half way
        return True

    control.wait = wait  # type: ignore[method-assign]
    assert control.pause(0.001) is True or now[0] > 0


def test_gate_believes_a_rate_limit_that_says_when_it_ends() -> None:
    control, clock = Control(10), Clock()
    pace = Pace(clock)
    gate = PaceGate(pace, control)
    grant = gate.enter()
    assert grant is not None
    error = RateLimited("403")
    error.retry_after, error.is_assumed = 7.0, False
    assert gate.leave_failed(grant, error, Verdict("retry", 7.0, False))
    assert pace.ask() == 7.0


def test_backoff_is_what_the_server_said_within_bounds() -> None:
    assert backoff(1, Verdict("retry", 9.0)) == 9.0
    assert backoff(1, Verdict("retry", 1e6)) == LONGEST_WAIT
    assert 0.25 <= backoff(1, Verdict("retry")) <= 0.5
    assert 1.0 <= backoff(3, Verdict("retry")) <= 2.0
    assert 30 <= backoff(50, Verdict("retry")) <= 60


def test_pool_looks_for_signals_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_LOOK_FOR_SIGNALS", 0.001)
    go_on = threading.Event()

    def process(row: Row) -> Outcome:
        assert go_on.wait(10)
        return Outcome(row.key, row.request)

    pool = Pool(process, 1, Control(10))
    pool.give(Row("A", "d", 1))
    threading.Timer(0.01, go_on.set).start()
    assert pool.take() == Outcome("A", 1)
    pool.join(5)


class Limited(threading.Thread):
    """A thread that the system starts only as often as `left` says."""

    left = tried = 0

    def start(self) -> None:
        Limited.tried += 1
        if Limited.left == 0:
            raise RuntimeError("can't start new thread")
        Limited.left -= 1
        super().start()


def test_pool_goes_on_with_the_threads_that_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", Limited)
    monkeypatch.setattr(Limited, "left", 2)
    monkeypatch.setattr(Limited, "tried", 0)
    pool = Pool(lambda row: Outcome(row.key, row.request), 500, Control(10))
    for number in range(9):
        pool.give(Row(str(number), "d", number))
    taken = [pool.take() for _ in range(9)]
    pool.join(5)
    assert {each.request for each in taken if each} == set(range(9))
    assert (Limited.left, Limited.tried) == (0, 3)


def test_batch_without_a_thread_raises_and_takes_no_row(
    session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "Thread", Limited)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        list(session.batch(lambda row: row, [1, 2]))


def test_search_of_several_threads_is_one() -> None:
    arrived, go_on = threading.Event(), threading.Event()
    searches: list[set[str]] = []

    def find_all(keys: Any, since: datetime) -> Any:
        searches.append(set(keys))
        arrived.set()
        assert go_on.wait(10)
        yield {key: f"reply to {key}" for key in keys}

    control = Control(10)
    searcher = Searcher(find_all, PaceGate(Pace(), control), control)
    replies: dict[str, Any] = {}

    def search(key: str) -> None:
        replies[key] = searcher.find(key, 0.0)

    threads = [threading.Thread(target=search, args=(f"A{number}",)) for number in range(5)]
    threads[0].start()
    assert arrived.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(searcher._wanted) < 4:
        arrived.wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert replies == {f"A{number}": f"reply to A{number}" for number in range(5)}
    assert searches == [{"A0"}, {"A1", "A2", "A3", "A4"}]


def test_search_that_fails_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def find_all(keys: Any, since: datetime) -> Any:
        yield {"A": "reply"}
        raise NotFound("the API answered 404")

    control = Control(10)
    searcher = Searcher(find_all, PaceGate(Pace(), control), control)
    assert searcher.find("B", 0.0) is NOT_SEARCHED
    assert caplog.messages == [
        "the search for rows in doubt failed: NotFound (the API answered 404). They stay unknown,"
        " and a run with the same journal searches again"
    ]


def test_search_ends_with_the_batch(caplog: pytest.LogCaptureFixture) -> None:
    control = Control(10)
    control.stop()
    searcher = Searcher(lambda keys, since: iter([{}]), PaceGate(Pace(), control), control)
    assert searcher.find("A", time.time()) is NOT_SEARCHED
    assert caplog.messages == []


def test_sender_that_stops_while_it_writes_the_journal_sends_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pokitdok_session.api.batch.journal import Journal

    control, calls = Control(10), []
    journal = Journal(path)
    really_write = journal.write_sent

    def write_sent(key: str, digest: str, *details: Any) -> float:
        control.stop()
        return really_write(key, digest, *details)

    monkeypatch.setattr(journal, "write_sent", write_sent)
    sender = Sender(Rules(calls.append), Pace(), control, journal)
    assert sender.process(Row("A", "d", 1)) is None
    journal.close()
    assert calls == []
    assert '"action":"retry"' in path.read_text()


def test_sender_that_stops_before_a_resend_leaves_the_row_in_doubt(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pokitdok_session.api.batch.journal import Journal

    control, calls = Control(10), []
    journal = Journal(path)

    def write_sent(*details: Any) -> float:
        control.stop()
        return 0.0

    monkeypatch.setattr(journal, "write_sent", write_sent)
    sender = Sender(Rules(calls.append, resend_in_doubt=True), Pace(), control, journal)
    outcome = sender.process(Row("A", "d", 1, sent_at=0.0))
    journal.close()
    assert calls == []
    assert outcome is not None
    assert outcome.action == "unknown"
    assert '"action":"retry"' not in path.read_text()


def test_sender_tells_of_a_row_in_doubt_when_the_journal_fails(path: Path) -> None:
    from pokitdok_session.api.batch.journal import Journal

    control, journal = Control(10), Journal(path)

    def call(row: Any) -> None:
        journal._failed(OSError(28, "No space left on device"))
        raise requests.ReadTimeout("lost")

    sender = Sender(Rules(call, resend_in_doubt=True), Pace(), control, journal)
    outcome = sender.process(Row("A", "d", 1))
    journal.close()
    assert outcome is not None
    assert (outcome.action, outcome.attempts) == ("unknown", 1)
    assert isinstance(outcome.error, requests.ReadTimeout)
    assert isinstance(control.cause, JournalError)


def test_sender_that_stops_before_a_retry_leaves_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control(10)

    def call(row: Any) -> None:
        control.stop()
        raise requests.ConnectTimeout("late")

    assert Sender(Rules(call), Pace(), control).process(Row("A", "d", 1)) is None


# The hooks


class Found(APISession):
    """An API that finds one call at a time."""

    def find_sent(self, key: str, since: datetime) -> Reply[Any] | None:
        if key == "refused":
            raise RefusedCall
        return None if key == "missing" else Reply({"data": key})


def test_find_all_sent_of_another_api_asks_for_each_key() -> None:
    session = Found("id", "secret", "https://api.example/token")
    found = list(session.find_all_sent(["refused", "missing", "A"], SINCE))
    assert isinstance(found[0]["refused"], RefusedCall)
    assert found[1:] == [{}, {"A": {"data": "A"}}]


def test_find_sent_of_an_api_without_a_search_is_none() -> None:
    session = APISession("id", "secret", "https://api.example/token")
    assert session.find_sent("A", SINCE) is None
    assert session.mark_request({"a": 1}, "A") == {"a": 1}


@pytest.mark.parametrize(
    "request_",
    ["ISA*00*", b"ISA", {"x12": "ISA*00*"}, {"application_data": "text"}, {"application_data": []}],
    ids=str,
)
def test_mark_request_leaves_what_has_no_place_for_a_key(
    session: PokitDokSession, request_: Any
) -> None:
    assert session.mark_request(request_, "A") is request_


def test_mark_request_adds_application_data_where_there_is_none(session: PokitDokSession) -> None:
    assert session.mark_request({"a": 1}, "A") == {"a": 1, "application_data": {"batch_key": "A"}}


def marked(session: PokitDokSession, key: str, **changes: Any) -> Any:
    return session.mark_request(row_of(0, **changes), key)


def test_find_sent_reads_pages_until_it_finds_the_key(
    session: PokitDokSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokitdok_session.pokitdok.sent_calls._PAGE", 3)
    first = session.eligibility(marked(session, "A"))
    for number in range(8):
        session.eligibility(marked(session, f"B{number}"))
    found = session.find_sent("A", SINCE)
    assert found is not None
    assert found.activity_id == first.activity_id
    assert found.data == first.data
    read = len(sandbox.received("/activities/"))
    assert read > 1
    assert session.find_sent("A", datetime.now(timezone.utc) + timedelta(minutes=5)) is None
    assert len(sandbox.received("/activities/")) == read + 1  # the first page is too old
    assert session.find_sent("missing", SINCE) is None


def test_find_sent_of_a_call_without_a_result_is_its_activity(session: PokitDokSession) -> None:
    sent = session.eligibility(marked(session, "A", **{"async": True}))
    found = session.find_sent("A", SINCE)
    assert found is not None
    assert found.data["id"] == sent.data["id"]
    assert found.data["application_data"]["batch_key"] == "A"


def test_find_sent_of_a_refused_call_raises(session: PokitDokSession) -> None:
    with pytest.raises(requests.HTTPError):
        session.eligibility(marked(session, "A", provider={"npi": "3"}))
    with pytest.raises(RefusedCall) as refused:
        session.find_sent("A", SINCE)
    assert refused.value.activity_id


def test_find_sent_survives_activities_of_another_form(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    odd = [7, {}, {"created_date": "soon", "application_data": "text", "state": "failed"}]
    found = {"application_data": {"batch_key": "A"}, "id": 7, "state": "failed"}
    sandbox.fail("/activities/", status=200, body={"meta": {}, "data": [*odd, found]})
    with pytest.raises(RefusedCall) as refused:
        session.find_sent("A", SINCE)
    assert refused.value.activity_id is None
