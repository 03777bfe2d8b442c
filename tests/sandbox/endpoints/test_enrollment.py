"""Enrollment: requests that complete later, and snapshots with their members."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, TradingPartnerError, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.interchanges import INQUIRY, MEMBERSHIP, interchange


@pytest.fixture
def request_() -> dict[str, Any]:
    return {
        "trading_partner_id": "MOCKPAYER",
        "action": "Change",
        "purpose": "Original",
        "reference_number": "R1",
        "payer": {"name": "MOCK PAYER INC", "tax_id": "654456654"},
        "sponsor": {"name": "Thistledown Works", "tax_id": "999888777"},
        "subscriber": {
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "gender": "Female",
            "relationship": "Self",
            "benefits": [{"maintenance_type": "Addition", "benefit_type": "Health"}],
        },
        "dependents": [{"first_name": "Peregrine", "last_name": "Quillfeather"}],
    }


def load(session: PokitDokSession, sandbox: Sandbox) -> dict[str, Any]:
    """Upload the membership, advance the clock, and return the finished activity."""
    sent = session.enrollment_snapshot("MOCKPAYER", interchange(MEMBERSHIP)).data
    sandbox.clock.advance(300)
    return session.activities(sent["id"]).data  # type: ignore[no-any-return]


def test_enrollment_is_an_activity_that_completes_later(
    session: PokitDokSession, sandbox: Sandbox, request_: dict[str, Any]
) -> None:
    sent = session.enrollment(request_).data
    assert (sent["name"], sent["state"]["name"]) == ("enrollment", "scheduled")
    assert request_.items() <= sent["parameters"].items()
    sandbox.clock.advance(300)
    done = session.activities(sent["id"]).data
    assert (done["state"]["name"], done["result"]["reference_number"]) == ("completed", "R1")


def test_enrollment_scheduled_can_be_canceled(
    session: PokitDokSession, sandbox: Sandbox, request_: dict[str, Any]
) -> None:
    sent = session.enrollment(request_).data
    assert session.cancel_activity(sent["id"]).data["state"]["name"] == "canceled"
    sandbox.clock.advance(300)
    assert "result" not in session.activities(sent["id"]).data


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"action": "change"}, ["action"]),
        ({"purpose": "Copy"}, ["purpose"]),
        ({"payer": None, "sponsor": None}, ["payer", "sponsor"]),
        ({"subscriber": {"gender": "female"}}, ["subscriber.gender"]),
        ({"subscriber": {"benefits": [{}]}}, ["subscriber.benefits[0].maintenance_type"]),
        ({"dependents": [{}, {"gender": "F"}]}, ["dependents[1].gender"]),
        ({"dependents": {}}, ["dependents"]),
        ({"members": []}, ["members"]),
        ({"trading_partner_id": None}, ["trading_partner_id"]),
    ],
)
def test_enrollment_invalid_field_is_named(
    session: PokitDokSession, request_: dict[str, Any], change: Any, fields: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.enrollment({**request_, **change})
    assert list(caught.value.errors) == fields


def test_snapshot_exists_when_activity_completed(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    sent = session.enrollment_snapshot("MOCKPAYER", interchange(MEMBERSHIP)).data
    assert sent["parameters"] == {"trading_partner_id": "MOCKPAYER"}
    assert sent["state"] == {"name": "scheduled", "title": "Scheduled for execution"}
    path = ["schedule", "wait", "receive", "notify", "complete"]
    assert (sent["transition_path"], sent["name"]) == (path, "enrollment_snapshot")
    assert session.enrollment_snapshots().data == []
    sandbox.clock.advance(300)
    [snapshot] = session.enrollment_snapshots().data
    assert set(snapshot) == {"snapshot_id", "snapshot_date", "trading_partner_id"}
    assert session.activities(sent["id"]).data["result"] == snapshot
    assert session.enrollment_snapshots(snapshot["snapshot_id"]).data == snapshot


def test_snapshot_data_are_enrollment_requests(session: PokitDokSession, sandbox: Sandbox) -> None:
    snapshot = load(session, sandbox)["result"]["snapshot_id"]
    first, second = session.enrollment_snapshot_data(snapshot).data
    assert (first["action"], first["purpose"]) == ("Verify", "Original")
    assert first["sponsor"] == {"name": "Thistledown Works", "tax_id": "999888777"}
    subscriber = first["subscriber"]
    assert subscriber["address"]["postal_code"] == "29401"
    assert (subscriber["gender"], subscriber["subscriber_number"]) == ("Female", "W000000000")
    [benefit] = subscriber["benefits"]
    assert (benefit["coverage_level"], benefit["begin_date"]) == ("Family", "2030-01-01")
    [dependent] = first["dependents"]
    assert (dependent["first_name"], dependent["relationship"]) == ("Peregrine", "Child")
    assert second["subscriber"]["benefits"][0]["benefit_type"] == "Dental"
    assert second["dependents"] == []


def test_snapshot_data_can_be_sent_as_enrollment(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    snapshot = load(session, sandbox)["result"]["snapshot_id"]
    for request in session.enrollment_snapshot_data(snapshot).data:
        assert session.enrollment(request).data["state"]["name"] == "scheduled"


def test_snapshots_and_data_are_paged(session: PokitDokSession, sandbox: Sandbox) -> None:
    first = load(session, sandbox)["result"]
    second = load(session, sandbox)["result"]
    assert session.enrollment_snapshots(limit=1).data == [first]
    assert session.enrollment_snapshots(limit=1, offset=1).data == [second]
    [member] = session.enrollment_snapshot_data(first["snapshot_id"], offset=1).data
    assert member["subscriber"]["first_name"] == "Marlow"


@pytest.mark.parametrize("content", [b"", b"hello", interchange(INQUIRY)])
def test_snapshot_file_without_members_is_invalid(session: PokitDokSession, content: bytes) -> None:
    with pytest.raises(ValidationError):
        session.enrollment_snapshot("MOCKPAYER", content)


def test_snapshot_unknown_payer_is_refused(session: PokitDokSession) -> None:
    with pytest.raises(TradingPartnerError):
        session.enrollment_snapshot("NOPE", interchange(MEMBERSHIP))


def test_snapshot_unknown_is_404(session: PokitDokSession) -> None:
    for ask in (session.enrollment_snapshots, session.enrollment_snapshot_data):
        with pytest.raises(NotFound):
            ask("s1")
