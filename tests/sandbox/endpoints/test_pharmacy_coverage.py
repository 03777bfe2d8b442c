"""Pharmacy coverage: what a patient pays per drug."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError

SIMVASTATIN, CELECOXIB, ADALIMUMAB = "00000000101", "00000000601", "00000000701"


@pytest.fixture
def request_() -> dict[str, Any]:
    return {
        "pharmacy_npi": "1234567893",
        "prescriber": {"npi": "1234567893", "last_name": "Thistledown"},
        "member": {
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "date_of_birth": "19700125",
            "gender": "Female",
        },
        "insurance": {"cardholder_id": "W000000000", "bin_number": "000000", "pcn": ""},
        "drugs": [{"ndc": SIMVASTATIN, "quantity_dispensed": 30}],
    }


def test_coverage_copay_is_an_amount(session: PokitDokSession, request_: dict[str, Any]) -> None:
    [drug] = session.pharmacy_coverage(request_).data["drugs"]
    assert (drug["ndc"], drug["quantity_dispensed"], drug["rejections"]) == (SIMVASTATIN, "30", [])
    money = {"amount": "1.00", "currency": "USD", "display": "$1.00"}
    assert drug["patient_pay_amount"] == drug["amount_of_copay"] == money
    assert drug["amount_of_coinsurance"] == []
    assert drug["prescription_service_reference_number"]


def test_coverage_coinsurance_is_a_number(
    session: PokitDokSession, request_: dict[str, Any]
) -> None:
    request_["drugs"] = [{"ndc": CELECOXIB, "quantity_dispensed": 15.0}]
    [drug] = session.pharmacy_coverage(request_).data["drugs"]
    [coinsurance] = drug["amount_of_coinsurance"]
    assert coinsurance["amount"] == 19.2
    assert drug["patient_pay_amount"]["amount"] == "19.20"
    assert drug["amount_of_copay"]["amount"] == "0.00"


def test_coverage_has_a_row_per_drug(session: PokitDokSession, request_: dict[str, Any]) -> None:
    request_["drugs"] = [
        {"ndc": SIMVASTATIN, "quantity_dispensed": 30},
        {"ndc": ADALIMUMAB, "quantity_dispensed": 2},
        {"ndc": "99999999999", "quantity_dispensed": 1},
        {
            "ndc": ADALIMUMAB,
            "quantity_dispensed": 2,
            "prior_authorization_number_submitted": "1",
        },
    ]
    drugs = session.pharmacy_coverage(request_).data["drugs"]
    assert [drug["rejections"] for drug in drugs] == [
        [],
        ["Prior Authorization Required"],
        ["Product/Service Not Covered"],
        [],
    ]
    assert "patient_pay_amount" not in drugs[1]


def test_coverage_pharmacy_without_contract_is_rejected(
    session: PokitDokSession, request_: dict[str, Any]
) -> None:
    request_["pharmacy_npi"] = "2000000010"
    [drug] = session.pharmacy_coverage(request_).data["drugs"]
    assert drug["rejections"] == ["Pharmacy Not Contracted With Plan"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pharmacy_npi": "1234567890"}, "pharmacy_npi"),
        ({"prescriber": {"npi": "3", "last_name": "Thistledown"}}, "prescriber.npi"),
        ({"member": None}, "member"),
        (
            {"member": {"last_name": "Q", "date_of_birth": "1970-01-25", "gender": "Female"}},
            "member.date_of_birth",
        ),
        (
            {"member": {"last_name": "Q", "date_of_birth": "19700125", "gender": "female"}},
            "member.gender",
        ),
        ({"insurance": {"cardholder_id": "W0", "bin_number": "0"}}, "insurance.pcn"),
        ({"drugs": []}, "drugs"),
        ({"drugs": [{"ndc": SIMVASTATIN, "quantity_dispensed": 1}] * 5}, "drugs"),
        ({"drugs": [{"ndc": "101", "quantity_dispensed": 1}]}, "drugs[0].ndc"),
        (
            {"drugs": [{"ndc": SIMVASTATIN, "quantity_dispensed": "30"}]},
            "drugs[0].quantity_dispensed",
        ),
        ({"pharmacy": "1234567893"}, "pharmacy"),
    ],
)
def test_coverage_invalid_field_is_named(
    session: PokitDokSession, request_: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.pharmacy_coverage({**request_, **change})
    assert list(caught.value.errors) == [field]
