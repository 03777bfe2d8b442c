"""Claims drafts: unfinished claims are stored, validated, changed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox

REQUIRED = ["This field is required."]


def test_draft_unfinished_claim_is_stored_and_validated(session: PokitDokSession) -> None:
    made = session.create_claims_draft({"trading_partner_id": "MOCKPAYER"}).data
    assert made["draft"] == {"trading_partner_id": "MOCKPAYER"}
    assert made["validation_result"] == {
        "valid": False,
        "errors": {"transaction_code": REQUIRED, "billing_provider": REQUIRED},
    }
    assert session.claims_drafts(made["id"]).data == made


def test_draft_update_is_validated_again(session: PokitDokSession, claim: dict[str, Any]) -> None:
    made = session.create_claims_draft({}).data
    changed = session.update_claims_draft(made["id"], claim).data
    assert (changed["id"], changed["draft"]) == (made["id"], claim)
    assert session.validate_claims_draft(made["id"]).data == {
        "validation_result": {"valid": True, "errors": {}}
    }


def test_drafts_are_paged_in_order_of_creation(
    session: PokitDokSession,
) -> None:
    ids = [session.create_claims_draft({"claim": {}}).data["id"] for _ in range(3)]
    assert [kept["id"] for kept in session.claims_drafts().data] == ids
    assert [kept["id"] for kept in session.claims_drafts(limit=2, offset=2).data] == ids[2:]
    assert "offset=2" in session.claims_drafts(limit=2).meta["next"]


def test_draft_deleted_is_404(session: PokitDokSession) -> None:
    made = session.create_claims_draft({"claim": {}}).data["id"]
    session.delete_claims_draft(made)
    assert session.claims_drafts().data == []
    for gone in (
        session.claims_drafts,
        session.delete_claims_draft,
        session.validate_claims_draft,
        lambda draft: session.update_claims_draft(draft, {}),
    ):
        with pytest.raises(NotFound):
            gone(made)


def test_draft_is_visible_only_to_its_application(
    session: PokitDokSession, sandbox: Sandbox
) -> None:
    made = session.create_claims_draft({"claim": {}}).data["id"]
    with sandbox.session() as other, pytest.raises(NotFound):
        other.claims_drafts(made)


@pytest.mark.parametrize("body", [{}, {"draft": None}, {"draft": []}, {"draft": {}, "more": 1}])
def test_draft_not_an_object_is_invalid(session: PokitDokSession, body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        session.call("POST", "/claims/drafts/", json=body)
    assert session.claims_drafts().data == []


def test_validate_claim_submits_nothing(session: PokitDokSession, claim: dict[str, Any]) -> None:
    assert session.validate_claims(claim).data["validation_result"]["valid"] is True
    assert {activity["name"] for activity in session.activities().data} == {
        "activities",
        "claims_validate",
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"transaction_code": "free"}, "transaction_code"),
        ({"billing_provider": {"npi": "3"}}, "billing_provider"),
        ({"trading_partner_id": "NOPE"}, "trading_partner_id"),
        ({"trading_partner_id": {}}, "trading_partner_id"),
        ({"rogue": 1}, "rogue"),
        ({"application_data": {"mock_claim_payment": True}}, "callback_url"),
        ({"callback_url": "http://example.com/"}, "callback_url"),
    ],
)
def test_validate_invalid_claim_is_200_with_errors(
    session: PokitDokSession, claim: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    outcome = session.validate_claims({**claim, **change}).data["validation_result"]
    assert (outcome["valid"], list(outcome["errors"])) == (False, [field])
