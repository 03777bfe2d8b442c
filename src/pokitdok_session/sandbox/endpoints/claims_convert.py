"""Claims conversion: a file of claims (837) becomes JSON, with its diagnoses in ICD-10."""

from __future__ import annotations

from typing import Any

from ..server.activities import FILE, Activity
from ..server.call import ASYNC_DELAY, Call
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import Schema
from ..x12.claims_837 import convert_claims

api = Family("claims_convert")

FORM = Schema(optional=())


@api.post("/claims/convert")
def claims_convert(call: Call) -> Any:
    """Convert one claim at once; several claims become the children of a batch."""
    call.validate(FORM)
    text = call.require_file().text()
    call.activity.x12_request = text
    converted = convert_claims(text)
    if not converted:
        raise ValidationError({"file": ["There is no claim in it."]})
    if len(converted) == 1:
        call.activity.result = converted[0]
        return converted[0]
    call.activity.units_of_work = len(converted)
    children = [(call.add_child("claims_convert"), claim) for claim in converted]

    def finish(activity: Activity, when: float) -> None:
        for child, claim in children:
            child.add_result(claim, when)
            child.finish(when)

    return call.run_later(FILE, delay=ASYNC_DELAY, outcome=finish)
