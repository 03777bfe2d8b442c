"""Authorizations and referrals (X12 278): MOCKPAYER certifies whatever it is asked, as recorded."""

from __future__ import annotations

from typing import Any

from ..data.payers import MOCKPAYER
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import Schema, npi, one_of
from ..x12.interchange import CERTIFICATIONS, REVIEW_CATEGORIES

api = Family("authorizations")

PROVIDER = Schema(checks={"npi": npi})


def _request(*categories: str) -> Schema:
    # Which fields were required was never recorded; without these nobody could answer.
    return Schema(
        required=("trading_partner_id", "event", "provider", "patient"),
        # Request and response were one object, so an answer may be sent back.
        optional=(
            "subscriber",
            "payer",
            "client_id",
            "correlation_id",
            "originating_company_id",
            "valid_request",
            "reject_reason",
            "follow_up_action",
            "rejections",
        ),
        objects={
            "provider": PROVIDER,
            "patient": Schema(),
            "subscriber": Schema(),
            "event": Schema(
                objects={"provider": PROVIDER},
                lists={"services": Schema(), "diagnoses": Schema()},
                checks={
                    "category": one_of(*categories),
                    "certification_type": one_of(*CERTIFICATIONS.values()),
                },
            ),
        },
    )


AUTHORIZATION = _request(*REVIEW_CATEGORIES.values())
REFERRAL = _request("specialty_care_review")
ECHOED = ("category", "certification_type", "type", "place_of_service", "delivery")
REVIEW = {
    "certification_action": "certified_in_total",
    "certification_number": "AUTH0001",
    "second_surgical_opinion_required": False,
}
# Whatever was sent: so the recordings.
DIAGNOSES = [{"code": "410.90", "date": "2005-04-30"}]
NAMES = ("first_name", "middle_name", "last_name", "suffix", "organization_name")


@api.post("/authorizations/", x12="278")
def authorizations(call: Call) -> Any:
    return _certified(call, call.validate(AUTHORIZATION))


@api.post("/referrals/", name="referrals", x12="278")
def referrals(call: Call) -> Any:
    return _certified(call, call.validate(REFERRAL))


def _certified(call: Call, body: dict[str, Any]) -> Any:
    call.trading_partner(call.activity.name)
    sent = call.parameters(**{"async": body.get("async", False)})
    event = body.get("event", {})
    answer: dict[str, Any] = {
        "async": sent["async"],
        "client_id": call.app.client_id,
        "correlation_id": sent["correlation_id"],
        "originating_company_id": "9012345678",
        "trading_partner_id": body["trading_partner_id"],
        "valid_request": True,
        "payer": {"id": MOCKPAYER, "organization_name": MOCKPAYER},
        "provider": _provider(body.get("provider", {})),
        "patient": _person(body.get("patient", {})),
        "event": {
            **{name: event[name] for name in ECHOED if event.get(name) is not None},
            "diagnoses": DIAGNOSES,
            "provider": _provider(event.get("provider") or {}),
            "review": REVIEW,
        },
    }
    if isinstance(body.get("subscriber"), dict):
        answer["subscriber"] = _person(body["subscriber"])
    return call.respond(answer)


def _provider(asked: dict[str, Any]) -> dict[str, Any]:
    """As on the recordings: the NPI comes back as the tax id, the phone number not at all."""
    number = {"tax_id": asked["npi"]} if "npi" in asked else {}
    return {**{name: asked[name] for name in NAMES if name in asked}, **number}


def _person(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: asked[name] for name in ("id", *NAMES) if name in asked}
