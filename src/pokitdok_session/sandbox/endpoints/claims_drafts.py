"""Claims drafts: keep unfinished claims, and say what a claim still lacks."""

from __future__ import annotations

from typing import Any

from ..data.payers import PAYERS
from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, validate
from ..server.state import new_id
from .claims import CLAIM_REQUEST, mock_payment

# Whether these calls cost anything was never recorded; nothing is sent to a payer.
api = Family("claims_drafts", billed=False)

# Any object is a draft, an empty one too.
DRAFT = Schema(optional=("draft",), objects={"draft": Schema()})


@api.post("/claims/validate/", name="claims_validate")
def validate_claim(call: Call) -> Any:
    # That the outcome comes with status 200, and in the form of a draft's, was never recorded.
    return {"validation_result": _validation_result({} if call.body is None else call.body)}


@api.post("/claims/drafts/")
def create(call: Call) -> Any:
    return _keep(call, new_id())


@api.get("/claims/drafts/")
def drafts(call: Call) -> Page:
    return Page(list(call.store().values()))


@api.get("/claims/drafts/{id}")
def draft(call: Call) -> Any:
    return _own(call)


@api.put("/claims/drafts/{id}")
def update(call: Call) -> Any:
    return _keep(call, _own(call)["id"])


@api.delete("/claims/drafts/{id}")
def delete(call: Call) -> Any:
    # What a deletion answers was never recorded.
    del call.store()[_own(call)["id"]]
    return {}


@api.get("/claims/drafts/{id}/validate")
def validate_draft(call: Call) -> Any:
    return {"validation_result": _own(call)["validation_result"]}


def _own(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.store().get(call.params["id"])
    if found is None:
        raise NotFound("draft")
    return found


def _keep(call: Call, draft_id: str) -> dict[str, Any]:
    body = call.validate(DRAFT)
    if body.get("draft") is None:
        raise ValidationError({"draft": [REQUIRED]})
    kept = {
        "id": draft_id,
        "draft": body["draft"],
        "validation_result": _validation_result(body["draft"]),
    }
    call.store()[draft_id] = kept
    return kept


def _validation_result(claim: Any) -> dict[str, Any]:
    """Whether `/claims/` would take it, and why not; the schema of this was never recorded."""
    try:
        body = validate(claim, CLAIM_REQUEST)
    except ValidationError as refusal:
        return {"valid": False, "errors": refusal.errors["validation"]}
    wrong = {}
    if str(body["trading_partner_id"]) not in PAYERS:
        wrong["trading_partner_id"] = ["Not a known payer."]
    if mock_payment(body) and not body.get("callback_url"):
        wrong["callback_url"] = [REQUIRED]
    return {"valid": not wrong, "errors": wrong}
