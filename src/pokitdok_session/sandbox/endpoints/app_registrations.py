"""App registrations: which provider may use which transaction, deleted softly."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, list_of, npi, one_of, text, validate

api = Family("appregistrations", billed=False)

LISTS = ("claims_roles", "tax_id", "address_lines")

REGISTRATION = Schema(
    required=(
        "npi",
        "trading_partner_id",
        "transaction_set_name",
        "claims_roles",
        "tax_id",
        "address_lines",
        "city",
        "state",
        "zipcode",
    ),
    optional=("first_name", "last_name", "organization_name"),
    checks={
        "npi": npi,
        "transaction_set_name": one_of("eligibility", "claims", "claim_status"),
        "claims_roles": list_of(one_of("billing", "rendering")),
        "tax_id": list_of(text),
        "address_lines": list_of(text),
    },
)


@api.get("/appregistrations")
def registrations(call: Call) -> Page:
    return Page([kept["shown"] for kept in call.store().values() if not kept["deleted"]])


@api.post("/appregistrations")
def create(call: Call) -> Any:
    return _keep(call, str(uuid4()), _validate(call.body))


@api.post("/appregistrations/csv")
def load(call: Call) -> Any:
    """All of a file or none of it.

    Only drafts knew this call: neither the form's field, nor the columns, nor the answer. Here
    the columns are the fields of the JSON form, and lists are written with semicolons.
    """
    if not call.files:
        raise ValidationError({"file": [REQUIRED]})
    text = next(iter(call.files.values())).text().removeprefix("\ufeff")
    found: list[dict[str, Any]] = []
    wrong: list[Any] = []
    for row in _rows(text):
        try:
            found.append(_validate(row))
            wrong.append({})
        except ValidationError as refusal:
            wrong.append(refusal.errors["validation"])
    if not wrong:
        raise ValidationError({"file": ["There is no registration in it."]})
    if any(wrong):
        raise ValidationError({"rows": wrong})
    return [_keep(call, str(uuid4()), fields) for fields in found]


@api.get("/appregistrations/{uuid}")
def registration(call: Call) -> Any:
    return _own(call)["shown"]


@api.put("/appregistrations/{uuid}")
def update(call: Call) -> Any:
    _own(call)
    return _keep(call, call.params["uuid"], _validate(call.body))


@api.delete("/appregistrations/{uuid}")
def delete(call: Call) -> Any:
    # What a deletion answers was never recorded.
    _own(call)["deleted"] = True
    return {}


@api.post("/appregistrations/{uuid}/undelete")
def undelete(call: Call) -> Any:
    # Nor what this answers, be the registration deleted or not.
    own = _own(call, deleted_too=True)
    own["deleted"] = False
    return own["shown"]


def _validate(body: Any) -> dict[str, Any]:
    fields = validate({} if body is None else body, REGISTRATION)
    if not fields.get("organization_name") and not fields.get("last_name"):
        raise ValidationError({"organization_name": [REQUIRED]})
    return fields


def _keep(call: Call, uuid: str, fields: dict[str, Any]) -> dict[str, Any]:
    own = {"_uuid": uuid, "app_name": call.app.name, "client_id": call.app.client_id}
    shown = {**fields, **own}
    call.store()[uuid] = {"shown": shown, "deleted": False}
    return shown


def _own(call: Call, *, deleted_too: bool = False) -> dict[str, Any]:
    found: dict[str, Any] | None = call.store().get(call.params["uuid"])
    if found is None or (found["deleted"] and not deleted_too):
        raise NotFound("registration")
    return found


def _rows(text: str) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), restkey="more"))
    except csv.Error:
        raise ValidationError({"file": ["Not a CSV file."]}) from None
    return [
        {name: value.split(";") if name in LISTS else value for name, value in row.items() if value}
        for row in rows
    ]
