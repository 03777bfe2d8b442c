"""Pharmacy coverage: what a patient pays in a pharmacy. Only a draft of April 2018 had it."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from ..data.money import money
from ..data.pharmacies import DRUGS, PHARMACIES, PLANS, Drug
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import Schema, matching, npi, one_of
from .pharmacy import patient_pays

api = Family(
    "pharmacy_coverage", invented="whether it is billed, the rejections, most of the response"
)

MAX_DRUGS = 4
MONTH = 30


def _birth_date(value: Any) -> str | None:
    """A date without hyphens; only this family writes it so."""
    try:
        datetime.strptime(value, "%Y%m%d")
    except (TypeError, ValueError):
        return "Must be a date, YYYYMMDD."
    return None if len(value) == len("YYYYMMDD") else "Must be a date, YYYYMMDD."


def _quantity(value: Any) -> str | None:
    is_number = type(value) in (int, float) and 0 < value < 100_000
    return None if is_number else "Must be a number above zero."


def _one_to_four(value: Any) -> str | None:
    is_right = isinstance(value, list) and 1 <= len(value) <= MAX_DRUGS
    return None if is_right else f"Must be one to {MAX_DRUGS} drugs."


REQUEST = Schema(
    required=("pharmacy_npi", "prescriber", "member", "insurance", "drugs"),
    optional=(),
    objects={
        "prescriber": Schema(required=("npi", "last_name"), checks={"npi": npi}),
        "member": Schema(
            required=("last_name", "date_of_birth", "gender"),
            checks={
                "date_of_birth": _birth_date,
                "gender": one_of("Male", "Female", "Unknown"),
            },
        ),
        "insurance": Schema(required=("cardholder_id", "bin_number"), may_be_empty=("pcn",)),
    },
    lists={
        "drugs": Schema(
            required=("ndc", "quantity_dispensed"),
            checks={
                "ndc": matching(r"\d{11}", "Must be eleven digits."),
                "quantity_dispensed": _quantity,
            },
        )
    },
    checks={"pharmacy_npi": npi, "drugs": _one_to_four},
)
# The request's insurance does not name a plan of the formularies: every patient has this one.
PLAN = PLANS["S0000003"]


@api.post("/pharmacy/coverage/")
def coverage(call: Call) -> Any:
    body = call.validate(REQUEST)
    is_in_network = str(body["pharmacy_npi"]) in PHARMACIES
    return {"drugs": [_covered(drug, is_in_network) for drug in body["drugs"]]}


def _covered(sent: dict[str, Any], is_in_network: bool) -> dict[str, Any]:
    drug = next((drug for drug in DRUGS if drug.ndc == str(sent["ndc"])), None)
    row: dict[str, Any] = {
        "ndc": str(sent["ndc"]),
        "quantity_dispensed": str(sent["quantity_dispensed"]),
        "rejections": _rejections(drug, sent, is_in_network),
        "additional_information": [],
        "history": [],
    }
    if drug is None or row["rejections"]:
        return row
    # One unit per day.
    cost = drug.monthly * sent["quantity_dispensed"] / MONTH
    pays = patient_pays(drug, PLAN, cost)
    is_copay = drug.tier <= len(PLAN.copays)
    return {
        **row,
        "patient_pay_amount": _displayed(pays),
        "amount_of_copay": _displayed(pays if is_copay else 0.0),
        "amount_of_coinsurance": (
            [] if is_copay else [{**_displayed(pays), "amount": round(pays, 2)}]
        ),
        "prescription_service_reference_number": f"{secrets.randbelow(10**12):012d}",
    }


def _rejections(drug: Drug | None, sent: dict[str, Any], is_in_network: bool) -> list[str]:
    """Return names of NCPDP's reject codes."""
    if drug is None:
        return ["Product/Service Not Covered"]
    if not is_in_network:
        return ["Pharmacy Not Contracted With Plan"]
    if drug.prior_auth and not sent.get("prior_authorization_number_submitted"):
        return ["Prior Authorization Required"]
    return []


def _displayed(amount: float) -> dict[str, Any]:
    return {**money(amount), "display": f"${amount:,.2f}"}
