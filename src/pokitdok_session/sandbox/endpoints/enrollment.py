"""Enrollment (834): requests that a carrier accepts later, and snapshots of its members."""

from __future__ import annotations

from typing import Any

from ..server.activities import CLAIM, SNAPSHOT, Activity
from ..server.call import Call, Page
from ..server.clock import format_date
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import Schema, one_of
from ..server.state import new_id
from ..x12.enrollment_834 import ACTIONS, MAINTENANCE, PURPOSES, parse_members

api = Family("enrollment")

maintenance_type = one_of(*MAINTENANCE.values())
# Only this family writes them in title case.
GENDERS = ("Female", "Male", "Unknown")

BENEFIT = Schema(
    required=("maintenance_type",),
    lists={
        "coordination_of_benefits": Schema(required=("payer_responsibility", "status")),
        "providers": Schema(required=("type", "entity_type")),
    },
    checks={"maintenance_type": maintenance_type},
)
MEMBER = Schema(
    objects={"address": Schema()},
    lists={"benefits": BENEFIT},
    checks={"gender": one_of(*GENDERS), "maintenance_type": maintenance_type},
)
REQUEST = Schema(
    required=("trading_partner_id", "action", "purpose", "payer", "sponsor", "subscriber"),
    optional=("master_policy_number", "reference_number"),
    objects={
        "payer": Schema(),
        "sponsor": Schema(),
        "broker": Schema(),
        "tpa": Schema(),
        "subscriber": MEMBER,
    },
    lists={"dependents": MEMBER},
    checks={"action": one_of(*ACTIONS.values()), "purpose": one_of(*PURPOSES.values())},
)
UPLOAD = Schema(required=("trading_partner_id",), optional=())


@api.post("/enrollment/", invented="the transitions and the result")
def enroll(call: Call) -> Activity:
    """Return an activity; it can be canceled until the request is sent, like a claim."""
    body = call.validate(REQUEST)
    call.trading_partner("enrollment")
    call.add_parameters()

    def accept(activity: Activity, when: float) -> None:
        receipt = {
            "trading_partner_id": body["trading_partner_id"],
            "date_received": format_date(when),
        }
        if "reference_number" in body:
            receipt["reference_number"] = body["reference_number"]
        activity.add_result(receipt, when)

    return call.run_later(CLAIM, delay=call.state.options.claim_delay, outcome=accept)


@api.post("/enrollment/snapshot", name="enrollment_snapshot")
def load(call: Call) -> Activity:
    """Return an activity; its result is the snapshot."""
    body = call.validate(UPLOAD)
    payer = call.trading_partner("enrollment_snapshot")
    text = call.require_file().text()
    call.activity.x12_request = text
    found = parse_members(text, payer)
    if not found:
        raise ValidationError({"file": ["There is no member in it."]})
    call.activity.parameters = {"trading_partner_id": body["trading_partner_id"]}
    call.activity.units_of_work = len(found)

    def store(activity: Activity, when: float) -> None:
        snapshot = {
            "snapshot_id": new_id(),
            "snapshot_date": format_date(when),
            "trading_partner_id": body["trading_partner_id"],
        }
        call.store()[snapshot["snapshot_id"]] = (snapshot, found)
        activity.add_result(snapshot, when)

    return call.run_later(SNAPSHOT, delay=call.state.options.claim_delay, outcome=store)


@api.get("/enrollment/snapshot", name="enrollment_snapshot", billed=False)
def snapshots(call: Call) -> Page:
    return Page([snapshot for snapshot, _ in call.store().values()])


@api.get("/enrollment/snapshot/{id}", name="enrollment_snapshot", billed=False)
def snapshot(call: Call) -> Any:
    return call.find("snapshot", "id")[0]


@api.get("/enrollment/snapshot/{id}/data", name="enrollment_snapshot", billed=False)
def snapshot_data(call: Call) -> Page:
    return Page(call.find("snapshot", "id")[1])
