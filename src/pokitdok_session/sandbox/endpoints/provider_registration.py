"""Provider registration: only an unpublished page of the documentation had it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..server.call import Call
from ..server.responses import NotFound
from ..server.routing import Family
from ..server.schema import Schema, npi, one_of

api = Family(
    "provider_registration",
    billed=False,
    invented="whether calls are billed, the responses (it was never deployed)",
)

ADDRESS = Schema(required=("street1", "city", "state_or_province", "postal_code", "country_code"))
DETAILS = Schema(
    optional=(
        "first_name",
        "middle_name",
        "last_name",
        "prefix",
        "suffix",
        "organization_name",
        "ssn",
        "email",
        "phone_number",
    ),
    objects={"birth_date": Schema(required=("year", "month", "day"))},
    lists={
        "addresses": ADDRESS,
        # The page's table spells it so.
        "addreses": ADDRESS,
        "specialties": Schema(required=("name",)),
    },
    checks={
        "npi": npi,
        "entity_type": one_of("individual", "organization"),
        "gender": one_of("male", "female", "unknown", "Male", "Female"),
    },
)
# The page does not require the NPI, but it is the only key of a record.
REGISTRATION = replace(DETAILS, required=("entity_type", "npi"))


@api.post("/provider/registration/")
def register(call: Call) -> Any:
    """Create or replace a record, and attach it to the application."""
    record = call.validate(REGISTRATION)
    call.store()[str(record["npi"])] = {"record": record, "attached": True}
    return record


@api.get("/provider/registration/{npi}")
def registration(call: Call) -> Any:
    return _find(call)["record"]


@api.put("/provider/registration/{npi}")
def update(call: Call) -> Any:
    """Change the fields that were sent."""
    item = _find(call)
    changes = call.validate(DETAILS)
    item["record"] = {**item["record"], **changes, "npi": call.params["npi"]}
    return item["record"]


@api.delete("/provider/registration/{npi}")
def detach(call: Call) -> Any:
    """Detach the record; only a new registration attaches one again."""
    _find(call)["attached"] = False
    return {}


def _find(call: Call) -> dict[str, Any]:
    item: dict[str, Any] = call.find("registration", "npi")
    if not item["attached"]:
        raise NotFound("registration")
    return item
