"""Enrollment: tell a carrier who is insured (X12 834).

The pages "Enrollment" and "Enrollment Snapshot" left the public documentation in January 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Body, Identifier, Params, Resource, Timeout, Upload
from ..x12 import open_file

if TYPE_CHECKING:
    from ..types import Activity, EnrollmentRequest


class Enrollment(Resource):
    def enrollment(
        self, enrollment_request: EnrollmentRequest | Body, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Activity]:
        """Enroll a member, or change or end a member's benefits; ``reply.data`` is the activity."""
        return self.call("POST", "/enrollment/", json=enrollment_request, timeout=timeout)

    def enrollment_snapshot(
        self, trading_partner_id: str, x12_file: Upload, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Activity]:
        """Load a carrier's whole membership from a path, an open file, or bytes.

        ``reply.data`` is the activity.
        """
        form = {"trading_partner_id": trading_partner_id}
        with open_file(x12_file) as files:
            return self.call(
                "POST", "/enrollment/snapshot", data=form, files=files, timeout=timeout
            )

    def enrollment_snapshots(
        self,
        snapshot_id: Identifier | None = None,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read when a snapshot was taken and of which carrier, or list all snapshots."""
        path = self.item_path("/enrollment/snapshot", snapshot_id=snapshot_id)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)

    def enrollment_snapshot_data(
        self,
        snapshot_id: Identifier,
        *,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """List what a snapshot holds; each item has the form of an enrollment request."""
        path = self.expand_path("/enrollment/snapshot/{snapshot_id}/data", snapshot_id=snapshot_id)
        query = self.query(params, limit=limit, offset=offset)
        return self.call("GET", path, params=query, timeout=timeout)
