"""Service review: authorizations and referrals as recorded, in JSON and X12."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import TradingPartnerError, ValidationError
from pokitdok_session.sandbox import Sandbox
from support.interchanges import REVIEW, interchange

METHODS = ["authorizations", "referrals"]


@pytest.fixture
def review() -> dict[str, Any]:
    return {
        "trading_partner_id": "MOCKPAYER",
        "event": {
            "category": "specialty_care_review",
            "certification_type": "initial",
            "type": "consultation",
            "place_of_service": "office",
            "delivery": {"quantity": 1, "quantity_qualifier": "visits"},
            "diagnoses": [{"code": "J10.1", "date": "2030-01-02"}],
            "services": [{"cpt_code": "99213", "measurement": "unit", "quantity": 1}],
            "provider": {"npi": "1234567893", "organization_name": "Quill House"},
        },
        "provider": {
            "npi": "1234567893",
            "first_name": "Marlow",
            "last_name": "Thistledown",
            "phone": "8005550100",
        },
        "patient": {
            "id": "W000000000",
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "birth_date": "1970-01-25",
        },
    }


@pytest.mark.parametrize("method", METHODS)
def test_authorization_response_is_as_recorded(
    session: PokitDokSession, review: dict[str, Any], method: str
) -> None:
    data = getattr(session, method)(review).data
    event = data["event"]
    assert (data["valid_request"], data["originating_company_id"]) == (True, "9012345678")
    assert event["review"] == {
        "certification_action": "certified_in_total",
        "certification_number": "AUTH0001",
        "second_surgical_opinion_required": False,
    }
    assert event["diagnoses"] == [{"code": "410.90", "date": "2005-04-30"}]
    echoed = ("category", "certification_type", "type", "place_of_service", "delivery")
    assert {name: event[name] for name in echoed} == {
        name: review["event"][name] for name in echoed
    }


def test_authorization_response_has_npi_as_tax_id(
    session: PokitDokSession, review: dict[str, Any]
) -> None:
    data = session.authorizations(review).data
    assert data["provider"] == {
        "first_name": "Marlow",
        "last_name": "Thistledown",
        "tax_id": "1234567893",
    }
    assert data["event"]["provider"] == {
        "organization_name": "Quill House",
        "tax_id": "1234567893",
    }
    assert "services" not in data["event"]
    assert "birth_date" not in data["patient"]


def test_authorization_repeats_subscriber_and_application_data(
    session: PokitDokSession, review: dict[str, Any]
) -> None:
    review |= {"subscriber": {"last_name": "Thistledown"}, "application_data": {"ticket": 1}}
    data = session.referrals(review).data
    assert (data["subscriber"], data["application_data"]) == (
        {"last_name": "Thistledown"},
        {"ticket": 1},
    )


@pytest.mark.parametrize("method", METHODS)
def test_review_async_is_an_activity_first(
    session: PokitDokSession, sandbox: Sandbox, review: dict[str, Any], method: str
) -> None:
    asked = getattr(session, method)({**review, "async": True}).data
    assert (asked["name"], asked["state"]["name"]) == (method, "generating")
    sandbox.clock.advance(1)
    done = session.activities(asked["id"]).data
    assert done["result"]["event"]["review"]["certification_number"] == "AUTH0001"


@pytest.mark.parametrize("method", METHODS)
def test_review_raw_278_has_response_in_requested_form(
    session: PokitDokSession, method: str
) -> None:
    send, raw = getattr(session, method), interchange(REVIEW)
    bare = send(raw, accept="x12").data
    assert "~ST*278*0001*" in bare
    assert "~NM1*X3*2*MOCK PAYER INC*****PI*MOCKPAYER~" in bare
    assert "~HCR*A1*AUTH0001~" in bare
    assert send({"x12": raw.decode()}, accept="x12-json").data["x12"].startswith("ISA")
    segments = send(raw, accept="full-x12-json").data["x12_segments"]
    assert {"segment_id": "HCR", "data": {"HCR01": "A1", "HCR02": "AUTH0001"}} in segments
    event = send(raw).data["event"]
    assert (event["category"], event["certification_type"]) == (
        "specialty_care_review",
        "initial",
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": None}, "event"),
        ({"patient": None}, "patient"),
        ({"provider": {"npi": "3"}}, "provider.npi"),
        ({"event": {"category": "health"}}, "event.category"),
        ({"event": {"certification_type": "first"}}, "event.certification_type"),
        ({"event": {"services": [{}, "99213"]}}, "event.services[1]"),
        ({"rogue": 1}, "rogue"),
        ({"trading_partner_id": None}, "trading_partner_id"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_review_invalid_field_is_named(
    session: PokitDokSession, review: dict[str, Any], method: str, change: Any, field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        getattr(session, method)({**review, **change})
    assert list(caught.value.errors) == [field]


def test_review_with_empty_objects_is_certified(
    session: PokitDokSession, review: dict[str, Any]
) -> None:
    review["event"] = {"provider": None, "type": "consultation"}
    assert session.authorizations(review).data["event"]["provider"] == {}


def test_referral_category_must_be_specialty_care(
    session: PokitDokSession, review: dict[str, Any]
) -> None:
    review["event"]["category"] = "health_services_review"
    assert session.authorizations(review).data["valid_request"] is True
    with pytest.raises(ValidationError):
        session.referrals(review)


@pytest.mark.parametrize("method", METHODS)
def test_review_unknown_payer_is_named_with_transaction(
    session: PokitDokSession, review: dict[str, Any], method: str
) -> None:
    with pytest.raises(TradingPartnerError) as caught:
        getattr(session, method)({**review, "trading_partner_id": "NOPE"})
    assert f"NOPE, transaction_set_name: {method}" in caught.value.errors["query"]
