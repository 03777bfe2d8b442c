"""Scheduling: slots and appointments (API reference 6.17).

The session's ``scope`` must include ``user_schedule`` for patients and appointments and
``business_schedule`` for slots. Times are UTC; a ``location`` is latitude first.
Not in the public documentation since 2019-05-03.
"""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, given, item_path, segment


class Scheduling(Resource):
    def schedulers(self, scheduler_uuid: str | None = None, **params: Any) -> Reply:
        """Read one scheduling system, as a list of one, or list them all. Billed per call.

        Not in the public documentation since 2019-05-03.
        """
        path = item_path("/schedule/schedulers/", scheduler_uuid)
        return self.call("GET", path, params=given(**params))

    def appointment_types(self, appointment_type_uuid: str | None = None, **params: Any) -> Reply:
        """Read one type of appointment, an object, or list them all; durations are minutes.

        Billed per call. Not in the public documentation since 2019-05-03.
        """
        path = item_path("/schedule/appointmenttypes/", appointment_type_uuid)
        return self.call("GET", path, params=given(**params))

    def schedule_patient(self, patient_request: Body) -> Reply:
        """Make a patient known to a provider's scheduler; ``reply.data`` is the patient.

        Needs ``user_schedule``. Not in the public documentation since 2019-05-03.
        """
        return self.call("POST", "/schedule/patient/", json=patient_request)

    def schedule_slots(self, slots_request: Body) -> Reply:
        """Open a slot; ``reply.data["pd_appointment_uuid"]`` names it.

        Needs ``business_schedule``. Not in the public documentation since 2019-05-03.
        """
        return self.call("POST", "/schedule/slots/", json=slots_request)

    def delete_schedule_slot(self, appointment_uuid: str) -> Reply:
        """Take a slot back.

        Needs ``business_schedule``. Not in the public documentation since 2019-05-03.
        """
        return self.call("DELETE", f"/schedule/slots/{segment(appointment_uuid)}")

    def get_appointments(
        self,
        appointment_uuid: str | None = None,
        *,
        appointment_type: str | None = None,
        start_date: date | str | None = None,
        end_date: date | str | None = None,
        patient_uuid: str | None = None,
        pd_provider_uuid: str | None = None,
        location: str | None = None,
        **params: Any,
    ) -> Reply:
        """Read one appointment, or search open slots and appointments; a list either way.

        With ``user_schedule`` search by ``patient_uuid``, with ``business_schedule`` by provider
        and location. Not in the public documentation since 2019-05-03.
        """
        query = given(
            appointment_type=appointment_type,
            start_date=start_date,
            end_date=end_date,
            patient_uuid=patient_uuid,
            pd_provider_uuid=pd_provider_uuid,
            location=location,
            **params,
        )
        path = item_path("/schedule/appointments/", appointment_uuid)
        return self.call("GET", path, params=query)

    def appointments(self, appointment_uuid: str | None = None, **params: Any) -> Reply:
        """Read appointments. Deprecated by the official client: use `get_appointments`."""
        warnings.warn(
            "appointments is deprecated, use get_appointments", DeprecationWarning, stacklevel=2
        )
        return self.get_appointments(appointment_uuid, **params)

    def book_appointment(self, appointment_uuid: str, appointment_request: Body) -> Reply:
        """Book an open slot for a ``patient``, with a ``description``.

        Needs ``user_schedule``. Not in the public documentation since 2019-05-03.
        """
        path = f"/schedule/appointments/{segment(appointment_uuid)}"
        return self.call("PUT", path, json=appointment_request)

    def update_appointment(self, appointment_uuid: str, appointment_request: Body) -> Reply:
        """Change the ``description`` of an appointment, or set ``mark_completed``.

        Needs ``user_schedule``. Not in the public documentation since 2019-05-03.
        """
        return self.book_appointment(appointment_uuid, appointment_request)

    def cancel_appointment(self, appointment_uuid: str) -> Reply:
        """Cancel an appointment.

        Needs ``user_schedule``. Not in the public documentation since 2019-05-03.
        """
        return self.call("DELETE", f"/schedule/appointments/{segment(appointment_uuid)}")
