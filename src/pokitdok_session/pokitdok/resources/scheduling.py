"""Scheduling: slots and appointments.

The session's ``scope`` must include ``user_schedule`` for patients and appointments and
``business_schedule`` for slots. Times are UTC; a ``location`` is latitude first.
The page "Scheduling" left the public documentation in May 2019.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import Appointment, AppointmentRequest, SchedulePatientRequest, SlotRequest

_APPOINTMENT = "/schedule/appointments/{appointment_uuid}"


class Scheduling(Resource):
    def schedulers(
        self,
        scheduler_uuid: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[Any]]:
        """Read one scheduling system, as a list of one, or list them. Billed per call."""
        path = self.item_path("/schedule/schedulers/", scheduler_uuid=scheduler_uuid)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def appointment_types(
        self,
        appointment_type_uuid: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one type of appointment, an object, or list them. Billed per call.

        A ``duration`` is in minutes.
        """
        path = self.item_path(
            "/schedule/appointmenttypes/", appointment_type_uuid=appointment_type_uuid
        )
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def schedule_patient(
        self, patient_request: SchedulePatientRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Make a patient known to a provider's scheduler; needs ``user_schedule``.

        ``reply.data`` is the patient.
        """
        return self.call("POST", "/schedule/patient/", json=patient_request, timeout=timeout)

    def schedule_slots(
        self, slots_request: SlotRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Appointment]:
        """Open a slot; needs ``business_schedule``.

        ``reply.data["pd_appointment_uuid"]`` is its id.
        """
        return self.call("POST", "/schedule/slots/", json=slots_request, timeout=timeout)

    def delete_schedule_slot(
        self, appointment_uuid: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Withdraw a slot; needs ``business_schedule``."""
        path = self.expand_path(
            "/schedule/slots/{appointment_uuid}", appointment_uuid=appointment_uuid
        )
        return self.call("DELETE", path, timeout=timeout)

    def get_appointments(
        self,
        appointment_uuid: Identifier | None = None,
        *,
        appointment_type: str | None = None,
        start_date: date | str | None = None,
        end_date: date | str | None = None,
        patient_uuid: Identifier | None = None,
        pd_provider_uuid: Identifier | None = None,
        location: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[list[Appointment]]:
        """Read one appointment, or search open slots and appointments; a list in both cases.

        With ``user_schedule`` search by ``patient_uuid``, with ``business_schedule`` by provider
        and location.
        """
        query = self.query(
            params,
            appointment_type=appointment_type,
            start_date=start_date,
            end_date=end_date,
            patient_uuid=patient_uuid,
            pd_provider_uuid=pd_provider_uuid,
            location=location,
            limit=limit,
            offset=offset,
        )
        path = self.item_path("/schedule/appointments/", appointment_uuid=appointment_uuid)
        return self.call("GET", path, params=query, timeout=timeout)

    def appointments(
        self, appointment_uuid: Identifier | None = None, **known: Any
    ) -> Reply[list[Appointment]]:
        """Read appointments. Deprecated by the official client: use `get_appointments`."""
        warnings.warn(
            "appointments is deprecated, use get_appointments", DeprecationWarning, stacklevel=2
        )
        return self.get_appointments(appointment_uuid, **known)

    def book_appointment(
        self,
        appointment_uuid: Identifier,
        appointment_request: AppointmentRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Appointment]:
        """Book an open slot for a ``patient``, with a ``description``; needs ``user_schedule``."""
        path = self.expand_path(_APPOINTMENT, appointment_uuid=appointment_uuid)
        return self.call("PUT", path, json=appointment_request, timeout=timeout)

    def update_appointment(
        self,
        appointment_uuid: Identifier,
        appointment_request: AppointmentRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Appointment]:
        """Change an appointment's ``description``, or set ``mark_completed``.

        Needs ``user_schedule``.
        """
        return self.book_appointment(appointment_uuid, appointment_request, timeout=timeout)

    def cancel_appointment(
        self, appointment_uuid: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Cancel an appointment; needs ``user_schedule``."""
        path = self.expand_path(_APPOINTMENT, appointment_uuid=appointment_uuid)
        return self.call("DELETE", path, timeout=timeout)
