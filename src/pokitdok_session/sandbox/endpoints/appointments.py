"""Appointments: a practice opens slots, and patients book them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from ..data.geo import lat_lon, miles, point_of, position
from ..server.call import Call, Page
from ..server.responses import ValidationError
from ..server.routing import Family
from ..server.schema import REQUIRED, Schema, matching
from .scheduling import BUSINESS, PATIENTS, USER, is_uuid, sandbox_uuid

api = Family("appointments")

#: The arguments of `Call.find`.
APPOINTMENT = ("appointment", "pd_appointment_uuid")
OPEN, BOOKED, COMPLETED = "open", "booked", "completed"
#: Two positions within this many miles are the same practice.
SAME_PLACE = 0.1


def _moment(text: str) -> datetime:
    """Parse an ISO 8601 date and time, in UTC if it has no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment


def _is_moment(value: Any) -> str | None:
    try:
        _moment(value)
    except (AttributeError, ValueError, OverflowError):
        return "Must be a date and time in ISO 8601."
    return None


def _flag(value: Any) -> str | None:
    """A boolean: documented as a string, but JSON's true and false are valid too."""
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
        "document": slot,
        "provider": body["pd_provider_uuid"],
        "location": body["location"],
        "start": start,
        "end": end,
    }
    return slot


@api.delete(
    "/schedule/slots/{pd_appointment_uuid}",
    name="slots",
    invented="the response, and that a booked slot cannot be closed",
)
def close_slot(call: Call) -> Any:
    call.require_scope(BUSINESS)
    if call.find(*APPOINTMENT)["document"]["status"] != OPEN:
        raise ValidationError({"status": ["Only an open slot can be taken back."]})
    del call.store()[call.params["pd_appointment_uuid"]]
    return {}


@api.get("/schedule/appointments/")
def search(call: Call) -> Page:
    """List a patient's appointments, a provider's open slots, or everything."""
    for_patient = "patient_uuid" in call.query
    for_practice = not for_patient and {"pd_provider_uuid", "location"} & call.query.keys()
    if for_patient:
        call.require_scope(USER)
    elif for_practice:
        call.require_scope(BUSINESS)
    else:
        call.require_scope(USER, BUSINESS)
    query = call.require_params(start_date=_is_moment, end_date=_is_moment, location=lat_lon)
    found = [slot for slot in call.store().values() if _matches(slot, query)]
    if for_practice:
        found = [slot for slot in found if slot["document"]["status"] == OPEN]
    return Page([slot["document"] for slot in sorted(found, key=lambda slot: slot["start"])])


@api.get("/schedule/appointments/{pd_appointment_uuid}")
def appointment(call: Call) -> Any:
    """Return a list of one appointment or none. The sample had another name for the id."""
    call.require_scope(USER)
    found = call.store().get(call.params["pd_appointment_uuid"])
    if found is None:
        return []
    return [{"client_appointment_uuid": call.params["pd_appointment_uuid"], **_without_id(found)}]


@api.put(
    "/schedule/appointments/{pd_appointment_uuid}", invented="the error of a slot that is not open"
)
def book_or_change(call: Call) -> Any:
    call.require_scope(USER)
    slot = call.find(*APPOINTMENT)
    body = call.validate(CHANGE)
    document = slot["document"]
    if document["status"] == OPEN:
        if body.get("patient") is None:
            raise ValidationError({"patient": [REQUIRED]})
        document.update(patient=_patient(call, body["patient"]), status=BOOKED)
    elif body.get("patient") is not None:
        raise ValidationError({"patient": ["The slot is not open."]})
    if body.get("description") is not None:
        document["description"] = body["description"]
    if str(body.get("mark_completed")).lower() == "true":
        document["status"] = COMPLETED
    return _without_id(slot)


@api.delete(
    "/schedule/appointments/{pd_appointment_uuid}",
    invented="the response, and that the slot is open again",
)
def cancel(call: Call) -> Any:
    call.require_scope(USER)
    document = call.find(*APPOINTMENT)["document"]
    if document["status"] != BOOKED:
        raise ValidationError({"status": ["Only a booked appointment can be canceled."]})
    document["status"] = OPEN
    for name in ("patient", "description"):
        document.pop(name, None)
    return {}


def _patient(call: Call, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patient as sent, with what is known; the response names the id ``_uuid``."""
    uuid = sent.get("uuid") or sent.get("_uuid")
    if not uuid:
        raise ValidationError({"patient": {"uuid": [REQUIRED]}})
    patient = {**call.store(PATIENTS).get(str(uuid), {}), **sent, "_uuid": uuid}
    patient.pop("uuid", None)
    return patient


def _matches(slot: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    document = slot["document"]
    start = _moment(query["start_date"]) if "start_date" in query else slot["start"]
    end = _moment(query["end_date"]) if "end_date" in query else slot["end"]
    if len(query.get("end_date", "")) == len("YYYY-MM-DD"):
        end = end.replace(hour=23, minute=59, second=59)
    here = point_of(query["location"]) if "location" in query else None
    return (
        query.get("appointment_type", document["appointment_type"]) == document["appointment_type"]
        and start <= slot["start"]
        and slot["end"] <= end
        and query.get("pd_provider_uuid", slot["provider"]) == slot["provider"]
        and (here is None or miles(here, tuple(slot["location"])) <= SAME_PLACE)
        and ("patient_uuid" not in query or _is_patient(document, query["patient_uuid"]))
    )


def _is_patient(document: Mapping[str, Any], uuid: str) -> bool:
    return "patient" in document and str(document["patient"]["_uuid"]) == uuid


def _without_id(slot: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in slot["document"].items() if name != "pd_appointment_uuid"
    }
