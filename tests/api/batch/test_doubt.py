"""Rows that may have been processed: they stay in doubt, whatever comes later."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import (
    APIError,
    APISession,
    Outcome,
    PokitDokSession,
    TokenError,
    Verdict,
)
from pokitdok_session.api.batch.control import Control
from pokitdok_session.api.batch.keys import digest_of
from pokitdok_session.api.batch.row import Row, verdict_on_call
from pokitdok_session.api.batch.sender import Rules, Sender
from pokitdok_session.api.verdict import verdict_on
from pokitdok_session.errors import (
    ActivityPending,
    BatchStopped,
    TradingPartnerError,
)
from pokitdok_session.sandbox import Sandbox
from support.batches import (
    ELIGIBILITY,
    NoWait,
    appointments,
    forget_outcome,
    key_of,
    make_late,
    records,
    response_of,
    rows_of,
)
from support.http_server import ScriptedResponse, ScriptedServer, redirect


def call_and_read(session: PokitDokSession) -> Callable[[Any], Any]:
    """Return a call of two requests."""

    def call(row: Any) -> Any:
        session.eligibility(row)
        return session.trading_partners()

    return call


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"status": 402}], ids=str)
def test_batch_sends_a_row_once_if_a_later_request_fails(
    session: PokitDokSession, sandbox: Sandbox, path: Path, fault: dict[str, Any]
) -> None:
    sandbox.fail("/tradingpartners/", times=3, **fault)
    (outcome,) = session.batch(call_and_read(session), rows_of(1), key=key_of, journal=path)
    assert appointments(sandbox) == {"A0": 1}
    assert outcome.action == "answered"  # it was found


def test_batch_sends_a_row_once_if_its_activity_is_pending(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    def call(row: Any) -> Any:
        reply = session.eligibility({**row, "async": True})
        raise ActivityPending(response=session.activities(reply.activity_id).response)

    sandbox.fail("/activities/?limit", status=404, times=None)
    (outcome,) = session.batch(call, rows_of(1), key=key_of)
    assert appointments(sandbox) == {"A0": 1}
    assert outcome.action != "retry"


def test_verdict_on_a_pending_activity_is_unknown() -> None:
    response = requests.Response()
    response.request = requests.Request("GET", "https://api.example/").prepare()
    assert verdict_on(ActivityPending(response=response)).action == "unknown"


def test_batch_believes_a_refusal_with_a_status_of_success(
    session: PokitDokSession,
) -> None:
    def call(row: Any) -> Any:
        raise TradingPartnerError("refused", response=session.eligibility(row).response)

    (outcome,) = session.batch(call, rows_of(1), key=key_of)
    assert outcome.action == "fix"


def posted(server: ScriptedServer) -> int:
    return sum(request.path == "/x" for request in server.requests)


@pytest.mark.parametrize("location", ["/result", "http://[broken/", "http://127.0.0.1:99999/"])
def test_batch_sends_a_row_once_if_its_redirect_fails(
    plain: APISession, server: ScriptedServer, location: str
) -> None:
    server.script["/x"] = redirect(location, 303)
    server.script["/result"] = ScriptedResponse(500)
    (outcome,) = plain.batch(lambda row: plain.call("POST", "/x", json=row), [{"a": 1}])
    assert (outcome.action, posted(server)) == ("unknown", 1)
    assert outcome.verdict is not None
    assert outcome.verdict.processed is None


def script(*actions: Any) -> Callable[[Any], Any]:
    """Return a call that does so, one action per attempt."""
    left = iter(actions)

    def call(row: Any) -> Any:
        raise next(left)

    return call


def refusal(status: int) -> APIError:
    response = response_of(status)
    response.request = requests.Request("POST", "https://api.example/").prepare()
    return APIError(response=response)


@pytest.mark.parametrize("status", [422, 429, 402])
def test_batch_keeps_a_row_in_doubt_that_is_refused_when_sent_again(
    plain: APISession, path: Path, status: int
) -> None:
    call = script(requests.ConnectionError("reset"), *[refusal(status)] * 200)
    outcomes = []
    batch = plain.batch(call, [{"a": 1}], journal=path, resend_in_doubt=True, pace=NoWait())
    with contextlib.suppress(BatchStopped):
        outcomes.extend(batch)
    (outcome,) = outcomes
    assert outcome.verdict == Verdict("unknown")
    assert {each["action"] for each in records(path) if "done" in each} == {"unknown"}
    (again,) = plain.batch(script(), [{"a": 1}], journal=path)  # sends nothing
    assert again.action == "unknown"


def test_batch_that_stops_tells_of_a_row_that_waited_to_be_sent_again() -> None:
    control = Control(10)

    def call(row: Any) -> Any:
        control.stop()
        raise requests.ConnectionError("reset")

    sender = Sender(Rules(call, resend_in_doubt=True), NoWait(), control)
    outcome = sender.process(Row("A", "d", 1))
    assert outcome is not None
    assert (outcome.action, outcome.attempts) == ("unknown", 1)


def test_batch_stops_when_a_row_in_doubt_cannot_succeed(plain: APISession) -> None:
    call = script(requests.ConnectionError("reset"), refusal(402))
    with pytest.raises(BatchStopped):
        list(plain.batch(call, [{"a": 1}], resend_in_doubt=True))


def test_resume_searches_again_if_the_search_failed(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    def run() -> Outcome:
        (outcome,) = session.batch(session.eligibility, rows_of(1), key=key_of, journal=path)
        return outcome

    sandbox.fail(ELIGIBILITY, reset="after_headers")
    sandbox.fail("/activities/", status=404, times=2)
    assert run().action == "unknown"
    make_late(path)
    assert run().action == "answered"
    assert appointments(sandbox) == {"A0": 1}


def test_batch_takes_no_outcome_of_another_batch_with_the_same_key(
    session: PokitDokSession, sandbox: Sandbox, tmp_path: Path
) -> None:
    for number, action in enumerate(("answered", "unknown")):
        journal = tmp_path / str(number)
        (outcome,) = session.batch(session.eligibility, rows_of(1), key=key_of, journal=journal)
        assert outcome.action == action
        sandbox.fail(ELIGIBILITY, reset=True)  # the next one does not arrive


@pytest.mark.parametrize("is_explicit", [True, False])
def test_row_stays_in_doubt_if_its_function_renames_the_exception(
    session: PokitDokSession, sandbox: Sandbox, path: Path, is_explicit: bool
) -> None:
    def call(row: Any) -> Any:
        try:
            return session.eligibility(row)
        except APIError as error:
            renamed = ValueError("no answer for this patient")
            if is_explicit:
                raise renamed from error
            raise renamed  # noqa: B904  # as a caller may write it

    sandbox.fail(ELIGIBILITY, status=502)
    for _ in range(2):
        (outcome,) = session.batch(call, rows_of(1), key=key_of, journal=path)
        assert (outcome.action, outcome.attempts) == ("unknown", 1)
    assert appointments(sandbox) == {"A0": 1}


def test_row_without_a_token_is_not_in_doubt_of_its_token_request() -> None:
    error = TokenError("no response")
    error.__cause__ = requests.ReadTimeout("of a POST to the token endpoint")
    assert verdict_on(error.__cause__).action == "unknown"
    assert verdict_on_call(error, []).action == "retry"


def test_row_is_to_fix_if_its_function_renames_a_refusal(
    session: PokitDokSession, path: Path
) -> None:
    def call(row: Any) -> Any:
        try:
            return session.eligibility(row)
        except APIError as error:
            raise ValueError("wrong row") from error

    (outcome,) = session.batch(call, [{}], journal=path)
    assert outcome.action == "fix"


def test_resume_finds_a_row_of_a_journal_without_nonces(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    reply = session.eligibility(session.mark_request(rows_of(1)[0], "A0"))
    digest = digest_of(rows_of(1)[0])
    path.write_text(json.dumps({"sent": "A0", "digest": digest, "at": time.time()}) + "\n")
    (outcome,) = session.batch(session.eligibility, rows_of(1), key=key_of, journal=path)
    assert outcome.reply.activity_id == reply.activity_id


def test_find_sent_returns_the_newest_call_since_then(session: PokitDokSession) -> None:
    now = datetime.now(timezone.utc)
    request = session.mark_request(rows_of(1)[0], "A0")
    replies = [session.eligibility(request) for _ in range(2)]
    found = session.find_sent("A0", now - timedelta(minutes=1))
    assert found is not None
    assert found.activity_id == replies[1].activity_id
    assert session.find_sent("A0", now + timedelta(minutes=1)) is None


HEADER = "Idempotency-Key"


def test_batch_sends_a_row_once_if_its_idempotency_header_was_not_sent(
    sandbox: Sandbox, session: PokitDokSession, path: Path
) -> None:
    def call(row: Any) -> Any:
        response = session.post(ELIGIBILITY, json=row)
        response.raise_for_status()
        return None

    sandbox.fail(ELIGIBILITY, status=502)
    for _ in range(2):
        batch = session.batch(call, rows_of(1), key=key_of, journal=path, idempotency_header=HEADER)
        assert [outcome.action for outcome in batch] == ["unknown"]
    assert appointments(sandbox) == {"A0": 1}


def test_row_in_doubt_that_has_changed_is_not_sent_until_it_is_restored(
    sandbox: Sandbox, session: PokitDokSession, path: Path
) -> None:
    def run(rows: Any) -> list[Outcome]:
        options = {"key": key_of, "journal": path, "idempotency_header": HEADER, "threads": 1}
        return list(session.batch(session.eligibility, rows, resend_in_doubt=True, **options))

    run(rows_of(2))
    forget_outcome(path, "A1")
    sandbox._app.activities.__init__()  # type: ignore[misc]  # the search finds nothing
    changed = [*rows_of(1), {**rows_of(2)[1], "service_types": ["health_benefit_plan_coverage"]}]
    for _ in range(2):
        assert [each.action for each in run(changed)] == ["answered", "unknown"]
    error = run(changed)[1].error
    assert str(error).startswith("row 'A1' has changed since it was sent, and may have been proc")
    assert len(sandbox.received(ELIGIBILITY)) == 2
    assert [each.action for each in run(rows_of(2))] == ["answered", "answered"]
    sent = [each for each in sandbox.received(ELIGIBILITY) if key_of(each.json()) == "A1"]
    assert len(sent) == 2
    assert len({each.headers[HEADER.lower()] for each in sent}) == 1


def test_resume_sends_the_first_row_again_with_its_idempotency_key(
    sandbox: Sandbox, session: PokitDokSession, path: Path
) -> None:
    def run() -> Outcome:
        batch = session.batch(
            session.eligibility, rows_of(1), key=key_of, journal=path, idempotency_header=HEADER
        )
        return next(batch)

    run()
    forget_outcome(path, "A0")
    sandbox._app.activities.__init__()  # type: ignore[misc]  # the search finds nothing
    assert (run().action, run().attempts) == ("answered", 2)
    sent = sandbox.received(ELIGIBILITY)
    assert len(sent) == 2
    assert len({each.headers[HEADER.lower()] for each in sent}) == 1


def test_journal_names_no_row_with_an_earlier_copy_without_the_header(
    session: PokitDokSession, sandbox: Sandbox, path: Path
) -> None:
    def run(**options: Any) -> str:
        (outcome,) = session.batch(
            session.eligibility, rows_of(1), key=key_of, journal=path, **options
        )
        return outcome.action

    sandbox.fail(ELIGIBILITY, status=502)
    assert run() == "unknown"
    assert run(resend_in_doubt=True, idempotency_header=HEADER) == "answered"
    assert not [each for each in records(path) if "named" in each]


def test_journal_names_only_the_rows_that_carried_an_idempotency_key(
    session: PokitDokSession, path: Path
) -> None:
    def call(row: Any) -> Any:
        if key_of(row) == "A1":
            return session.post(ELIGIBILITY, json=row)
        return session.eligibility(row)

    list(
        session.batch(
            call, rows_of(3), key=key_of, journal=path, idempotency_header=HEADER, threads=1
        )
    )
    assert [each["named"] for each in records(path) if "named" in each] == ["A0", "A2"]
