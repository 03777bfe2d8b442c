"""Eligibility (X12 270/271): MOCKPAYER's one response, as recorded, with the request's names."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..data.money import money
from ..data.payers import PAYER
from ..data.service_types import SERVICE_TYPES
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import Schema, iso_date, npi, one_of, string

api = Family("eligibility")


def service_types(value: Any) -> str | None:
    """A list of service types, which can be empty."""
    if not isinstance(value, list):
        return "Expected a list."
    is_known = all(isinstance(name, str) and name in SERVICE_TYPES for name in value)
    return None if is_known else "Not a service type."


def identifies(member: Any) -> str | None:
    """A member with an id or a birth date: the other one can be missing."""
    is_known = any(member.get(name) for name in ("id", "birth_date"))
    return None if is_known else "An id or a birth_date is required."


PROVIDER = Schema(required=("npi",), checks={"npi": npi})
MEMBER = Schema(
    optional=(),
    checks={
        **dict.fromkeys(("id", "first_name", "middle_name", "last_name"), string),
        **dict.fromkeys(("suffix", "group_number"), string),
        **dict.fromkeys(("birth_date", "plan_start_date"), iso_date),
        "gender": one_of("male", "female", "unknown"),
    },
)
PROCEDURE_ID_QUALIFIERS = (
    "ada_code",
    "cpt",
    "hcpcs",
    "icd_9_cm",
    "hiec_product_service_code",
    "ndc_5_4_2_format",
    "mutually_defined",
)
REQUEST = Schema(
    required=("trading_partner_id", "member", "provider"),
    optional=(
        "cpt_code",
        "procedure_id",
        "industry_code",
        "transaction_code",
        "correlation_id",
    ),
    objects={"provider": PROVIDER, "member": MEMBER, "payer": Schema()},
    checks={
        "member": identifies,
        "service_types": service_types,
        "procedure_id_qualifier": one_of(*PROCEDURE_ID_QUALIFIERS),
        "transaction_code": one_of("request", "cancellation"),
    },
)
DEFAULT_SERVICE_TYPES = ["health_benefit_plan_coverage"]
# Every recorded response was about an office visit, whatever the request asked for.
RECORDED_SERVICE = {
    "service_types": ["professional_physician_visit_office"],
    "service_type_codes": ["98"],
}


SERVICE_DATE = "2013-08-10"
#: By member id: what differs from the recorded response. No recording shows these.
MEMBERS: dict[str, dict[str, Any]] = {
    "00001234": {"coverage": {"active": False, "service_date": SERVICE_DATE}},
    "00009999": {
        "valid_request": False,
        "reject_reason": "patient_birth_date_mismatch",
        "follow_up_action": "correct_and_resubmit",
        "coverage": {"service_date": SERVICE_DATE},
    },
}
#: The same in X12: coverage is inactive; the birth date does not match, correct and send again.
X12_FINDINGS = {"00001234": ["EB*6**30"], "00009999": ["AAA*N**71*C"]}


@api.post("/eligibility/", x12="270")
def eligibility(call: Call) -> Any:
    body = call.validate(REQUEST)
    call.trading_partner("eligibility")
    sent = call.add_parameters(
        service_types=body.get("service_types") or DEFAULT_SERVICE_TYPES,
        transaction_code=body.get("transaction_code", "request"),
        payer=body.get("payer") or {"id": body["trading_partner_id"]},
        **{"async": body.get("async", False)},
    )
    response = build_response(body, sent)
    member_id = str((body.get("member") or {}).get("id"))
    change = MEMBERS.get(member_id)
    if change is not None:
        call.invented = True
        call.x12_findings = X12_FINDINGS[member_id]
        response = {**response, **change}
        # The benefits of a plan that does not cover the member.
        response.pop("summary")
    return call.respond(response)


@api.get("/eligibility/constants", billed=False, invented="the response")
def constants(call: Call) -> Any:
    return {"service_types": SERVICE_TYPES}


def build_response(body: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return MOCKPAYER's response; ``sent`` are the parameters of ``Call.add_parameters``."""
    return {
        "async": sent.get("async", False),
        "client_id": sent["client_id"],
        "correlation_id": sent["correlation_id"],
        "trading_partner_id": body["trading_partner_id"],
        "valid_request": True,
        **RECORDED_SERVICE,
        "payer": PAYER,
        "provider": _provider(body.get("provider", {})),
        "subscriber": _subscriber(body.get("member", {})),
        "coverage": _coverage(),
        "summary": summary(),
    }


