"""Scheduling: the systems, their types of appointments, and the patients they know."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ..data.geo import position
from ..server.call import Call, Page
from ..server.responses import NotFound
from ..server.routing import Family
from ..server.schema import Schema

api = Family("scheduling")

USER, BUSINESS = "user_schedule", "business_schedule"
#: The store of the patients that were made known, by uuid.
PATIENTS = "schedule_patients"


def sandbox_uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:sandbox:{name}"))


SCHEDULERS = {
    scheduler["scheduler_uuid"]: scheduler
    for scheduler in (
        {
            "scheduler_uuid": sandbox_uuid(name),
            "name": name,
            "description": f"The {name} scheduling system",
        }
        for name in ("PokitDok", "Greenway", "Athena")
    )
}
APPOINTMENT_TYPES = {
    kind["appointment_type_uuid"]: kind
    for kind in (
        {
            "appointment_type_uuid": sandbox_uuid(f"{scheduler['name']}:{code}"),
            "scheduler_uuid": scheduler["scheduler_uuid"],
            "type": code,
            "description": description,
            "duration": minutes,
            "category_id": code[:-1],
            "owner_id": "sandbox",
        }
        for scheduler in SCHEDULERS.values()
        for code, description, minutes in (
            ("OV1", "Office visit, established patient", 15),
            ("OV2", "Office visit, new patient", 30),
            ("PE1", "Physical examination", 45),
        )
    )
}
# Of whom nothing but the uuid is known.
DEFAULT_PATIENT = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "1970-01-25",
    "email": "zephyrine@example.com",
    "phone": "8005550101",
    "member_id": "W000000000",
}


def is_uuid(value: Any) -> str | None:
    try:
        UUID(value)
    except (AttributeError, TypeError, ValueError):
        return "Must be a UUID."
    return None


PATIENT_REQUEST = Schema(
    required=("pd_patient_uuid", "pd_provider_uuid", "location"),
    optional=(),
    checks={
        "pd_patient_uuid": is_uuid,
        "pd_provider_uuid": is_uuid,
        "location": position,
    },
)


@api.get("/schedule/schedulers/", name="schedulers")
def schedulers(call: Call) -> Page:
    return Page(list(SCHEDULERS.values()))


@api.get("/schedule/schedulers/{uuid}", name="schedulers")
def scheduler(call: Call) -> Any:
    """A list of the one, or of none."""
    return [one for one in SCHEDULERS.values() if one["scheduler_uuid"] == call.params["uuid"]]


@api.get("/schedule/appointmenttypes/", name="appointment_types")
def appointment_types(call: Call) -> Page:
    return Page(list(APPOINTMENT_TYPES.values()))


@api.get("/schedule/appointmenttypes/{uuid}", name="appointment_types")
def appointment_type(call: Call) -> Any:
    if call.params["uuid"] not in APPOINTMENT_TYPES:
        raise NotFound("appointment type")
    return APPOINTMENT_TYPES[call.params["uuid"]]


@api.post("/schedule/patient/", name="schedule_patient")
def patient(call: Call) -> Any:
    """Make a patient known; an identity of that uuid says who it is, else it is somebody."""
    call.require_scope(USER)
    uuid = call.validate(PATIENT_REQUEST)["pd_patient_uuid"]
    versions = call.store("identity").get(uuid)
    known = versions[-1] if versions else DEFAULT_PATIENT
    patient = {"uuid": uuid, **{name: known[name] for name in DEFAULT_PATIENT if name in known}}
    call.store(PATIENTS)[uuid] = patient
    return patient
