"""App registrations: which provider may use which transaction (page "App Registrations").

The page was in the public documentation until its end in May 2019, the upload of a CSV file only
in drafts of April 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout, Upload
from ..x12 import open_file

if TYPE_CHECKING:
    from ..types import AppRegistrationRequest


_REGISTRATION = "/appregistrations/{registration_uuid}"


class AppRegistrations(Resource):
    def app_registrations(
        self,
        registration_uuid: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one registration of an NPI by the calling application, or list them."""
        path = self.item_path("/appregistrations", registration_uuid=registration_uuid)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def create_app_registration(
        self,
        registration_request: AppRegistrationRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Register an NPI for a trading partner and a ``transaction_set_name``.

        ``tax_id`` is a list here, unlike everywhere else, and the address is not nested.
        ``reply.data`` is the registration with its ``_uuid``.
        """
        return self.call("POST", "/appregistrations", json=registration_request, timeout=timeout)

    def update_app_registration(
        self,
        registration_uuid: Identifier,
        registration_request: AppRegistrationRequest | Body,
        *,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Replace a registration. The API requires the same fields as for a new one."""
        path = self.expand_path(
            "/appregistrations/{registration_uuid}", registration_uuid=registration_uuid
        )
        return self.call("PUT", path, json=registration_request, timeout=timeout)

    def delete_app_registration(
        self, registration_uuid: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Delete a registration. `undelete_app_registration` reverses this."""
        path = self.expand_path(
            "/appregistrations/{registration_uuid}", registration_uuid=registration_uuid
        )
        return self.call("DELETE", path, timeout=timeout)

    def undelete_app_registration(
        self, registration_uuid: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Restore a registration that was deleted."""
        path = self.expand_path(
            "/appregistrations/{registration_uuid}/undelete", registration_uuid=registration_uuid
        )
        return self.call("POST", path, timeout=timeout)

    def upload_app_registrations(
        self, csv_file: Upload, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Any]:
        """Register many NPIs from a CSV file: a path, an open file, or bytes.

        Neither the name of the form field nor the reply was documented.
        """
        with open_file(csv_file, name="registrations.csv", media_type="text/csv") as files:
            return self.call("POST", "/appregistrations/csv", files=files, timeout=timeout)
