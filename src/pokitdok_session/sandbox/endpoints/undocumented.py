"""Paths that only the official clients name. No response was recorded."""

from __future__ import annotations

from typing import Any

from ..server.call import Call
from ..server.clock import format_datetime
from ..server.responses import ValidationError
from ..server.routing import Family
from .eligibility import summary

api = Family("undocumented", billed=False)

# The sections of a continuity-of-care document (HL7 CCD).
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


@api.get("/ssl/", name="ssl", invented="the names of the fields")
def ssl(call: Call) -> Any:
    """Return what the connection negotiated."""
    found = call.connection and call.connection.get_extra_info("cipher")
    name, _, bits = found or (None, None, None)
    socket = call.connection and call.connection.get_extra_info("ssl_object")
    return {
        # Not the cipher's version, which is that of the standard that introduced it.
        "protocol": socket.version() if socket else None,
        "cipher": name,
        "bits": bits,
    }


@api.post("/ccd/", name="ccd", invented="the response")
def ccd(call: Call) -> Any:
    """Return a document about the patient, with empty sections."""
    if not isinstance(call.body, dict) or not call.body:
        raise ValidationError({"body": ["Expected a JSON object."]})
    params = call.add_parameters()
    return {
        "correlation_id": params["correlation_id"],
        "created": format_datetime(call.now),
        "patient": params.get("patient") or {},
        **{section: [] for section in SECTIONS},
    }


def deductible(call: Call) -> Any:
    """Return the deductibles of an eligibility response."""
    return {"deductible": summary()["deductible"]}


# No client called it, so its method is unknown.
INVENTED = "the method and the response"
api.get("/deductible/", name="deductible", invented=INVENTED)(deductible)
api.post("/deductible/", name="deductible", invented=INVENTED)(deductible)
