"""Activities: list, look at, cancel."""

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
        # Were each further page to show up in the next, a walk over pages would meet items
        # twice and, with limit=1, never end.
        call.app.activities.hide(call.activity)
    parent = call.query.get("parent_id")
    every = call.app.activities
    return Page(every if parent is None else every.children(parent), counted=True)


@api.get("/activities/{id}")
def activity(call: Call) -> Any:
    with_x12 = ACTIVITY_X12 in call.headers.get("accept", "")
    return _own(call).to_json(x12=with_x12)


@api.put("/activities/{id}")
def transition(call: Call) -> Activity:
    call.validate(TRANSITION)
    found = _own(call)
    if found.state not in CANCELABLE:
        raise ValidationError({"transition": [f"Not allowed in state {found.state}."]})
    # Parts of a batch that will not come must not be waited for.
    for one in (found, *call.app.activities.children(found.id)):
        if not one.finished:
            one.enter("canceled", call.now)
    return found


def _own(call: Call) -> Activity:
    found = call.app.activities.find(call.params["id"])
    if found is None:
        raise NotFound("activity")
    return found
