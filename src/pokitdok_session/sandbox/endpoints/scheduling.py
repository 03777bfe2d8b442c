"""Scheduling: scheduling systems, their appointment types, and their patients."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ..data.geo import position
from ..server.call import Call, Page
from ..server.routing import Family
from ..server.schema import Schema

api = Family("scheduling")

USER, BUSINESS = "user_schedule", "business_schedule"
#: The store of registered patients, by uuid.
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
APPOINTMENT_TYPES: dict[str, dict[str, Any]] = {
    str(kind["appointment_type_uuid"]): kind
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
# A patient of whom only the uuid is known.
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
    """Return a list of one scheduler or none."""
    found = SCHEDULERS.get(call.params["uuid"])
    return [] if found is None else [found]


@api.get("/schedule/appointmenttypes/", name="appointment_types")
def appointment_types(call: Call) -> Page:
    return Page(list(APPOINTMENT_TYPES.values()))


@api.get("/schedule/appointmenttypes/{uuid}", name="appointment_types")
def appointment_type(call: Call) -> Any:
    return call.find("appointment type", "uuid", APPOINTMENT_TYPES)


@api.post("/schedule/patient/", name="schedule_patient")
def patient(call: Call) -> Any:
    """Register a patient, with the data of the identity with that uuid if there is one."""
    call.require_scope(USER)
    uuid = call.validate(PATIENT_REQUEST)["pd_patient_uuid"]
    versions = call.store("identity").get(uuid)
    known = versions[-1] if versions else DEFAULT_PATIENT
    patient = {"uuid": uuid, **{name: known[name] for name in DEFAULT_PATIENT if name in known}}
    call.store(PATIENTS)[uuid] = patient
    return patient
