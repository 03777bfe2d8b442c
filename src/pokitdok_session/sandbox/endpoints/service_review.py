"""Authorizations and referrals (X12 278): MOCKPAYER certifies every request, as recorded."""

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
    # The documentation does not say which fields are required; a payer needs these.
    return Schema(
        required=("trading_partner_id", "event", "provider", "patient"),
        # Request and response had one schema, so a response can be sent back.
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
REPEATED = ("category", "certification_type", "type", "place_of_service", "delivery")
REVIEW = {
    "certification_action": "certified_in_total",
    "certification_number": "AUTH0001",
    "second_surgical_opinion_required": False,
}
# The recordings have it for every request.
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
    sent = call.add_parameters(**{"async": body.get("async", False)})
    event = body.get("event", {})
    response: dict[str, Any] = {
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
            **{name: event[name] for name in REPEATED if event.get(name) is not None},
            "diagnoses": DIAGNOSES,
            "provider": _provider(event.get("provider") or {}),
            "review": REVIEW,
        },
    }
    if isinstance(body.get("subscriber"), dict):
        response["subscriber"] = _person(body["subscriber"])
    return call.respond(response)


def _provider(provider: dict[str, Any]) -> dict[str, Any]:
    """Return the provider as recorded: its NPI as tax id, and no phone number."""
    number = {"tax_id": provider["npi"]} if "npi" in provider else {}
    return {**{name: provider[name] for name in NAMES if name in provider}, **number}


def _person(person: dict[str, Any]) -> dict[str, Any]:
    return {name: person[name] for name in ("id", *NAMES) if name in person}
