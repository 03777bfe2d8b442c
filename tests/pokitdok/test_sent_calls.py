"""How a call in doubt is found: by its key, its nonce, its time, and over all pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pokitdok_session import APIError, PokitDokSession
from pokitdok_session.api.batch.row import Row
from pokitdok_session.errors import RefusedCall
from pokitdok_session.pokitdok import sent_calls
from pokitdok_session.sandbox import Sandbox
from support.batches import ELIGIBILITY, forget_outcome, key_of, processed, row_of, rows_of
from support.http_server import ScriptedServer

SINCE = datetime(2026, 1, 2, tzinfo=timezone.utc)
ACTIVITIES = "/activities/"
MARK = "A0 0123456789abcdef"


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    with sandbox.session() as session:
        yield session


def now() -> datetime:
    return datetime.now(timezone.utc)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def send(session: PokitDokSession, key: str, **changes: Any) -> str | None:
    """Send a call that carries a key; return its activity."""
    return session.eligibility(session.mark_request(row_of(0, **changes), key)).activity_id


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-01-01T00:00:00", True),
        ("2026-01-03T00:00:00", False),
        ("2026-01-01T00:00:00+00:00", True),
        ("yesterday", False),
        (None, False),
    ],
)
def test_activity_is_before_a_time_if_its_date_says_so(created: str | None, expected: bool) -> None:
    activity = {"created_date": created}
    assert sent_calls._is_before(activity, SINCE.timestamp()) is expected


@pytest.mark.parametrize("key", ["A0", "A 0", "A0123456789abcdef", "A 0123456789abcdex"])
def test_key_without_a_nonce_is_known_from_that_of_a_batch(key: str) -> None:
    assert not sent_calls._has_nonce(key)
    assert not sent_calls._has_nonce(Row(key, "d", 1, nonce="").mark)
    assert sent_calls._has_nonce(Row(key, "d", 1).mark)


@pytest.mark.parametrize(
    ("activity", "key"),
    [
        ({"application_data": {"batch_key": "A0"}}, "A0"),
        ({"parameters": {"application_data": {"batch_key": "A0"}}}, "A0"),
        ({"application_data": {}, "parameters": {"application_data": {"batch_key": "A0"}}}, "A0"),
        ({"application_data": "A0", "parameters": ["A0"]}, ""),
        ({"parameters": {"application_data": "A0"}}, ""),
        ({}, ""),
    ],
)
def test_key_of_an_activity_is_found_in_its_parameters_too(
    activity: dict[str, Any], key: str
) -> None:
    assert sent_calls._key_of(activity) == key


@pytest.mark.parametrize("skew", [-10, 10])
@pytest.mark.parametrize("key", ["A0", MARK])
def test_find_sent_corrects_the_clock_of_the_client(
    session: PokitDokSession, sandbox: Sandbox, key: str, skew: float
) -> None:
    sandbox.clock._origin -= minutes(skew).total_seconds()
    send(session, key)
    assert session.find_sent(key, now() - minutes(1)) is not None


def test_find_sent_of_a_key_without_a_nonce_leaves_out_an_earlier_call(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    send(session, "A0")
    sandbox.clock.advance(600)
    assert session.find_sent("A0", now() - minutes(5)) is None
    assert session.find_sent("A0", datetime.min.replace(tzinfo=timezone.utc)) is not None


@pytest.mark.parametrize("ahead", [4, 30])
def test_find_sent_finds_a_nonce_sent_before_the_clock_was_set(
    session: PokitDokSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, ahead: float
) -> None:
    monkeypatch.setattr(sent_calls, "_PAGE", 1)
    sent = send(session, MARK)
    for passed in (595, 5):
        send(session, "B")
        sandbox.clock.advance(passed)
    found = session.find_sent(MARK, now() - minutes(10 - ahead))
    assert found is not None
    assert found.activity_id == sent


def test_search_ends_before_the_oldest_activity(
    session: PokitDokSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_calls, "_PAGE", 1)
    for _ in range(4):
        send(session, "B")
    sandbox.clock.advance(3 * 3600)
    send(session, "B")
    assert session.find_sent(MARK, now() - minutes(90)) is None
    assert len(sandbox.received(ACTIVITIES)) == 3  # with itself


def test_find_sent_prefers_an_earlier_reply_to_a_later_refusal(
    session: PokitDokSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_calls, "_PAGE", 2)
    answered = send(session, MARK)
    with pytest.raises(APIError):
        send(session, MARK, provider={"npi": "3"})
    found = session.find_sent(MARK, now() - minutes(1))
    assert found is not None
    assert found.activity_id == answered
    with pytest.raises(APIError):
        send(session, "refused", provider={"npi": "3"})
    for _ in range(3):
        send(session, "B")
    with pytest.raises(RefusedCall):
        session.find_sent("refused", now() - minutes(1))


def page_of(following: str) -> dict[str, Any]:
    """Return a page of one activity of now, and a link to the next page."""
    activity = {"id": "1", "created_date": now().replace(tzinfo=None).isoformat()}
    return {"meta": {"next": following}, "data": [activity]}


def test_search_goes_on_after_a_page_without_activities(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    activity = send(session, MARK)
    strange = {"meta": {"next": "/api/v4/activities/?offset=0"}, "data": ["no activity"]}
    sandbox.fail(ACTIVITIES, status=200, body=strange)
    found = session.find_sent(MARK, now() - minutes(1))
    assert found is not None
    assert found.activity_id == activity


def test_find_sent_raises_if_a_page_comes_again(session: PokitDokSession, sandbox: Sandbox) -> None:
    sandbox.fail(ACTIVITIES, status=200, body=page_of("/activities/?offset=1"), times=None)
    with pytest.raises(APIError, match="one that was read before: not all of them could be"):
        session.find_sent(MARK, now())
    assert len(sandbox.received(ACTIVITIES)) == 2


def test_find_sent_requests_no_page_at_another_origin(
    session: PokitDokSession, sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    sandbox.fail(ACTIVITIES, status=200, body=page_of(f"{other_origin.url}/activities/"))
    with pytest.raises(APIError, match=r"at another origin \(http://127\.0\.0\.1\)"):
        session.find_sent(MARK, now())
    assert other_origin.requests == []


@pytest.mark.parametrize("where", ["/activities/?offset=1", "https://other.example/"])
def test_batch_sends_no_row_again_if_the_pages_of_its_search_do_not_end(
    session: PokitDokSession, sandbox: Sandbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokitdok_session.api.batch.search.SEARCH_AGAIN", 0.0)
    sandbox.fail(ELIGIBILITY, status=502)
    sandbox.fail(ACTIVITIES, status=200, body=page_of(where), times=None)
    (outcome,) = session.batch(session.eligibility, rows_of(1), key=key_of, resend_in_doubt=True)
    assert (outcome.action, outcome.attempts) == ("unknown", 1)


def test_resume_with_a_clock_that_was_ahead_sends_no_row_again(
    session: PokitDokSession, sandbox: Sandbox, tmp_path: Any
) -> None:
    def run() -> list[str]:
        options = {"key": key_of, "journal": tmp_path / "j.jsonl", "resend_in_doubt": True}
        return [each.action for each in session.batch(session.eligibility, rows_of(1), **options)]

    sandbox.clock._origin -= 120
    assert run() == ["answered"]
    forget_outcome(tmp_path / "j.jsonl", "A0")
    assert run() == ["answered"]
    assert processed(sandbox) == {"A0": 1}
