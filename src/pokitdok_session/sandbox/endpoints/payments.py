"""Payments: for mock claims, and three for claims that were not sent through the API."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from ..data.adjudication import build_remittance
from ..data.money import parse_decimal
from ..data.payers import MOCKPAYER
from ..server.activities import Activity
from ..server.call import Call, Page, Raw
from ..server.clock import format_date
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import iso_date
from ..x12 import interchange as x12
from ..x12.remittance_835 import build_835

api = Family("payments", billed=False)

EXACT = ("trading_partner_id", "payment_type")
DATES = {
    "effective_date": ("effective_date", "is"),
    "effective_date_start": ("effective_date", "from"),
    "effective_date_end": ("effective_date", "until"),
    "received_date_start": ("received_date", "from"),
    "received_date_end": ("received_date", "until"),
}


def _make_payment(number: int, payer: str, received: str, charge: str, code: str) -> dict[str, Any]:
    """Return the payment of a claim that has no activity."""
    when = datetime.fromisoformat(received).replace(tzinfo=timezone.utc).timestamp()
    claim = {
        "billing_provider": {"organization_name": "Thistledown Clinic", "npi": "1234567893"},
        "subscriber": {
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "member_id": "W000000000",
        },
        "claim": {
            "total_charge_amount": charge,
            "service_lines": [
                {"procedure_code": code, "charge_amount": charge, "service_date": received}
            ],
        },
    }
    activity = Activity(
        "claims",
        when,
        number,
        # Its first digits are the trace number.
        id=f"{number}{'5d0c' * 6}"[:24],
        parameters=claim,
        trading_partner_id=payer,
    )
    return {
        "id": activity.id,
        "activity_id": None,
        "trading_partner_id": payer,
        "received": when,
        "payment": build_remittance(activity, when),
    }


CANNED = [
    _make_payment(1, MOCKPAYER, "2018-11-05", "120.00", "99213"),
    _make_payment(2, MOCKPAYER, "2018-12-03", "150.00", "99214"),
    _make_payment(3, "SANDBOX_PAYER_01", "2019-01-14", "75.50", "98940"),
]


@api.get("/payments/", invented="the order: as received")
def payments(call: Call) -> Page:
    call.require_params(**dict.fromkeys(DATES, iso_date))
    found = [_summary(payment) for payment in _all(call).values()]
    for name in EXACT:
        if name in call.query:
            found = [item for item in found if item[name] == call.query[name]]
    trace = call.query.get("check_eft_trace_number")
    if trace is not None:
        found = [item for item in found if _trace(_all(call)[item["id"]]) == trace]
    if "amount" in call.query:
        amount = parse_decimal(call.query["amount"])
        if amount is None:
            raise ValidationError({"amount": ["Not an amount."]})
        found = [item for item in found if Decimal(item["total"]["amount"]) == amount]
    for name, (field, how) in DATES.items():
        if name in call.query:
            found = [item for item in found if _is_in_range(item[field], how, call.query[name])]
    return Page(found)


@api.get("/payments/{id}")
def payment(call: Call) -> Any:
    item = call.find("payment", "id", _all(call))
    summary = _summary(item)
    for name in ("effective_date", "received_date", "total"):
        del summary[name]
    return {
        **summary,
        **{name: item["payment"][name] for name in ("financial_information", "payee", "payer")},
    }


@api.get("/payments/{id}/data")
def payment_data(call: Call) -> Any:
    item = call.find("payment", "id", _all(call))
    if x12.BARE in call.headers.get("accept", ""):
        return Raw(build_835(item["payment"], item["received"]), x12.BARE)
    return Page([item["payment"]])


def _all(call: Call) -> dict[str, dict[str, Any]]:
    return {**{canned["id"]: canned for canned in CANNED}, **call.store()}


def _summary(payment: dict[str, Any]) -> dict[str, Any]:
    financial = payment["payment"]["financial_information"]
    return {
        "id": payment["id"],
        "payment_type": "claim_payment",
        "trading_partner_id": payment["trading_partner_id"],
        "effective_date": financial["effective_date"],
        "received_date": format_date(payment["received"]),
        "total": financial["payment_amount"],
        "transaction_count": len(payment["payment"]["claim_payments"]),
        "linked_activity_count": 0 if payment["activity_id"] is None else 1,
    }


def _trace(payment: dict[str, Any]) -> Any:
    return payment["payment"]["financial_information"]["check_eft_trace_number"]


def _is_in_range(when: str, how: str, limit: str) -> bool:
    # ISO dates sort as strings.
    return {"is": when == limit, "from": when >= limit, "until": when <= limit}[how]
