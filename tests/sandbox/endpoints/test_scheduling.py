"""Scheduling: schedulers, types, patients, slots and appointments, with their scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import Forbidden, NotFound, ValidationError
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.server.state import App

PROVIDER = "8b21efa4-8535-11e4-a6cb-0800272e8da1"
PATIENT = "500ef469-2767-4901-b705-425e9b6f7f83"
LOCATION = [32.7795, -79.9371]
BOOKING = {
    "patient": {
        "uuid": PATIENT,
        "first_name": "Zephyrine",
        "last_name": "Quillfeather",
        "birth_date": "1970-01-25",
        "email": "zephyrine@example.com",
        "phone": "8005550101",
        "member_id": "W000000000",
    },
    "description": "Knee",
}


@pytest.fixture
def app(sandbox: Sandbox) -> App:
    return sandbox.add_app()


def scoped(sandbox: Sandbox, app: App, scope: str | None) -> PokitDokSession:
    return sandbox.session(client_id=app.client_id, client_secret=app.client_secret, scope=scope)


@pytest.fixture
def session(sandbox: Sandbox, app: App) -> Iterator[PokitDokSession]:
    """A session with both scopes."""
    with scoped(sandbox, app, "user_schedule business_schedule") as session:
        yield session


@pytest.fixture
def patients(sandbox: Sandbox, app: App) -> Iterator[PokitDokSession]:
    with scoped(sandbox, app, "user_schedule") as session:
        yield session


@pytest.fixture
def practice(sandbox: Sandbox, app: App) -> Iterator[PokitDokSession]:
    with scoped(sandbox, app, "business_schedule") as session:
        yield session


def opened(session: PokitDokSession, **change: Any) -> dict[str, Any]:
    slot = {
        "pd_provider_uuid": PROVIDER,
        "location": LOCATION,
        "appointment_type": "OV1",
        "start_date": "2030-01-02T09:00:00",
        "end_date": "2030-01-02T09:15:00",
    }
    data: dict[str, Any] = session.schedule_slots({**slot, **change}).data
    return data


def test_scheduler_by_uuid_is_a_list_of_one(session: PokitDokSession) -> None:
    schedulers = session.schedulers().data
    assert [one["name"] for one in schedulers] == ["PokitDok", "Greenway", "Athena"]
    uuid = schedulers[1]["scheduler_uuid"]
    assert session.schedulers(uuid).data == [schedulers[1]]
    assert session.schedulers("u1").data == []


def test_appointment_type_by_uuid_is_an_object(
    session: PokitDokSession,
) -> None:
    kinds = session.appointment_types().data
    assert kinds[0].keys() == {
        "appointment_type_uuid",
        "scheduler_uuid",
        "type",
        "description",
        "duration",
        "category_id",
        "owner_id",
    }
    assert (kinds[0]["type"], kinds[0]["duration"]) == ("OV1", 15)
    assert session.appointment_types(kinds[0]["appointment_type_uuid"]).data == kinds[0]
    assert session.schedulers(kinds[0]["scheduler_uuid"]).data
    with pytest.raises(NotFound):
        session.appointment_types("u1")


def test_schedulers_and_types_require_no_scope(sandbox: Sandbox, app: App) -> None:
    with scoped(sandbox, app, None) as bare:
        reply = bare.schedulers()
        assert reply.meta["credits_billed"] == 1
        assert bare.appointment_types(limit=2).data


def test_appointment_slot_is_booked_changed_and_completed(
    practice: PokitDokSession, patients: PokitDokSession
) -> None:
    slot = opened(practice)
    uuid = slot["pd_appointment_uuid"]
    assert slot["status"] == "open"
    assert (slot["start_date"], slot["end_date"]) == ("2030-01-02T09:00:00", "2030-01-02T09:15:00")
    assert {"provider_scheduler_uuid", "appointment_id", "appointment_type"} <= slot.keys()
    booked = patients.book_appointment(uuid, BOOKING).data
    assert (booked["status"], booked["description"]) == ("booked", "Knee")
    # `uuid` of the request is `_uuid` in the response, which has no id of the appointment.
    assert booked["patient"]["_uuid"] == PATIENT
    assert "uuid" not in booked["patient"]
    assert "pd_appointment_uuid" not in booked
    changed = patients.update_appointment(uuid, {"description": "Other knee"}).data
    assert changed == {**booked, "description": "Other knee"}
    completed = patients.update_appointment(uuid, {"mark_completed": "true"}).data
    assert completed == {**changed, "status": "completed"}
    assert patients.get_appointments(uuid).data == [{"client_appointment_uuid": uuid, **completed}]
    assert patients.get_appointments(patient_uuid=PATIENT).data == [
        {"pd_appointment_uuid": uuid, **completed}
    ]


def test_appointment_canceled_is_an_open_slot(session: PokitDokSession) -> None:
    slot = opened(session)
    uuid = slot["pd_appointment_uuid"]
    session.book_appointment(uuid, BOOKING)
    session.cancel_appointment(uuid)
    assert session.get_appointments(patient_uuid=PATIENT).data == []
    assert session.get_appointments(pd_provider_uuid=PROVIDER).data == [slot]
    session.book_appointment(uuid, BOOKING)
    session.update_appointment(uuid, {"mark_completed": True})
    with pytest.raises(ValidationError):
        session.cancel_appointment(uuid)


def test_appointment_not_booked_cannot_be_canceled(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError):
        session.cancel_appointment(opened(session)["pd_appointment_uuid"])


def test_slot_can_be_booked_once(session: PokitDokSession) -> None:
    uuid = opened(session)["pd_appointment_uuid"]
    session.book_appointment(uuid, BOOKING)
    with pytest.raises(ValidationError) as caught:
        session.book_appointment(uuid, {"patient": {"uuid": PROVIDER}})
    assert list(caught.value.errors) == ["patient"]
    assert session.get_appointments(uuid).data[0]["patient"]["_uuid"] == PATIENT


def test_slot_can_be_closed_only_while_open(session: PokitDokSession) -> None:
    kept, gone = (opened(session)["pd_appointment_uuid"] for _ in range(2))
    session.book_appointment(kept, BOOKING)
    session.delete_schedule_slot(gone)
    with pytest.raises(ValidationError):
        session.delete_schedule_slot(kept)
    assert session.get_appointments(gone).data == []
    left = session.get_appointments().data
    assert [one["pd_appointment_uuid"] for one in left] == [kept]


def test_scheduling_unknown_ids_are_404(session: PokitDokSession) -> None:
    for ask in (session.delete_schedule_slot, session.cancel_appointment):
        with pytest.raises(NotFound):
            ask("u1")
    with pytest.raises(NotFound):
        session.book_appointment("u1", BOOKING)


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ({}, [9, 10, 14]),
        ({"pd_provider_uuid": PROVIDER}, [9, 10]),
        ({"pd_provider_uuid": PROVIDER, "location": "32.7795, -79.9371"}, [9, 10]),
        ({"pd_provider_uuid": PROVIDER, "location": "-79.9371,32.7795"}, []),
        ({"location": "37.5735,-122.3180"}, [14]),
        ({"appointment_type": "OV2"}, [10]),
        ({"start_date": "2030-01-02T10:00:00"}, [10, 14]),
        ({"end_date": "2030-01-02T10:00:00Z"}, [9]),
        ({"start_date": "2030-01-02", "end_date": "2030-01-02"}, [9, 10, 14]),
        ({"start_date": "2030-01-03"}, []),
        ({"patient_uuid": PATIENT}, []),
    ],
)
def test_search_finds_slots_by_parameters(
    session: PokitDokSession, query: dict[str, Any], hours: list[int]
) -> None:
    opened(
        session,
        start_date="2030-01-02T10:00:00",
        end_date="2030-01-02T10:30:00Z",
        appointment_type="OV2",
    )
    opened(session)
    opened(
        session,
        pd_provider_uuid=PATIENT,
        location=[37.5735, -122.3180],
        start_date="2030-01-02T09:00:00-05:00",
        end_date="2030-01-02T09:30:00-05:00",
    )
    found = session.get_appointments(**query).data
    assert [int(slot["start_date"][11:13]) for slot in found] == hours


def test_search_for_provider_has_only_open_slots(session: PokitDokSession) -> None:
    booked, free = (opened(session)["pd_appointment_uuid"] for _ in range(2))
    session.book_appointment(booked, BOOKING)
    found = session.get_appointments(pd_provider_uuid=PROVIDER).data
    assert [slot["pd_appointment_uuid"] for slot in found] == [free]
    assert len(list(session.paginate(session.get_appointments, limit=1))) == 2


def test_patient_registered_can_be_booked_by_uuid(session: PokitDokSession) -> None:
    known = session.schedule_patient(
        {"pd_patient_uuid": PATIENT, "pd_provider_uuid": PROVIDER, "location": LOCATION}
    ).data
    assert known["uuid"] == PATIENT
    assert {"first_name", "last_name", "birth_date", "email", "phone", "member_id"} < known.keys()
    uuid = opened(session)["pd_appointment_uuid"]
    booked = session.book_appointment(uuid, {"patient": {"uuid": PATIENT}}).data["patient"]
    assert booked == {"_uuid": PATIENT, **{n: v for n, v in known.items() if n != "uuid"}}


def test_patient_has_data_of_identity_with_its_uuid(session: PokitDokSession) -> None:
    identity = session.create_identity({"first_name": "Ottoline", "last_name": "Mosswhistle"}).data
    known = session.schedule_patient(
        {"pd_patient_uuid": identity["uuid"], "pd_provider_uuid": PROVIDER, "location": LOCATION}
    ).data
    assert known == {
        "uuid": identity["uuid"],
        "first_name": "Ottoline",
        "last_name": "Mosswhistle",
    }


def test_patient_calls_require_user_schedule(practice: PokitDokSession) -> None:
    for ask in (
        lambda: practice.schedule_patient({}),
        lambda: practice.get_appointments(patient_uuid=PATIENT),
        lambda: practice.get_appointments("u1"),
        lambda: practice.book_appointment("u1", {}),
        lambda: practice.cancel_appointment("u1"),
    ):
        with pytest.raises(Forbidden) as caught:
            ask()
        assert caught.value.errors == {"scope": "'user_schedule' scope required to access this API"}


def test_slot_calls_require_business_schedule(patients: PokitDokSession) -> None:
    for ask in (
        lambda: patients.schedule_slots({}),
        lambda: patients.delete_schedule_slot("u1"),
        lambda: patients.get_appointments(pd_provider_uuid=PROVIDER, location="32.8,-79.9"),
    ):
        with pytest.raises(Forbidden) as caught:
            ask()
        assert "business_schedule" in caught.value.errors["scope"]


def test_search_without_parameters_requires_either_scope(
    sandbox: Sandbox, app: App, patients: PokitDokSession, practice: PokitDokSession
) -> None:
    uuid = opened(practice)["pd_appointment_uuid"]
    for session in (patients, practice):
        assert session.get_appointments().data[0]["pd_appointment_uuid"] == uuid
    with scoped(sandbox, app, None) as bare, pytest.raises(Forbidden):
        bare.get_appointments()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pd_provider_uuid": None}, "pd_provider_uuid"),
        ({"pd_provider_uuid": "doctor"}, "pd_provider_uuid"),
        ({"location": "32.8, -79.9"}, "location"),
        ({"location": [-122.3, 37.5]}, "location"),
        ({"location": [32.8]}, "location"),
        ({"appointment_type": ""}, "appointment_type"),
        ({"start_date": "soon"}, "start_date"),
        ({"start_date": 1893574800}, "start_date"),
        ({"end_date": "2030-01-02T09:00:00"}, "end_date"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_slot_invalid_field_is_named(
    session: PokitDokSession, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        opened(session, **change)
    assert list(caught.value.errors) == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "patient"),
        ({"description": "Knee"}, "patient"),
        ({"patient": {}}, "patient.uuid"),
        ({"patient": "Zephyrine"}, "patient"),
        ({**BOOKING, "mark_completed": "perhaps"}, "mark_completed"),
        ({**BOOKING, "status": "booked"}, "status"),
    ],
)
def test_booking_invalid_field_is_named(
    session: PokitDokSession, body: dict[str, Any], field: str
) -> None:
    slot = opened(session)
    with pytest.raises(ValidationError) as caught:
        session.book_appointment(slot["pd_appointment_uuid"], body)
    assert list(caught.value.errors) == [field]
    assert session.get_appointments(pd_provider_uuid=PROVIDER).data == [slot]


def test_search_invalid_parameter_is_named(session: PokitDokSession) -> None:
    query = {"start_date": "soon", "end_date": "later", "location": "here"}
    with pytest.raises(ValidationError) as caught:
        session.get_appointments(**query)
    assert list(caught.value.errors) == list(query)


def test_patient_invalid_field_is_named(session: PokitDokSession) -> None:
    with pytest.raises(ValidationError) as caught:
        session.schedule_patient({"location": LOCATION})
    assert list(caught.value.errors) == ["pd_patient_uuid", "pd_provider_uuid"]
