"""Provider registration: a page of the documentation that was never published."""

from __future__ import annotations

from typing import Any

from ..server.call import Call
from ..server.responses import NotFound
from ..server.routing import Family
from ..server.schema import Schema, npi, one_of

# It was never deployed: what it cost, and what it answered, nobody has seen.
api = Family("provider_registration", billed=False)

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
        # So spelled in the page's table.
        "addreses": ADDRESS,
        "specialties": Schema(required=("name",)),
    },
    checks={
        "npi": npi,
        "entity_type": one_of("individual", "organization"),
        "gender": one_of("male", "female", "unknown", "Male", "Female"),
    },
)
# The page does not say that the NPI is required, but nothing else leads back to a record.
REGISTRATION = Schema(
    required=("entity_type", "npi"),
    optional=DETAILS.optional,
    objects=DETAILS.objects,
    lists=DETAILS.lists,
    checks=DETAILS.checks,
)


@api.post("/provider/registration/")
def register(call: Call) -> Any:
    """Make a record or replace it, and attach it to the application."""
    record = call.validate(REGISTRATION)
    call.store()[str(record["npi"])] = {"record": record, "attached": True}
    return record


@api.get("/provider/registration/{npi}")
def registration(call: Call) -> Any:
    return _own(call)["record"]


@api.put("/provider/registration/{npi}")
def update(call: Call) -> Any:
    """Fields that are not sent stay as they were."""
    own = _own(call)
    changes = call.validate(DETAILS)
    own["record"] = {**own["record"], **changes, "npi": call.params["npi"]}
    return own["record"]


@api.delete("/provider/registration/{npi}")
def detach(call: Call) -> Any:
    """The record itself stays, though only registering again leads back to one."""
    _own(call)["attached"] = False
    return {}


def _own(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.store().get(call.params["npi"])
    if found is None or not found["attached"]:
        raise NotFound("registration")
    return found
