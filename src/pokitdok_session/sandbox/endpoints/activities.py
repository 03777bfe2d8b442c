"""Activities: list, look up, cancel."""

from __future__ import annotations

from typing import Any

from ..server.activities import CANCELABLE, Activity
from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import Schema, one_of

ACTIVITY_X12 = "application/vnd.pokitdok.v4+activity-x12-json"
TRANSITION = Schema(required=("transition",), optional=(), checks={"transition": one_of("cancel")})

api = Family("activities", billed=False)


@api.get("/activities/")
def activities(call: Call) -> Page:
    if call.query.get("offset", "0") != "0":
        # A listed call for the next page would move the items of that page: a client would see
        # items twice, and with limit=1 never reach the end.
        call.app.activities.hide(call.activity)
    parent_id = call.query.get("parent_id")
    own = call.app.activities
    return Page(own if parent_id is None else own.children(parent_id), counted=True)


@api.get("/activities/{id}")
def activity(call: Call) -> Any:
    with_x12 = ACTIVITY_X12 in call.headers.get("accept", "")
    return _find(call).to_json(x12=with_x12)


@api.put("/activities/{id}")
def transition(call: Call) -> Activity:
    call.validate(TRANSITION)
    found = _find(call)
    if found.state not in CANCELABLE:
        raise ValidationError({"transition": [f"Not allowed in state {found.state}."]})
    # The parts of a canceled batch end too.
    for each in (found, *call.app.activities.children(found.id)):
        if not each.finished:
            each.enter("canceled", call.now)
    return found


def _find(call: Call) -> Activity:
    found = call.app.activities.find(call.params["id"])
    if found is None:
        raise NotFound("activity")
    return found
