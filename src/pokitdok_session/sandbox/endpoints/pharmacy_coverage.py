"""Pharmacy coverage: what a patient pays at the counter, from a draft of April 2018."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from ..data.pharmacies import DRUGS, PHARMACIES, PLANS, Drug
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import Schema, matching, npi, one_of
from .pharmacy import patient_pays

# Only a draft knew this call, so that neither its cost nor a whole answer was ever seen.
api = Family("pharmacy_coverage")

MOST_DRUGS = 4
MONTH = 30


def _birth_date(value: Any) -> str | None:
    """Without hyphens, unlike everywhere else."""
    try:
        datetime.strptime(value, "%Y%m%d")
    except (TypeError, ValueError):
        return "Must be a date, YYYYMMDD."
    return None if len(value) == len("YYYYMMDD") else "Must be a date, YYYYMMDD."


def _quantity(value: Any) -> str | None:
    is_number = type(value) in (int, float) and 0 < value < 100_000
    return None if is_number else "Must be a number above zero."


def _one_to_four(value: Any) -> str | None:
    is_right = isinstance(value, list) and 1 <= len(value) <= MOST_DRUGS
    return None if is_right else f"Must be one to {MOST_DRUGS} drugs."


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
# The insurance names no plan of the formularies, so that everybody has this one.
PLAN = PLANS["S0000003"]


@api.post("/pharmacy/coverage/")
def coverage(call: Call) -> Any:
    body = call.validate(REQUEST)
    is_in_network = str(body["pharmacy_npi"]) in PHARMACIES
    return {"drugs": [_answer(asked, is_in_network) for asked in body["drugs"]]}


def _answer(asked: dict[str, Any], is_in_network: bool) -> dict[str, Any]:
    drug = next((drug for drug in DRUGS if drug.ndc == str(asked["ndc"])), None)
    row: dict[str, Any] = {
        "ndc": str(asked["ndc"]),
        "quantity_dispensed": str(asked["quantity_dispensed"]),
        "rejections": _rejections(drug, asked, is_in_network),
        "additional_information": [],
        "history": [],
    }
    if drug is None or row["rejections"]:
        return row
    # As if one were taken a day.
    cost = drug.monthly * asked["quantity_dispensed"] / MONTH
    pays = patient_pays(drug, PLAN, cost)
    is_copay = drug.tier <= len(PLAN.copays)
    return {
        **row,
        "patient_pay_amount": _money(pays),
        "amount_of_copay": _money(pays if is_copay else 0.0),
        "amount_of_coinsurance": [] if is_copay else [{**_money(pays), "amount": round(pays, 2)}],
        "prescription_service_reference_number": f"{secrets.randbelow(10**12):012d}",
    }


def _rejections(drug: Drug | None, asked: dict[str, Any], is_in_network: bool) -> list[str]:
    """The names of reject codes of NCPDP; the draft had no sample."""
    if drug is None:
        return ["Product/Service Not Covered"]
    if not is_in_network:
        return ["Pharmacy Not Contracted With Plan"]
    if drug.prior_auth and not asked.get("prior_authorization_number_submitted"):
        return ["Prior Authorization Required"]
    return []


def _money(amount: float) -> dict[str, Any]:
    return {"amount": f"{amount:.2f}", "currency": "USD", "display": f"${amount:,.2f}"}
