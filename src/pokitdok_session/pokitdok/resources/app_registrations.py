"""App registrations: which provider may use which transaction (API reference 6.10)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, Upload, given, item_path, opened, segment


class AppRegistrations(Resource):
    def app_registrations(self, registration_uuid: str | None = None, **params: Any) -> Reply:
        """Read one registration of an NPI by the calling application, or list them all.

        ``limit`` and ``offset`` page the list.
        """
        path = item_path("/appregistrations", registration_uuid)
        return self.call("GET", path, params=given(**params))

    def create_app_registration(self, registration_request: Body) -> Reply:
        """Register an NPI for a trading partner and a ``transaction_set_name``.

        ``tax_id`` is a list here, unlike everywhere else, and the address is not nested.
        ``reply.data`` is the registration with its ``_uuid``.
        """
        return self.call("POST", "/appregistrations", json=registration_request)

    def update_app_registration(self, registration_uuid: str, registration_request: Body) -> Reply:
        """Replace a registration: the API asks for the same fields as for a new one."""
        path = f"/appregistrations/{segment(registration_uuid)}"
        return self.call("PUT", path, json=registration_request)

    def delete_app_registration(self, registration_uuid: str) -> Reply:
        """Delete a registration, in a way that `undelete_app_registration` reverses."""
        return self.call("DELETE", f"/appregistrations/{segment(registration_uuid)}")

    def undelete_app_registration(self, registration_uuid: str) -> Reply:
        """Bring a deleted registration back."""
        return self.call("POST", f"/appregistrations/{segment(registration_uuid)}/undelete")

    def upload_app_registrations(self, csv_file: Upload) -> Reply:
        """Register many NPIs from a CSV file: a path, an open file, or bytes.

        Only drafts of April 2018 named this call, and neither the form field nor the reply.
        """
        with opened(csv_file, name="registrations.csv", media_type="text/csv") as files:
            return self.call("POST", "/appregistrations/csv", files=files)
