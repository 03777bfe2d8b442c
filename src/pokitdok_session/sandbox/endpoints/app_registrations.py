"""App registrations: which provider can use which transaction. A deletion can be undone."""

from __future__ import annotations

import csv
import io
from typing import Any
from uuid import uuid4

from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, list_of, npi, one_of, string, validate

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
        "tax_id": list_of(string),
        "address_lines": list_of(string),
    },
)


@api.get("/appregistrations")
def registrations(call: Call) -> Page:
    return Page([item["document"] for item in call.store().values() if not item["deleted"]])


@api.post("/appregistrations")
def create(call: Call) -> Any:
    return _store(call, str(uuid4()), _validate(call.body))


@api.post(
    "/appregistrations/csv", invented="the form's field, the columns, the response, the errors"
)
def load(call: Call) -> Any:
    """Load all rows of a file, or none. Columns are JSON's fields; lists have semicolons."""
    if not call.files:
        raise ValidationError({"file": [REQUIRED]})
    text = next(iter(call.files.values())).text().removeprefix("\ufeff")
    rows: list[dict[str, Any]] = []
    errors: list[Any] = []
    for row in _parse_csv(text):
        try:
            rows.append(_validate(row))
            errors.append({})
        except ValidationError as refusal:
            errors.append(refusal.errors["validation"])
    if not errors:
        raise ValidationError({"file": ["There is no registration in it."]})
    if any(errors):
        raise ValidationError({"rows": errors})
    return [_store(call, str(uuid4()), fields) for fields in rows]


@api.get("/appregistrations/{uuid}")
def registration(call: Call) -> Any:
    return _find(call)["document"]


@api.put("/appregistrations/{uuid}")
def update(call: Call) -> Any:
    _find(call)
    return _store(call, call.params["uuid"], _validate(call.body))


@api.delete("/appregistrations/{uuid}", invented="the response")
def delete(call: Call) -> Any:
    _find(call)["deleted"] = True
    return {}


@api.post("/appregistrations/{uuid}/undelete", invented="the response")
def undelete(call: Call) -> Any:
    item = call.find("registration", "uuid")
    item["deleted"] = False
    return item["document"]


def _validate(body: Any) -> dict[str, Any]:
    fields = validate({} if body is None else body, REGISTRATION)
    if not fields.get("organization_name") and not fields.get("last_name"):
        raise ValidationError({"organization_name": [REQUIRED]})
    return fields


def _store(call: Call, uuid: str, fields: dict[str, Any]) -> dict[str, Any]:
    added = {"_uuid": uuid, "app_name": call.app.name, "client_id": call.app.client_id}
    document = {**fields, **added}
    call.store()[uuid] = {"document": document, "deleted": False}
    return document


def _find(call: Call) -> dict[str, Any]:
    item: dict[str, Any] = call.find("registration", "uuid")
    if item["deleted"]:
        raise NotFound("registration")
    return item


def _parse_csv(text: str) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(text), restkey="more"))
    except csv.Error:
        raise ValidationError({"file": ["Not a CSV file."]}) from None
    return [
        {name: value.split(";") if name in LISTS else value for name, value in row.items() if value}
        for row in rows
    ]
