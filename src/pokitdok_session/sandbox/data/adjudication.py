"""How MOCKPAYER decides about a claim: its acknowledgment (277) and its payment (835)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ..server.activities import Activity
from ..server.clock import format_date
from .icd import remove_dot
from .money import money, parse_decimal

CENT = Decimal("0.01")
PAID_SHARE = Decimal("0.85")
CONTRACTUAL_SHARE = Decimal("0.05")
TRACE_DIGITS = 9
MAX_CHARGE = Decimal(10) ** 15


@dataclass(frozen=True)
class Rejection:
    category_code: str
    category: str
    text: str


_INVALID = ("A7", "Acknowledgement/Rejected for Invalid Information")
#: By the member_id of the patient or the subscriber.
MEMBERS = {
    "00001234": Rejection(*_INVALID, "Entity not eligible for benefits for the date of service."),
    "00009999": Rejection(*_INVALID, "Entity's date of birth does not match."),
}
#: By ICD-10 code, without the dot.
DIAGNOSES = {
    "I6991": Rejection(*_INVALID, "Diagnosis code is not specific enough."),
    "I11945": Rejection(*_INVALID, "Diagnosis code is not valid on the date of service."),
}


def find_rejection(parameters: dict[str, Any]) -> Rejection | None:
    """Return why MOCKPAYER rejects a claim, by the ids and codes above, or None."""
    for role in ("patient", "subscriber"):
        person = parameters.get(role) or {}
        member = str(person.get("member_id"))
        if member in MEMBERS:
            return MEMBERS[member]
    for line in _lines(parameters):
        codes = line.get("diagnosis_codes")
        for code in codes if isinstance(codes, list) else []:
            # Converted claims have codes without a dot.
            if remove_dot(str(code)) in DIAGNOSES:
                return DIAGNOSES[remove_dot(str(code))]
    return None


def build_acknowledgment(
    activity: Activity, when: float, rejection: Rejection | None
) -> dict[str, Any]:
    """Return the payer's first response, a 277CA."""
    total = _charge(activity.parameters)
    status = {
        "action": "reject" if rejection else "accept",
        "status_category": rejection.category if rejection else "Acknowledgement/Acceptance",
        "status_category_code": rejection.category_code if rejection else "A2",
        "status_code": rejection.text if rejection else "Accepted for processing.",
        "status_effective_date": format_date(when),
        "total_claim_amount": money(total),
    }
    accepted = 0 if rejection else 1
    return {
        "client_id": activity.parameters.get("client_id"),
        "trading_partner_id": activity.trading_partner_id,
        "correlation_id": activity.id,
        "clearinghouse": {
            "name": "MOCK CLEARINGHOUSE",
            "transmitter_id": "MOCKRECEIVER",
            "date_received": format_date(when),
            "date_processed": format_date(when),
        },
        "submitter": {
            "organization_name": "POKITDOK TESTING",
            "id": "POKITDOKTEST",
            "tracking_id": activity.id[:12].upper(),
            "accepted_quantity": accepted,
            "amount_in_process": money(total if accepted else Decimal(0)),
            "statuses": [status],
        },
        "providers": [
            {
                **_provider(activity.parameters.get("billing_provider")),
                "trace_number": activity.id[12:].upper(),
                "accepted_quantity": accepted,
                "amount_in_process": money(total if accepted else Decimal(0)),
            }
        ],
        "patient": {
            **_patient(activity.parameters),
            "claim_level_info": {
                "statuses": [status],
                "claim_id_number": activity.id[:10].upper(),
                "tracking_id": activity.id[:12].upper(),
                "service_date": _service_date(activity.parameters, when),
            },
        },
    }


def build_remittance(activity: Activity, when: float) -> dict[str, Any]:
    """Return an 835: 85 % of the charge is paid, 5 % is contractual, the patient pays the rest."""
    parameters = activity.parameters
    total = _charge(parameters)
    paid, contractual = _round(total * PAID_SHARE), _round(total * CONTRACTUAL_SHARE)
    owed = total - paid - contractual
    adjustments = [
        _adjustment(
            contractual, "contractual_obligations", "45", "Charge exceeds the fee schedule"
        ),
        _adjustment(owed, "patient_responsibility", "2", "Coinsurance amount"),
    ]
    lines = _lines(parameters)
    return {
        "transaction_type": "remittance_information_only",
        "production_date": format_date(when),
        "received_date": format_date(when),
        "patient_responsibility_amount": money(owed),
        "patient": _patient(parameters),
        "payer": {"name": "MOCK PAYER INC", "id": activity.trading_partner_id},
        "payee": _payee(parameters.get("billing_provider") or {}),
        "financial_information": {
            "check_eft_trace_number": str(int(activity.id, 16))[:TRACE_DIGITS],
            "transaction_type": "remittance_information_only",
            "payment_amount": money(paid),
            "payment_method": "automated_clearing_house",
            "transaction_handling": "remittance_information_only",
            "effective_date": format_date(when),
        },
        "claim_payments": [
            {
                "control_number": activity.id[:12].upper(),
                "patient_control_number": activity.id,
                "status": "processed_as_primary",
                "payment_amount": money(paid),
                "total_charge_amount": money(total),
                "patient_responsibility_amount": money(owed),
                "adjustments": adjustments,
                "services": [_paid_service(line) for line in lines],
            }
        ],
    }


def _paid_service(line: dict[str, Any]) -> dict[str, Any]:
    charge = _amount(line.get("charge_amount"))
    return {
        "adjudicated_procedure_code": line.get("procedure_code"),
        "adjudicated_procedure_code_qualifier": "health_care",
        "charge_amount": money(charge),
        "provider_payment_amount": money(_round(charge * PAID_SHARE)),
        "service_date": line.get("service_date"),
    }


def _adjustment(amount: Decimal, group: str, code: str, reason: str) -> dict[str, Any]:
    return {"amount": money(amount), "group": group, "reason_code": code, "reason": reason}


def _lines(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    lines = (parameters.get("claim") or {}).get("service_lines")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _charge(parameters: dict[str, Any]) -> Decimal:
    return _amount((parameters.get("claim") or {}).get("total_charge_amount"))


def _amount(value: Any) -> Decimal:
    number = parse_decimal(value)
    return Decimal(0) if number is None or abs(number) > MAX_CHARGE else _round(number)


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def _patient(parameters: dict[str, Any]) -> dict[str, Any]:
    person = parameters.get("patient") or parameters.get("subscriber") or {}
    names = {name: person[name] for name in ("first_name", "last_name") if name in person}
    return {**names, "id": person.get("member_id")}


def _provider(provider: Any) -> dict[str, Any]:
    names = ("first_name", "last_name", "organization_name", "npi", "tax_id")
    return {name: provider[name] for name in names if name in provider} if provider else {}


def _payee(provider: dict[str, Any]) -> dict[str, Any]:
    person = " ".join(str(provider.get(name, "")) for name in ("first_name", "last_name")).strip()
    payee = {"name": provider.get("organization_name") or person}
    return payee | {name: provider[name] for name in ("npi", "tax_id") if name in provider}


def _service_date(parameters: dict[str, Any], when: float) -> str:
    lines = _lines(parameters)
    return str(lines[0].get("service_date")) if lines else format_date(when)
