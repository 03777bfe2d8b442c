"""Pages of activities, and waiting for an activity until it reaches an end state."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from pokitdok_session import APIError, PokitDokSession
from pokitdok_session.errors import ActivityPending
from pokitdok_session.sandbox import Sandbox

CLAIM = {
    "trading_partner_id": "MOCKPAYER",
    "transaction_code": "chargeable",
    "billing_provider": {"npi": "1234567893", "organization_name": "Thistledown Clinic"},
    "subscriber": {"first_name": "Zephyrine", "last_name": "Quill", "member_id": "W000000000"},
    "claim": {"total_charge_amount": 60.0, "service_lines": []},
}


def answer(sandbox: Sandbox, path: str, data: Any, following: str | None = None) -> None:
    meta = {} if following is None else {"next": following}
    sandbox.fail(
        path,
        status=200,
        body=json.dumps({"meta": meta, "data": data}),
        content_type="application/json",
    )


def test_paginate_yields_the_items_of_all_pages(sandbox: Sandbox, session: PokitDokSession) -> None:
    sent = [session.claims(CLAIM).activity_id for _ in range(5)]
    before = len(sandbox.received("/activities/"))
    items = list(session.paginate(session.activities, limit=2))
    assert [item["id"] for item in items if item["name"] == "claims"] == sent[::-1]
    assert len(sandbox.received("/activities/")) - before > 2


def test_paginate_requests_a_page_when_its_first_item_is_needed(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    for _ in range(4):
        session.claims(CLAIM)
    pages = session.paginate(session.activities, limit=2)
    assert len(sandbox.received("/activities/")) == 0
    next(pages), next(pages)
    assert len(sandbox.received("/activities/")) == 1
    next(pages)
    assert len(sandbox.received("/activities/")) == 2


def test_paginate_keeps_the_accept_header(sandbox: Sandbox, session: PokitDokSession) -> None:
    answer(sandbox, "/activities/", [1], f"{sandbox.base_url}/api/v4/activities/?offset=1")
    answer(sandbox, "/activities/", [2])
    assert list(session.paginate(session.activities, x12=True)) == [1, 2]
    first, second = sandbox.received("/activities/")
    assert first.headers["Accept"] == second.headers["Accept"] != "*/*"


def test_paginate_ends_when_a_page_is_named_again(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    for _ in range(3):
        answer(sandbox, "/activities/", ["again"], "/api/v4/activities/?offset=20")
    assert list(session.paginate(session.activities)) == ["again", "again"]


def test_paginate_ends_after_an_empty_page(sandbox: Sandbox, session: PokitDokSession) -> None:
    answer(sandbox, "/activities/", ["one"], "/api/v4/activities/?offset=1")
    answer(sandbox, "/activities/", [], "/api/v4/activities/?offset=2")
    assert list(session.paginate(session.activities)) == ["one"]
    assert len(sandbox.received("/activities/")) == 2


@pytest.mark.parametrize("following", ["https://elsewhere.example/api/v4/x", "//elsewhere.example"])
def test_paginate_refuses_a_next_page_at_another_origin(
    sandbox: Sandbox, session: PokitDokSession, following: str
) -> None:
    answer(sandbox, "/activities/", ["one"], following)
    pages = session.paginate(session.activities)
    assert next(pages) == "one"
    with pytest.raises(APIError, match="another origin"):
        next(pages)


def test_paginate_of_one_object_yields_it(session: PokitDokSession) -> None:
    activity_id = session.claims(CLAIM).activity_id
    (item,) = session.paginate(session.activities, activity_id)
    assert item["id"] == activity_id


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> list[float]:
    """The pauses between polls, which the sandbox's clock takes instead of us."""
    taken: list[float] = []

    def sleep(seconds: float) -> None:
        taken.append(seconds)
        sandbox.clock.advance(seconds)

    stand_in = SimpleNamespace(sleep=sleep, monotonic=lambda: sum(taken))
    monkeypatch.setattr("pokitdok_session.pokitdok.activities.time", stand_in)
    return taken


