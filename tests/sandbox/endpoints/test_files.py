"""Files: a batch whose transactions are its children."""

from __future__ import annotations

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import TradingPartnerError, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.interchanges import INQUIRY, MEMBERSHIP, claim, claims, interchange

BATCH = interchange(INQUIRY, claims(claim("ABK:J101")), MEMBERSHIP)


def test_file_is_queued_with_a_child_per_transaction(session: PokitDokSession) -> None:
    batch = session.files("MOCKPAYER", BATCH).data
    assert (batch["name"], batch["state"]["name"]) == ("batch file", "queued")
    assert batch["transition_path"] == ["store", "queue", "process", "complete"]
    assert (batch["units_of_work"], batch["trading_partner_id"]) == (3, "MOCKPAYER")
    children = session.activities(parent_id=batch["id"]).data
    assert [child["name"] for child in children] == ["eligibility", "claims", "enrollment"]
    assert {child["state"]["name"] for child in children} == {"init"}


def test_file_children_have_their_own_results(session: PokitDokSession, sandbox: Sandbox) -> None:
    batch = session.files("MOCKPAYER", BATCH).data["id"]
    sandbox.clock.advance(300)
    assert session.activities(batch).data["state"]["name"] == "completed"
    children = session.activities(parent_id=batch).data
    assert {child["state"]["name"] for child in children} == {"completed"}
    answers = [child["result"]["x12"] for child in children]
    assert ["~ST*271*" in answers[0], "~AK2*837*" in answers[1], "~AK2*834*" in answers[2]] == [
        True,
        True,
        True,
    ]
    shown = session.activities(children[0]["id"], x12=True).data
    assert shown["x12_request"] == INQUIRY.partition("SE*")[0]
    assert shown["x12_response"] == answers[0]


def test_file_queued_can_be_canceled_with_children(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    batch = session.files("MOCKPAYER", BATCH).data["id"]
    session.cancel_activity(batch)
    sandbox.clock.advance(300)
    assert session.activities(batch).data["state"]["name"] == "canceled"
    children = session.activities(parent_id=batch).data
    assert [child["state"]["name"] for child in children] == ["canceled"] * 3


@pytest.mark.parametrize("content", [b"", b"hello", interchange()])
def test_file_without_transaction_is_invalid(session: PokitDokSession, content: bytes) -> None:
    with pytest.raises(ValidationError):
        session.files("MOCKPAYER", content)


def test_file_unknown_payer_is_refused(session: PokitDokSession) -> None:
    with pytest.raises(TradingPartnerError):
        session.files("NOPE", BATCH)


def test_file_missing_form_fields_are_named(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.call("POST", "/files/", files={"file": b"ISA"})
    assert list(caught.value.errors) == ["trading_partner_id"]
    with pytest.raises(ValidationError) as caught:
        session.call("POST", "/files/", data={"trading_partner_id": "MOCKPAYER"})
    assert list(caught.value.errors) == ["file"]
