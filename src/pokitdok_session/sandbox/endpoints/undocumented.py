"""Paths that only the official clients named; but for `/ssl/`, nobody wrote down an answer."""

from __future__ import annotations

from typing import Any

from ..server.call import Call
from ..server.clock import format_datetime
from ..server.responses import ValidationError
from ..server.routing import Family
from .eligibility import summary

api = Family("undocumented", billed=False)

# The sections of a continuity-of-care document (HL7 CCD), with nothing known in any of them.
SECTIONS = (
    "allergies",
    "encounters",
    "immunizations",
    "medications",
    "problems",
    "procedures",
    "results",
    "vital_signs",
)


@api.get("/ssl/", name="ssl")
def ssl(call: Call) -> Any:
    """What the connection negotiated."""
    found = call.connection and call.connection.get_extra_info("cipher")
    name, _, bits = found or (None, None, None)
    socket = call.connection and call.connection.get_extra_info("ssl_object")
    return {
        # Not the cipher's own version, which is that of the standard it came with.
        "protocol": socket.version() if socket else None,
        "cipher": name,
        "bits": bits,
    }


@api.post("/ccd/", name="ccd")
def ccd(call: Call) -> Any:
    """A document about whom was asked for, in which nothing is known."""
    if not isinstance(call.body, dict) or not call.body:
        raise ValidationError({"body": ["Expected a JSON object."]})
    asked = call.parameters()
    return {
        "correlation_id": asked["correlation_id"],
        "created": format_datetime(call.now),
        "patient": asked.get("patient") or {},
        **{section: [] for section in SECTIONS},
    }


def deductible(call: Call) -> Any:
    """The digest that eligibility gives."""
    return {"deductible": summary()["deductible"]}


# No client ever called it, so not even its verb is known.
api.get("/deductible/", name="deductible")(deductible)
api.post("/deductible/", name="deductible")(deductible)