def test_wait_for_activity_reports_each_state_once(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    activity_id = session.claims(CLAIM).activity_id
    assert activity_id is not None
    states: list[str] = []
    reply = session.wait_for_activity(
        activity_id, progress=lambda activity: states.append(activity["state"]["name"])
    )
    assert reply.data["state"]["name"] == states[-1] == "completed"
    assert states[0] == "scheduled"
    assert len(states) == len(set(states))


def test_wait_for_activity_pauses_grow_to_a_minute(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    sandbox.options.claim_delay = 3600
    activity_id = session.claims(CLAIM).activity_id
    assert activity_id is not None
    session.wait_for_activity(activity_id, timeout=5000, poll=2)
    assert sleeps[:4] == [2, 3, 4.5, 6.75]
    assert max(sleeps) == 60


def test_wait_for_activity_times_out_with_the_last_state(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    activity_id = session.claims(CLAIM).activity_id
    assert activity_id is not None
    with pytest.raises(
        ActivityPending, match=rf"{activity_id} is still scheduled after 10 s"
    ) as it:
        session.wait_for_activity(activity_id, timeout=10)
    assert it.value.activity["state"]["name"] == "scheduled"
    assert it.value.response is not None
    assert sum(sleeps) == pytest.approx(10)


def test_wait_for_activity_times_out_on_a_reply_without_a_state(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    sandbox.fail("/activities/5", status=200, body="[]", times=None)
    with pytest.raises(ActivityPending, match="in no known state"):
        session.wait_for_activity("5", timeout=1)


def test_rejections_of_an_eligibility_are_gathered(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    data = {
        "valid_request": False,
        "reject_reason": "patient_birth_date_mismatch",
        "follow_up_action": "correct_and_resubmit",
        "subscriber": {
            "rejections": [{"valid_request": False, "reject_reason": "invalid_subscriber_id"}]
        },
        "application_data": {"reject_reason": "the caller's own"},
    }
    answer(sandbox, "/eligibility/", data)
    reply = session.eligibility({"trading_partner_id": "MOCKPAYER"})
    assert reply.rejections == [
        {
            "at": "",
            "valid_request": False,
            "reject_reason": "patient_birth_date_mismatch",
            "follow_up_action": "correct_and_resubmit",
        },
        {"at": "subscriber", "valid_request": False, "reject_reason": "invalid_subscriber_id"},
    ]


def test_rejected_claim_is_a_rejection(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    member = {**CLAIM["subscriber"], "member_id": "00001234"}  # type: ignore[dict-item]
    activity_id = session.claims({**CLAIM, "subscriber": member}).activity_id
    assert activity_id is not None
    reply = session.wait_for_activity(activity_id)
    assert {"at": "state", "reject_reason": "rejected"} in reply.rejections


def test_reply_without_a_refusal_has_no_rejections(session: PokitDokSession) -> None:
    assert session.activities().rejections == []


@pytest.mark.parametrize(("nothing", "kind"), [(None, TypeError), ("", ValueError)])
def test_wait_for_activity_without_an_id_is_refused(
    session: PokitDokSession, nothing: Any, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        session.wait_for_activity(nothing)


def test_wait_for_activity_takes_the_reply_of_a_claim(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    claim = session.claims(CLAIM)
    assert session.wait_for_activity(claim).data["state"]["name"] == "completed"
    # The reply of a read is an activity of its own: its data is the one to wait for.
    read = session.activities(claim.data["id"])
    assert read.activity_id != claim.data["id"]
    assert session.wait_for_activity(read).data["id"] == claim.data["id"]
    assert {record.path.rpartition("/")[2] for record in sandbox.received("/activities/")} <= {
        claim.data["id"]
    }


def test_wait_for_activity_of_a_reply_without_an_activity_is_refused(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    answer(sandbox, "/activities/", [])
    with pytest.raises(ValueError, match="activity must be an id or a Reply with an act"):
        session.wait_for_activity(session.activities())


def test_wait_for_activity_reads_after_2_s_and_for_900_s_by_default(
    sandbox: Sandbox, session: PokitDokSession, sleeps: list[float]
) -> None:
    sandbox.options.claim_delay = 3600
    claim = session.claims(CLAIM)
    with pytest.raises(ActivityPending, match="is still scheduled after 900 s"):
        session.wait_for_activity(claim)
    assert sleeps[0] == 2
    assert sum(sleeps) == pytest.approx(900)


def test_wait_for_activity_passes_its_request_timeout_on(
    session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    claim = session.claims(CLAIM)
    send = session.send

    def spy(*args: Any, **kwargs: Any) -> Any:
        seen.append(kwargs["timeout"])
        return send(*args, **kwargs)

    monkeypatch.setattr(session, "send", spy)
    with pytest.raises(ActivityPending):
        session.wait_for_activity(claim, timeout=0, request_timeout=7)
    assert seen == [7]