def _provider(provider: dict[str, Any]) -> dict[str, Any]:
    names = ("npi", "first_name", "last_name", "organization_name")
    return {name: provider[name] for name in names if name in provider}


def _subscriber(member: dict[str, Any]) -> dict[str, Any]:
    repeated = ("id", "first_name", "middle_name", "last_name", "suffix", "birth_date")
    return {
        **{name: member[name] for name in repeated if name in member},
        # The service sent it without a request for it.
        "gender": member.get("gender", "female"),
        "address": {
            "address_lines": ["123 MAIN ST"],
            "city": "SPARTANBURG",
            "state": "SC",
            "zipcode": "29307",
        },
    }


# Cached, because each of 10,000 saved activities refers to it.
@cache
def _coverage() -> dict[str, Any]:
    plan = "MOCK INDIVIDUAL ADVANTAGE PLAN"
    common = {"insurance_type": "ppo", "plan_description": plan, **RECORDED_SERVICE}
    single = {**common, "coverage_level": "individual", "time_period": "calendar_year"}
    family = {**common, "coverage_level": "family", "time_period": "calendar_year"}
    inside, outside = {"in_plan_network": "yes"}, {"in_plan_network": "no"}
    return {
        "active": True,
        "level": "employee_and_spouse",
        "insurance_type": "ppo",
        "plan_description": plan,
        "group_description": plan,
        "group_number": "088818801000013",
        "plan_begin_date": "2013-02-15",
        "eligibility_begin_date": "2012-02-01",
        "service_date": SERVICE_DATE,
        "coinsurance": [
            {**common, **inside, "coverage_level": "individual", "benefit_percent": 0.0},
            {**common, **outside, "coverage_level": "individual", "benefit_percent": 0.5},
        ],
        "copay": [
            {**common, **inside, "coverage_level": "individual", "copayment": money("0")},
            {**common, **outside, "coverage_level": "individual", "copayment": money("0")},
        ],
        "deductibles": [
            {**single, **inside, "benefit_amount": money("3000")},
            {**single, **inside, "benefit_amount": money("2983.57"), "time_period": "remaining"},
            {**family, **inside, "benefit_amount": money("6000")},
            {**family, **inside, "benefit_amount": money("5956.09"), "time_period": "remaining"},
            {**single, **outside, "benefit_amount": money("6000")},
            {**family, **outside, "benefit_amount": money("12000")},
        ],
        "out_of_pocket": [
            {**single, **inside, "benefit_amount": money("3000")},
            {**family, **inside, "benefit_amount": money("6000")},
            {**single, **outside, "benefit_amount": money("12500")},
            {**family, **outside, "benefit_amount": money("25000")},
        ],
        "contacts": [
            {"contact_type": "payer", "name": "MOCK PAYER INC", "phone": "8005550100"},
        ],
    }


def _amounts(limit: str, applied: str, remaining: str) -> dict[str, Any]:
    return {
        "limit": money(limit),
        "applied": money(applied),
        "remaining": money(remaining),
    }


@cache
def summary() -> dict[str, Any]:
    single, family = ("3000", "16.43", "2983.57"), ("6000", "43.91", "5956.09")
    return {
        "deductible": {
            "individual": {
                "in_network": _amounts(*single),
                "out_of_network": _amounts("6000", "16.43", "5983.57"),
            },
            "family": {
                "in_network": _amounts(*family),
                "out_of_network": _amounts("12000", "43.91", "11956.09"),
            },
        },
        "out_of_pocket": {
            "individual": {
                "in_network": _amounts(*single),
                "out_of_network": _amounts("12500", "16.43", "12483.57"),
            },
            "family": {
                "in_network": _amounts(*family),
                "out_of_network": _amounts("25000", "43.91", "24956.09"),
            },
        },
    }
