"""Appointments: slots that a practice opens, and what its patients make of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from ..data.geo import lat_lon, miles, point_of, position
from ..server.call import Call, Page
from ..server.responses import NotFound, ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, matching
from .scheduling import BUSINESS, PATIENTS, USER, is_uuid, sandbox_uuid

api = Family("appointments")

OPEN, BOOKED, COMPLETED = "open", "booked", "completed"
#: What is nearer than this, in miles, is the same practice.
SAME_PLACE = 0.1


def _moment(text: str) -> datetime:
    """A date and time of ISO 8601, which is UTC unless it says otherwise."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment


def _is_moment(value: Any) -> str | None:
    try:
        _moment(value)
    except (AttributeError, ValueError, OverflowError):
        return "Must be a date and time in ISO 8601."
    return None


def _flag(value: Any) -> str | None:
    """Documented as a string; JSON's own true and false are taken as well."""
    return None if str(value).lower() in ("true", "false") else 'Must be "true" or "false".'


SLOT = Schema(
    required=("pd_provider_uuid", "location", "appointment_type", "start_date", "end_date"),
    optional=(),
    checks={
        "pd_provider_uuid": is_uuid,
        "location": position,
        "appointment_type": matching(r"\w{1,40}", "Must be a type of appointment."),
        "start_date": _is_moment,
        "end_date": _is_moment,
    },
)
CHANGE = Schema(
    optional=("description",),
    objects={"patient": Schema()},
    checks={"mark_completed": _flag},
)


@api.post("/schedule/slots/", name="slots")
def open_slot(call: Call) -> Any:
    call.require_scope(BUSINESS)
    body = call.validate(SLOT)
    start, end = _moment(body["start_date"]), _moment(body["end_date"])
    if end <= start:
        raise ValidationError({"end_date": ["Must be after the start_date."]})
    slot = {
        "pd_appointment_uuid": str(uuid4()),
        "provider_scheduler_uuid": sandbox_uuid(f"provider:{body['pd_provider_uuid']}"),
        "appointment_id": f"SBX{len(call.store()) + 1:06d}",
        "appointment_type": body["appointment_type"],
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "status": OPEN,
    }
    call.store()[slot["pd_appointment_uuid"]] = {
        "shown": slot,
        "provider": body["pd_provider_uuid"],
        "location": body["location"],
        "start": start,
        "end": end,
    }
    return slot


@api.delete("/schedule/slots/{pd_appointment_uuid}", name="slots")
def close_slot(call: Call) -> Any:
    """Take back what nobody has booked; neither this nor the answer was ever recorded."""
    call.require_scope(BUSINESS)
    own = _own(call)
    if own["shown"]["status"] != OPEN:
        raise ValidationError({"status": ["Only an open slot can be taken back."]})
    del call.store()[call.params["pd_appointment_uuid"]]
    return {}


@api.get("/schedule/appointments/")
def search(call: Call) -> Page:
    """A patient's appointments, a provider's open slots, or with neither simply all."""
    for_patient = "patient_uuid" in call.query
    for_practice = not for_patient and {"pd_provider_uuid", "location"} & call.query.keys()
    if for_patient:
        call.require_scope(USER)
    elif for_practice:
        call.require_scope(BUSINESS)
    else:
        call.require_scope(USER, BUSINESS)
    query = call.require_params(start_date=_is_moment, end_date=_is_moment, location=lat_lon)
    found = [kept for kept in call.store().values() if _fits(kept, query)]
    if for_practice:
        found = [kept for kept in found if kept["shown"]["status"] == OPEN]
    return Page([kept["shown"] for kept in sorted(found, key=lambda kept: kept["start"])])


@api.get("/schedule/appointments/{pd_appointment_uuid}")
def appointment(call: Call) -> Any:
    """A list of the one, or of none; its sample calls the id by another name."""
    call.require_scope(USER)
    found = call.store().get(call.params["pd_appointment_uuid"])
    if found is None:
        return []
    return [{"client_appointment_uuid": call.params["pd_appointment_uuid"], **_unnamed(found)}]


@api.put("/schedule/appointments/{pd_appointment_uuid}")
def book_or_change(call: Call) -> Any:
    call.require_scope(USER)
    own = _own(call)
    body = call.validate(CHANGE)
    shown = own["shown"]
    if shown["status"] == OPEN:
        if body.get("patient") is None:
            raise ValidationError({"patient": [REQUIRED]})
        shown.update(patient=_patient(call, body["patient"]), status=BOOKED)
    elif body.get("patient") is not None:
        # What came of booking a slot twice was never recorded.
        raise ValidationError({"patient": ["The slot is not open."]})
    if body.get("description") is not None:
        shown["description"] = body["description"]
    if str(body.get("mark_completed")).lower() == "true":
        shown["status"] = COMPLETED
    return _unnamed(own)


@api.delete("/schedule/appointments/{pd_appointment_uuid}")
def cancel(call: Call) -> Any:
    """The slot is open again; whether it was, and what the answer said, was never recorded."""
    call.require_scope(USER)
    shown = _own(call)["shown"]
    if shown["status"] != BOOKED:
        raise ValidationError({"status": ["Only a booked appointment can be canceled."]})
    shown["status"] = OPEN
    for name in ("patient", "description"):
        shown.pop(name, None)
    return {}


def _patient(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """Who comes: as given, and what is known of that uuid; the answer calls it ``_uuid``."""
    uuid = given.get("uuid") or given.get("_uuid")
    if not uuid:
        raise ValidationError({"patient": {"uuid": [REQUIRED]}})
    known = {**call.store(PATIENTS).get(str(uuid), {}), **given, "_uuid": uuid}
    known.pop("uuid", None)
    return known


def _fits(kept: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    shown = kept["shown"]
    start = _moment(query["start_date"]) if "start_date" in query else kept["start"]
    end = _moment(query["end_date"]) if "end_date" in query else kept["end"]
    if len(query.get("end_date", "")) == len("YYYY-MM-DD"):
        end = end.replace(hour=23, minute=59, second=59)
    here = point_of(query["location"]) if "location" in query else None
    return (
        query.get("appointment_type", shown["appointment_type"]) == shown["appointment_type"]
        and start <= kept["start"]
        and kept["end"] <= end
        and query.get("pd_provider_uuid", kept["provider"]) == kept["provider"]
        and (here is None or miles(here, tuple(kept["location"])) <= SAME_PLACE)
        and ("patient_uuid" not in query or _comes(shown, query["patient_uuid"]))
    )


def _comes(shown: Mapping[str, Any], uuid: str) -> bool:
    return "patient" in shown and str(shown["patient"]["_uuid"]) == uuid


def _unnamed(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept["shown"].items() if name != "pd_appointment_uuid"}


def _own(call: Call) -> dict[str, Any]:
    found: dict[str, Any] | None = call.store().get(call.params["pd_appointment_uuid"])
    if found is None:
        raise NotFound("appointment")
    return found
