"""A payment as raw X12 (835)."""

from __future__ import annotations

from typing import Any

from .interchange import build_interchange, compact_date

GROUP_CODES = {"contractual_obligations": "CO", "patient_responsibility": "PR"}


def build_835(payment: dict[str, Any], when: float) -> str:
    """Return the interchange of a payment."""
    financial, payer, payee = (
        payment[name] for name in ("financial_information", "payer", "payee")
    )
    paid = financial["payment_amount"]["amount"]
    day = compact_date(financial["effective_date"])
    content = [
        f"BPR*I*{paid}*C*ACH*CCP*01*999999992*DA*0000000001*9012345678**01*999999992*DA*1*{day}",
        f"TRN*1*{financial['check_eft_trace_number']}*9012345678",
        f"DTM*405*{compact_date(payment['production_date'])}",
        f"N1*PR*{payer['name']}",
        f"N1*PE*{payee['name']}*XX*{payee.get('npi', '')}",
        "LX*1",
    ]
    for claim in payment["claim_payments"]:
        content += _claim(claim, payment["patient"])
    return build_interchange("835", content, payer["id"], when)


def _claim(claim: dict[str, Any], patient: dict[str, Any]) -> list[str]:
    total, paid, owed = (
        claim[name]["amount"]
        for name in ("total_charge_amount", "payment_amount", "patient_responsibility_amount")
    )
    numbers = (claim["patient_control_number"], claim["control_number"])
    names = f"{patient.get('last_name', '')}*{patient.get('first_name', '')}"
    segments = [
        f"CLP*{numbers[0]}*1*{total}*{paid}*{owed}*12*{numbers[1]}*11*1",
        *(
            f"CAS*{GROUP_CODES[adjustment['group']]}*{adjustment['reason_code']}"
            f"*{adjustment['amount']['amount']}"
            for adjustment in claim["adjustments"]
        ),
        f"NM1*QC*1*{names}****MI*{patient.get('id') or ''}",
    ]
    for service in claim["services"]:
        charge, share = (
            service[name]["amount"] for name in ("charge_amount", "provider_payment_amount")
        )
        segments += [
            f"SVC*HC:{service['adjudicated_procedure_code']}*{charge}*{share}",
            f"DTM*472*{compact_date(str(service['service_date']))}",
        ]
    return segments
