"""Claims drafts: unfinished claims are stored, and checked for what they lack."""

from __future__ import annotations

from typing import Any

from ..data.claim_fields import CLAIM_REQUEST
from ..data.payers import PAYERS
from ..server.call import Call, Page
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, validate
from ..server.state import new_id
from .claims import mock_payment

api = Family(
    "claims_drafts",
    billed=False,
    invented="whether calls are billed, `validation_result`, the response of DELETE",
)

# Every object is a draft, also an empty one.
#: The arguments of `Call.find`.
DRAFT_ID = ("draft", "id")
DRAFT = Schema(optional=("draft",), objects={"draft": Schema()})


@api.post("/claims/validate/", name="claims_validate")
def validate_claim(call: Call) -> Any:
    return {"validation_result": _validation_result({} if call.body is None else call.body)}


@api.post("/claims/drafts/")
def create(call: Call) -> Any:
    return _store(call, new_id())


@api.get("/claims/drafts/")
def drafts(call: Call) -> Page:
    return Page(list(call.store().values()))


@api.get("/claims/drafts/{id}")
def draft(call: Call) -> Any:
    return call.find(*DRAFT_ID)


@api.put("/claims/drafts/{id}")
def update(call: Call) -> Any:
    return _store(call, call.find(*DRAFT_ID)["id"])


@api.delete("/claims/drafts/{id}")
def delete(call: Call) -> Any:
    del call.store()[call.find(*DRAFT_ID)["id"]]
    return {}


@api.get("/claims/drafts/{id}/validate")
def validate_draft(call: Call) -> Any:
    return {"validation_result": call.find(*DRAFT_ID)["validation_result"]}


def _store(call: Call, draft_id: str) -> dict[str, Any]:
    body = call.validate(DRAFT)
    if body.get("draft") is None:
        raise ValidationError({"draft": [REQUIRED]})
    item = {
        "id": draft_id,
        "draft": body["draft"],
        "validation_result": _validation_result(body["draft"]),
    }
    call.store()[draft_id] = item
    return item


def _validation_result(claim: Any) -> dict[str, Any]:
    """Return whether `/claims/` would accept this claim, and why not."""
    try:
        body = validate(claim, CLAIM_REQUEST)
    except ValidationError as refusal:
        return {"valid": False, "errors": refusal.errors["validation"]}
    errors = {}
    if str(body["trading_partner_id"]) not in PAYERS:
        errors["trading_partner_id"] = ["Not a known payer."]
    if mock_payment(body) and not body.get("callback_url"):
        errors["callback_url"] = [REQUIRED]
    return {"valid": not errors, "errors": errors}
