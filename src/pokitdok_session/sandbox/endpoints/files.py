"""Files: a batch of X12 transactions. Each transaction becomes a child activity."""

from __future__ import annotations

from ..server.activities import FILE, REALTIME, Activity
from ..server.call import Call
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import Schema
from ..x12 import interchange as x12

api = Family("files")

FORM = Schema(required=("trading_partner_id",), optional=())
NAMES = {
    "270": "eligibility",
    "276": "claims_status",
    "278": "authorizations",
    "834": "enrollment",
    "837": "claims",
}


@api.post("/files/", name="batch file", invented="the results of the children")
def files(call: Call) -> Activity:
    """Return the batch. Its children end with it; the result of each is X12."""
    body = call.validate(FORM)
    call.trading_partner("files")
    text = call.require_file().text()
    call.activity.x12_request = text
    found = x12.split_transactions(text)
    if not found:
        raise ValidationError({"file": ["There is no transaction in it."]})
    call.activity.units_of_work = len(found)
    between, end, _ = x12.separators(text)
    children: list[tuple[Activity, str]] = []
    for transaction in found:
        kind = x12.element(transaction[0], 1)
        child = call.add_child(NAMES.get(kind, kind))
        child.path = REALTIME
        child.x12_request = "".join(between.join(segment) + end for segment in transaction)
        children.append((child, kind))

    def finish(activity: Activity, when: float) -> None:
        for child, kind in children:
            response = x12.build_response(kind, body, when)
            child.x12_response = response
            child.add_result({"x12": response}, when)
            child.finish(when)

    batch = call.run_later(FILE, delay=call.state.options.claim_delay, outcome=finish)
    # The documented response is already past `stored`.
    batch.step(call.now)
    return batch
