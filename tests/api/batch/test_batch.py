"""What a batch yields: the outcome of each row, with as many calls in flight as threads."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, Outcome, PokitDokSession, Reply
from pokitdok_session.api.batch import engine
from pokitdok_session.api.batch.pacing import Pace
from pokitdok_session.api.batch.pool import Pool
from pokitdok_session.errors import ServerError, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.batches import (
    ELIGIBILITY,
    NoWait,
    Run,
    actions,
    appointments,
    key_of,
    records,
    response_of,
    row_of,
    rows_of,
)
from support.http_server import ScriptedResponse, ScriptedServer
from support.subprocesses import wait_until
from support.threads import TEST_TIMEOUT


def test_batch_yields_an_outcome_per_row(run: Run, sandbox: Sandbox) -> None:
    rows = rows_of(9)
    outcomes = run(rows)
    assert sorted(outcome.key for outcome in outcomes) == [f"A{number}" for number in range(9)]
    for outcome in outcomes:
        assert outcome.request in rows
        assert isinstance(outcome.reply, Reply)
        assert outcome.reply.data["valid_request"] is True
        assert (outcome.error, outcome.verdict, outcome.attempts) == (None, None, 1)
        assert outcome.action == "answered"
    assert set(appointments(sandbox).values()) == {1}


def test_batch_reads_no_row_and_opens_no_journal_before_it_is_read(
    session: PokitDokSession, path: Path
) -> None:
    session.batch(session.eligibility, iter(rows_of(1)), journal=path)
    assert not path.exists()


def test_batch_yields_a_wrong_row_with_its_error(run: Run) -> None:
    rows = [row_of(0), row_of(1, provider={"npi": "3"}), row_of(2, trading_partner_id="NOPE")]
    outcomes = {outcome.key: outcome for outcome in run(rows)}
    assert actions(outcomes.values()) == {"A0": "answered", "A1": "fix", "A2": "fix"}
    assert isinstance(outcomes["A1"].error, ValidationError)
    assert outcomes["A1"].error.errors == {
        "provider.npi": outcomes["A1"].error.errors["provider.npi"]
    }
    assert outcomes["A1"].reply is None


def test_batch_yields_a_row_that_the_method_refuses_as_fix(
    session: PokitDokSession, path: Path
) -> None:
    (outcome,) = session.batch(session.eligibility, ["no interchange"], journal=path)
    assert outcome.action == "fix"
    assert isinstance(outcome.error, ValueError)


def test_batch_keeps_no_more_calls_in_flight_than_threads(
    session: PokitDokSession, path: Path
) -> None:
    together = threading.Barrier(3)  # broken unless three calls are in flight
    lock, now, most, read = threading.Lock(), [0], [0], [0]

    def call(row: int) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(TEST_TIMEOUT)
        with lock:
            now[0] -= 1
        return row

    def rows() -> Iterator[int]:
        for number in range(99):
            read[0] += 1
            yield number

    options: dict[str, Any] = {"key": int, "journal": path, "threads": 3, "pace": Pace()}
    for done, _ in enumerate(session.batch(call, rows(), **options)):
        assert read[0] <= done + 1 + 2 * 3
    assert most[0] == 3


def test_batch_yields_an_outcome_before_it_reads_the_next_row(
    session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools: list[Pool] = []
    seen: list[str] = []

    class KnownPool(Pool):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            pools.append(self)

    monkeypatch.setattr(engine, "Pool", KnownPool)

    def rows() -> Iterator[int]:
        yield 0
        wait_until(lambda: seen or pools[0].has_result)
        yield 1
        assert seen == ["0"]
        yield 2

    for outcome in session.batch(lambda row: row, rows(), key=int, threads=1, pace=Pace()):
        seen.append(outcome.key)
    assert seen == ["0", "1", "2"]


def test_batch_without_a_journal_works(session: PokitDokSession) -> None:
    outcomes = session.batch(session.eligibility, rows_of(3), key=key_of)
    assert set(actions(outcomes).values()) == {"answered"}


def test_batch_without_a_key_names_a_row_by_its_content(
    session: PokitDokSession, path: Path, sandbox: Sandbox
) -> None:
    rows = [row_of(0), row_of(1), row_of(0)]
    first = list(session.batch(session.eligibility, rows, journal=path))
    assert len({outcome.key for outcome in first}) == 3
    again = list(session.batch(session.eligibility, rows, journal=path))
    assert {outcome.key for outcome in again} == {outcome.key for outcome in first}
    assert appointments(sandbox) == {"A0": 2, "A1": 1}


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (lambda row: row["missing"], KeyError),
        (lambda row: None, TypeError),
        (lambda row: "same", ValueError),
    ],
    ids=["raises", "None", "twice"],
)
def test_batch_yields_a_row_without_a_key_of_its_own_as_fix(
    run: Run, sandbox: Sandbox, key: Any, kind: type[Exception]
) -> None:
    outcomes = run(rows_of(2), key=key)
    wrong = [outcome for outcome in outcomes if outcome.action == "fix"]
    assert wrong
    assert all(isinstance(outcome.error, kind) for outcome in wrong)
    assert len(appointments(sandbox)) == len(outcomes) - len(wrong)


def test_batch_puts_the_key_beside_the_content_of_the_caller(run: Run, sandbox: Sandbox) -> None:
    rows = [row_of(0), {**row_of(1)}]
    run(rows)
    sent = [record.json()["application_data"] for record in sandbox.received(ELIGIBILITY)]
    (marked,) = (data for data in sent if data["appointment"] == "A0")
    assert re.fullmatch("A0 [0-9a-f]{16}", marked["batch_key"])
    assert rows == [row_of(0), row_of(1)]  # the caller's own are as they were


def test_batch_raises_what_the_rows_raise_after_the_outcomes(
    session: PokitDokSession, path: Path
) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from rows_of(5)
        raise OSError("the database is gone")

    outcomes: list[Outcome] = []

    def read() -> None:
        for outcome in session.batch(session.eligibility, rows(), key=key_of, journal=path):
            outcomes.append(outcome)

    with pytest.raises(OSError, match="the database is gone"):
        read()
    assert len(outcomes) == 5


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"threads": 0}, ValueError, "threads must be a whole number of at least 1, got 0"),
        ({"threads": True}, ValueError, "threads must be"),
        ({"give_up_after": 1.5}, ValueError, "give_up_after must be"),
        ({"pace": "often"}, ValueError, "pace must be a rate"),
        ({"pace": 84}, TypeError, "pace must be None, a rate"),
        ({"key": "appointment"}, TypeError, "key must be callable"),
    ],
    ids=str,
)
def test_batch_refuses_a_wrong_argument_at_once(
    session: PokitDokSession, options: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session.batch(session.eligibility, [], **options)


async def eligibility_soon(row: Any) -> Any: ...


def eligibility_in_parts(row: Any) -> Iterator[Any]:
    yield


@pytest.mark.parametrize(
    ("call", "kind"), [(eligibility_soon, "coroutine"), (eligibility_in_parts, "generator")]
)
def test_row_of_a_function_that_does_not_run_is_to_fix(
    session: PokitDokSession, path: Path, call: Any, kind: str
) -> None:
    for _ in range(2):
        (outcome,) = session.batch(call, [1], journal=path)
        assert outcome.action == "fix"
        assert f"but returned a {kind}, which does not run: nothing" in str(outcome.error)


def test_batch_refuses_what_is_not_callable_or_not_iterable(session: PokitDokSession) -> None:
    wrong: Any = "eligibility"
    with pytest.raises(TypeError, match="call must be callable, got str"):
        session.batch(wrong, [])
    nothing: Any = None
    with pytest.raises(TypeError, match="not iterable"):
        session.batch(session.eligibility, nothing)


@pytest.mark.parametrize("rows", [{"trading_partner_id": "MOCKPAYER"}, "rows.jsonl", b"{}"])
def test_batch_refuses_one_row_in_place_of_many(session: PokitDokSession, rows: Any) -> None:
    text = f"^rows must be an iterable of rows, got {type(rows).__name__}$"
    with pytest.raises(TypeError, match=text):
        session.batch(session.eligibility, rows)


def test_batch_serves_another_api(path: Path) -> None:
    class Widgets(APISession):
        def make(self, widget: dict[str, Any]) -> Reply:
            return self.call("POST", "/widgets", json=widget)

    script = {
        "/token": ScriptedResponse(
            body=b'{"access_token": "t", "token_type": "bearer", "expires_in": 60}'
        ),
        "/widgets": ScriptedResponse(status=201, body=b'{"id": 7}'),
    }
    with (
        ScriptedServer(script) as server,
        Widgets("id", "secret", f"{server.url}/token", base_url=server.url) as session,
    ):
        rows = [{"n": number} for number in range(5)]
        outcomes = list(session.batch(session.make, rows, journal=path))
        assert [outcome.reply for outcome in outcomes] == [{"id": 7}] * 5
        again = list(session.batch(session.make, rows, journal=path))
        assert [outcome.reply for outcome in again] == [{"id": 7}] * 5
        assert len([seen for seen in server.requests if seen.path == "/widgets"]) == 5


def test_outcome_repr_shows_no_request_and_no_reply() -> None:
    outcome = Outcome("A1", {"secret": 1}, reply={"secret": 2}, attempts=1)
    assert repr(outcome) == "Outcome(key='A1', action='answered', attempts=1)"
    failed = Outcome("A1", {"secret": 1}, error=ServerError("secret"))
    assert repr(failed) == "Outcome(key='A1', action='answered', attempts=0, error=ServerError)"


# Sent again


def test_batch_sends_a_row_again_after_the_rate_limit(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, status=403, times=2, headers={"Retry-After": "0"})
    (outcome,) = run(rows_of(1), pace=NoWait())
    assert (outcome.action, outcome.attempts) == ("answered", 3)


def test_batch_sends_a_row_again_when_the_service_is_back(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, status=503, headers={"Retry-After": "0"})
    (outcome,) = run(rows_of(1))
    assert (outcome.action, outcome.attempts) == ("answered", 2)


def test_batch_notes_that_a_refused_row_was_not_processed(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    sandbox.fail(ELIGIBILITY, status=429, headers={"Retry-After": "0"})
    run(rows_of(1), pace=NoWait())
    kinds = [record.get("action", "sent") for record in records(path)]
    assert kinds == ["sent", "retry", "sent", "answered"]


def test_batch_never_waits_inside_a_call_for_the_rate_limit(sandbox: Sandbox, path: Path) -> None:
    sandbox.fail(ELIGIBILITY, status=429, headers={"Retry-After": "0"})
    with sandbox.session(max_rate_limit_wait=60) as session:
        (outcome,) = session.batch(session.eligibility, rows_of(1), journal=path, pace=NoWait())
    assert outcome.attempts == 2  # the batch sent it again, and not the session


def test_batch_gives_a_row_up_that_is_refused_100_times(
    session: PokitDokSession, path: Path
) -> None:
    def call(row: int) -> Any:
        raise requests.HTTPError("429", response=response_of(429))

    (outcome,) = session.batch(call, [1], journal=path, pace=NoWait())
    assert (outcome.action, outcome.attempts) == ("retry", 101)


# Idempotency-Key


def test_batch_with_an_idempotency_header_sends_in_doubt_again(sandbox: Sandbox, run: Run) -> None:
    sandbox.fail(ELIGIBILITY, status=502, times=1)
    (outcome,) = run(rows_of(1), idempotency_header="Idempotency-Key")
    assert (outcome.action, outcome.attempts) == ("answered", 2)
    sent = [record.headers["idempotency-key"] for record in sandbox.received(ELIGIBILITY)]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len(sent[0]) == 32


def test_batch_with_an_idempotency_header_has_another_for_each_row(
    sandbox: Sandbox, run: Run
) -> None:
    run(rows_of(5), idempotency_header="Idempotency-Key")
    sent = {record.headers["idempotency-key"] for record in sandbox.received(ELIGIBILITY)}
    assert len(sent) == 5
