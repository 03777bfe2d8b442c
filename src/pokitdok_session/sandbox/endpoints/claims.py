"""Claims (837) and their status (276/277). MOCKPAYER decides minutes after a claim is sent."""

from __future__ import annotations

from typing import Any

from ..data.adjudication import build_acknowledgment, build_remittance, find_rejection
from ..data.claim_fields import CLAIM_REQUEST, PROVIDER
from ..data.money import money, parse_decimal
from ..data.payers import MOCKPAYER, PAYER
from ..server.activities import CLAIM, Activity
from ..server.call import Call
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema
from ..server.state import new_id

api = Family("claims")

# Seconds between the acknowledgment of a claim and its payment (835).
PAYMENT_DELAY = 60.0

STATUS_REQUEST = Schema(
    required=("trading_partner_id", "provider", "patient"),
    optional=(
        "subscriber",
        "service_date",
        "service_end_date",
        "tracking_id",
        "claim_charge_amount",
        "pharmacy_prescription_number",
        "payer",
        "receiver",
        "submitter",
        "claims_activity_id",
        "correlation_id",
    ),
    objects={"provider": PROVIDER, "patient": Schema()},
)
CLAIM_DEFAULTS = {
    "claim_frequency": "original",
    "place_of_service": "office",
    "direct_payment": "y",
    "plan_participation": "assigned",
    "information_release": "informed_consent",
    "provider_signature": True,
    "patient_signature_on_file": True,
}
DECIMALS = ("total_charge_amount", "patient_paid_amount", "charge_amount", "unit_count")


@api.post("/claims/", x12="837")
def submit(call: Call) -> Activity:
    """Accept a claim; it can be canceled until it is sent to the payer."""
    body = call.validate(CLAIM_REQUEST)
    call.trading_partner("claims")
    wants_payment = mock_payment(body)
    if wants_payment and not body.get("callback_url"):
        raise ValidationError({"callback_url": [REQUIRED]})
    added = {
        "submitter": {
            "organization_name": "POKITDOK TESTING",
            "id": "POKITDOKTEST",
            "email": "sandbox@example.com",
        },
        "receiver": {"id": "MOCKRECEIVER", "organization_name": "MOCKRECEIVER"},
        "payer": {"id": body["trading_partner_id"], "organization_name": MOCKPAYER},
    }
    call.add_parameters(**{**added, **with_defaults(body)})
    call.activity.tracking_description = "submitting"

    def decide(activity: Activity, when: float) -> None:
        rejection = find_rejection(activity.parameters)
        activity.add_result(build_acknowledgment(activity, when, rejection), when)
        activity.tracking_description = "rejected" if rejection else "acknowledged"
        if rejection is not None:
            activity.enter("rejected", when)
        elif wants_payment:
            call.clock.at(when + PAYMENT_DELAY, lambda later: settle(call, activity, later))

    return call.run_later(CLAIM, delay=call.state.options.claim_delay, outcome=decide)


@api.post("/claims/status", name="claims_status", x12="276")
def status(call: Call) -> Any:
    """Return MOCKPAYER's one paid claim, for every patient."""
    body = call.validate(STATUS_REQUEST)
    call.trading_partner("claims_status")
    sent = call.add_parameters(**{"async": body.get("async", False)})
    day = body.get("service_date", "2014-01-01")
    paid = {
        "status_category": "Finalized/Payment-The claim/line has been paid.",
        "status_category_code": "F1",
        "status_code": "Claim/line has been paid.",
        "status_code_value": "65",
        "status_effective_date": day,
    }
    claim = {
        "tracking_id": "E1TWCYYMF",
        "claim_control_number": "E1TWCYYMF00",
        "check_number": "08608-035632423",
        "applied_to_deductible": False,
        "total_claim_amount": money("150"),
        "claim_payment_amount": money("125"),
        "adjudication_finalized_date": day,
        "remittance_date": day,
        "service_date": day,
        "service_end_date": body.get("service_end_date", day),
        "services": [
            {
                "cpt_code": "99214",
                "charge_amount": money("150"),
                "payment_amount": money("125"),
                "service_date": day,
                "service_end_date": day,
                "statuses": [paid],
            }
        ],
        "statuses": [{**paid, "total_claim_amount": money("150")}],
    }
    response = {
        "client_id": call.app.client_id,
        "correlation_id": sent["correlation_id"],
        "trading_partner_id": body["trading_partner_id"],
        "payer": PAYER,
        "submitter": {"id": "POKITDOKTEST", "organization_name": "POKITDOK TESTING"},
        "providers": [body.get("provider", {})],
        "patient": {**body.get("patient", {}), "claims": [claim]},
    }
    claims_activity = call.app.activities.find(str(body.get("claims_activity_id")))
    if claims_activity is not None:
        claims_activity.add_result(response, call.now)
    return call.respond(response)


def mock_payment(body: dict[str, Any]) -> bool:
    data = body.get("application_data")
    return isinstance(data, dict) and data.get("mock_claim_payment") is True


def settle(call: Call, activity: Activity, when: float) -> None:
    """Add the payment: as the activity's newest result, to the payments, as a callback."""
    with call.state.lock:
        payment = build_remittance(activity, when)
        activity.payment_id = new_id()
        activity.add_result(payment, when)
        activity.tracking_description = "paid"
        call.store("payments")[activity.payment_id] = {
            "id": activity.payment_id,
            "activity_id": activity.id,
            "trading_partner_id": activity.trading_partner_id,
            "received": when,
            "payment": payment,
        }
        call.app.activities.update_size(activity)
        call.state.callbacks.enqueue(activity)


def with_defaults(body: dict[str, Any]) -> dict[str, Any]:
    """Return the request as the platform shows it: with defaults, and decimals as strings."""
    shown = dict(body)
    if isinstance(body.get("subscriber"), dict):
        shown["subscriber"] = {"payer_responsibility": "primary", **body["subscriber"]}
    if isinstance(body.get("claim"), dict):
        claim = {**CLAIM_DEFAULTS, **_with_strings(body["claim"])}
        if isinstance(claim.get("service_lines"), list):
            claim["service_lines"] = [
                {"unit_type": "units", **line} for line in claim["service_lines"]
            ]
        shown["claim"] = claim
    return shown


def _with_strings(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_strings(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _decimal_string(item) if name in DECIMALS else _with_strings(item)
        for name, item in value.items()
    }


def _decimal_string(value: Any) -> Any:
    number = parse_decimal(value)
    return value if number is None else str(number)
