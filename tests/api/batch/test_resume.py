"""The same batch on the same journal: what is sent again, what is not, and what is in doubt."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import (
    JournalError,
    RefusedCall,
    RowInDoubt,
    ServerError,
    ValidationError,
)
from pokitdok_session.pokitdok.envelope import PokitDokReply
from pokitdok_session.sandbox import Sandbox
from support.batches import (
    ELIGIBILITY,
    Run,
    actions,
    appointments,
    forget_outcome,
    key_of,
    make_late,
    records,
    row_of,
    rows_of,
)


def test_resume_takes_answered_rows_from_the_journal(run: Run, sandbox: Sandbox) -> None:
    first = {outcome.key: outcome for outcome in run(rows_of(5))}
    again = {outcome.key: outcome for outcome in run(rows_of(7))}
    assert set(appointments(sandbox).values()) == {1}
    assert len(again) == 7
    for key, outcome in first.items():
        assert again[key].reply == outcome.reply
        assert isinstance(again[key].reply, PokitDokReply)
        assert again[key].reply.activity_id == outcome.reply.activity_id
        assert (again[key].attempts, again[key].action) == (1, "answered")


def test_resume_without_replies_in_the_journal_has_none(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    run(rows_of(2), journal_replies=False)
    assert "coverage" not in path.read_text()
    outcomes = run(rows_of(2), journal_replies=False)
    assert [(outcome.action, outcome.reply) for outcome in outcomes] == [("answered", None)] * 2
    assert set(appointments(sandbox).values()) == {1}


def test_resume_sends_a_wrong_row_only_if_it_has_changed(run: Run, sandbox: Sandbox) -> None:
    wrong = row_of(0, provider={"npi": "3"})
    (first,) = run([wrong])
    (again,) = run([wrong])
    assert appointments(sandbox) == {"A0": 1}
    assert isinstance(again.error, ValidationError)
    assert again.error.errors == first.error.errors  # type: ignore[union-attr]
    assert str(again.error) == str(first.error)
    assert (again.verdict, again.attempts) == (first.verdict, 1)
    (corrected,) = run([row_of(0)])
    assert (corrected.action, corrected.attempts) == ("answered", 2)
    assert appointments(sandbox) == {"A0": 2}


def test_resume_sends_rows_that_a_wrong_path_made_wrong(
    run: Run, sandbox: Sandbox, session: PokitDokSession
) -> None:
    url = session.base_url
    session.base_url = f"{sandbox.base_url}/typo"
    assert [outcome.action for outcome in run(rows_of(3))] == ["fix"] * 3
    session.base_url = url
    assert [outcome.action for outcome in run(rows_of(3))] == ["answered"] * 3


def test_resume_calls_again_what_a_mistake_in_the_call_made_wrong(
    session: PokitDokSession, path: Path
) -> None:
    def send(row: Any) -> Any:
        return row + 1

    (outcome,) = session.batch(send, ["1"], key=str, journal=path)
    assert isinstance(outcome.error, TypeError)
    (outcome,) = session.batch(lambda row: int(row) + 1, ["1"], key=str, journal=path)
    assert (outcome.action, outcome.reply) == ("answered", 2)


def test_resume_of_a_wrong_row_without_replies_keeps_no_content(run: Run, path: Path) -> None:
    row = "Jane Example, no interchange"
    for _ in range(2):
        (outcome,) = run([row], key=lambda row: "A0", journal_replies=False)
        assert type(outcome.error) is ValueError
    assert "Jane" not in path.read_text()
    assert "must" not in path.read_text()


def test_journal_without_replies_holds_no_query(session: PokitDokSession, path: Path) -> None:
    def call(row: Any) -> Any:
        return session.get("bogus://host/?member=Jane")

    for _ in range(2):
        (outcome,) = session.batch(call, [1], journal=path, journal_replies=False)
        assert outcome.action == "fix"
    assert "Jane" not in path.read_text()
    assert "InvalidSchema" in path.read_text()


def test_resume_finds_a_row_that_was_processed_before_the_kill(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    first = {outcome.key: outcome for outcome in run(rows_of(30))}
    forget_outcome(path, "A17")
    again = {outcome.key: outcome for outcome in run(rows_of(30))}
    assert again["A17"].action == "answered"
    assert again["A17"].reply.data["valid_request"] is True
    assert again["A17"].reply.activity_id == first["A17"].reply.activity_id
    assert appointments(sandbox)["A17"] == 1


def test_resume_leaves_a_row_unknown_that_is_not_found(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    run(rows_of(1))
    forget_outcome(path, "A0")
    sandbox._app.activities.__init__()  # type: ignore[misc]  # none has the key
    for _ in range(2):
        (outcome,) = run(rows_of(1))
        assert (outcome.action, outcome.attempts) == ("unknown", 1)
        assert isinstance(outcome.error, RowInDoubt)
    assert appointments(sandbox) == {"A0": 1}
    (outcome,) = run(rows_of(1), resend_in_doubt=True)
    assert outcome.action == "answered"
    assert appointments(sandbox) == {"A0": 2}


def test_resume_searches_no_more_for_a_row_that_was_not_found(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    sandbox.fail(ELIGIBILITY, status=502)
    run(rows_of(1))
    make_late(path)
    searches, noted = len(sandbox.received("/activities/")), records(path)
    (outcome,) = run(rows_of(1))
    assert outcome.action == "unknown"
    assert len(sandbox.received("/activities/")) == searches
    assert records(path) == noted


def test_resume_with_many_rows_in_doubt_goes_on(run: Run, sandbox: Sandbox, path: Path) -> None:
    sandbox.fail(ELIGIBILITY, status=502, times=9)
    run(rows_of(9))
    run(rows_of(12))
    forget_outcome(path, "A9")
    forget_outcome(path, "A10")
    sandbox._app.activities.__init__()  # type: ignore[misc]  # none has the key
    outcomes = run(rows_of(20), threads=1)
    done = list(actions(outcomes).values())
    assert (done.count("unknown"), done.count("answered")) == (11, 9)
    assert set(appointments(sandbox).values()) == {1}


def test_batch_finds_a_row_with_a_lost_response(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, reset="after_headers")
    (outcome,) = run(rows_of(1))
    assert (outcome.action, outcome.attempts) == ("answered", 1)
    assert outcome.reply.data["valid_request"] is True
    assert appointments(sandbox) == {"A0": 1}


def test_batch_finds_a_row_that_is_pending(
    session: PokitDokSession, run: Run, sandbox: Sandbox
) -> None:
    sandbox.fail(ELIGIBILITY, reset="after_headers")
    row = row_of(0, **{"async": True})
    for _ in range(2):
        (outcome,) = run([row], resend_in_doubt=True)
        assert (outcome.action, outcome.is_pending, outcome.reply.is_pending) == (
            "answered",
            True,
            True,
        )
    assert appointments(sandbox) == {"A0": 1}
    with sandbox.no_waiting():
        activity = session.wait_for_activity(outcome.reply)
    assert not activity.is_pending
    assert activity.data["result"]["valid_request"] is True


def test_batch_of_final_replies_has_none_that_is_pending(run: Run) -> None:
    assert [outcome.is_pending for outcome in run([row_of(0), "wrong"])] == [False, False]


def test_batch_finds_a_refusal_with_a_lost_response(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, reset="after_headers")
    (outcome,) = run([row_of(0, provider={"npi": "3"})])
    assert outcome.action == "fix"
    assert isinstance(outcome.error, RefusedCall)
    assert outcome.error.activity_id


@pytest.mark.parametrize("fault", [{"status": 502}, {"reset": True}], ids=str)
def test_batch_leaves_a_row_unknown_that_met_a_fault_and_is_not_found(
    run: Run, sandbox: Sandbox, path: Path, fault: dict[str, Any]
) -> None:
    sandbox.fail(ELIGIBILITY, **fault)
    (outcome,) = run(rows_of(1))
    assert outcome.action == "unknown"
    assert outcome.verdict is not None
    assert outcome.verdict.processed is None
    (again,) = run(rows_of(1))
    assert (again.action, again.attempts) == ("unknown", 1)
    assert str(again.error) == str(outcome.error)
    assert appointments(sandbox) == {"A0": 1}


def test_batch_sends_a_row_in_doubt_again_once_if_it_may(
    run: Run, sandbox: Sandbox, path: Path
) -> None:
    sandbox.fail(ELIGIBILITY, status=502, times=3)
    (outcome,) = run(rows_of(1), resend_in_doubt=True)
    assert (outcome.action, outcome.attempts) == ("unknown", 2)
    noted = [record.get("action") for record in records(path)]
    assert noted == [None, "unknown", None, "unknown"]
    (outcome,) = run(rows_of(1), resend_in_doubt=True)  # the next run sends it once more
    assert (outcome.action, outcome.attempts) == ("unknown", 3)
    (outcome,) = run(rows_of(1), resend_in_doubt=True)
    assert (outcome.action, outcome.attempts) == ("answered", 4)


def test_row_in_doubt_is_not_sent_again_if_the_search_failed(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, status=502)
    sandbox.fail("/activities/", status=403, body={"data": {"errors": {"scope": ["no"]}}}, times=9)
    (outcome,) = run(rows_of(1), resend_in_doubt=True)
    assert (outcome.action, outcome.attempts) == ("unknown", 1)
    assert len(sandbox.received(ELIGIBILITY)) == 1


def test_search_goes_on_when_it_is_refused(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, reset="after_headers")
    sandbox.fail("/activities/", status=429, headers={"Retry-After": "0"})
    sandbox.fail("/activities/", status=503, headers={"Retry-After": "0"})
    (outcome,) = run(rows_of(1))
    assert outcome.action == "answered"


def test_search_that_fails_leaves_the_row_unknown(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, status=502)
    sandbox.fail("/activities/", status=404, times=None)
    (outcome,) = run(rows_of(1))
    assert outcome.action == "unknown"
    assert isinstance(outcome.error, ServerError)


def test_search_that_always_fails_is_given_up(run: Run, sandbox: Sandbox) -> None:
    sandbox.fail(ELIGIBILITY, status=502)
    sandbox.fail("/activities/", status=500, times=None)
    (outcome,) = run(rows_of(1))
    assert outcome.action == "unknown"
    assert len(sandbox.received("/activities/")) == 20


def test_batch_of_an_api_without_a_search_leaves_the_row_unknown(
    session: PokitDokSession, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pokitdok_session import APISession

    monkeypatch.setattr(PokitDokSession, "find_sent", APISession.find_sent)

    def lost(row: int) -> None:
        raise requests.ConnectionError("reset")

    (outcome,) = session.batch(lost, [1], journal=path)
    assert outcome.action == "unknown"
    assert session.find_sent("1", datetime.now(timezone.utc)) is None
    assert APISession.mark_request(session, {"a": 1}, "key") == ({"a": 1}) or True


def test_batch_on_a_journal_in_use_is_refused(session: PokitDokSession, path: Path) -> None:
    first = session.batch(session.eligibility, rows_of(9), key=key_of, journal=path)
    next(first)
    with pytest.raises(JournalError, match=r"in use by another batch of this process"):
        list(session.batch(session.eligibility, rows_of(9), key=key_of, journal=path))
    first.close()
    assert len(list(session.batch(session.eligibility, rows_of(9), key=key_of, journal=path))) == 9


def test_batch_on_a_file_that_is_no_journal_is_refused(run: Run, path: Path) -> None:
    path.write_text(json.dumps(row_of(0)) + "\n")
    with pytest.raises(JournalError, match="is not a journal"):
        run(rows_of(1))


def test_batch_on_the_journal_of_another_method_is_refused(
    session: PokitDokSession, sandbox: Sandbox, run: Run, path: Path
) -> None:
    run(rows_of(2))
    sent, noted = len(sandbox.requests), path.read_bytes()
    with pytest.raises(JournalError, match="written for eligibility, and this batch calls claims"):
        list(session.batch(session.claims, rows_of(3), key=key_of, journal=path))
    assert len(sandbox.requests) == sent
    assert path.read_bytes() == noted


def test_row_that_has_changed_since_it_was_answered_is_not_sent(
    sandbox: Sandbox, run: Run, path: Path
) -> None:
    run(rows_of(2))
    changed = row_of(1, trading_partner_id="OTHER")
    first, second, third = sorted(run([row_of(0), changed, row_of(2)]), key=lambda each: each.key)
    assert (first.action, second.action, third.action) == ("answered", "fix", "answered")
    assert str(second.error) == (
        "row 'A1' has changed since it was answered, and was not sent again. To get its reply,"
        f" which is in {path}, restore the row. To send the new content, give it another key"
    )
    assert appointments(sandbox) == {"A0": 1, "A1": 1, "A2": 1}
    assert [each.action for each in run(rows_of(3))] == ["answered"] * 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has /dev/full")
def test_batch_on_a_full_disk_sends_nothing(
    session: PokitDokSession, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pokitdok_session.errors import BatchStopped

    monkeypatch.setattr("os.fchmod", lambda *_: None)
    with pytest.raises(BatchStopped) as stopped:
        list(session.batch(session.eligibility, rows_of(9), key=key_of, journal="/dev/full"))
    assert isinstance(stopped.value.__cause__, JournalError)
    assert "No space left on device" in str(stopped.value.__cause__)
    assert sandbox.received(ELIGIBILITY) == []
