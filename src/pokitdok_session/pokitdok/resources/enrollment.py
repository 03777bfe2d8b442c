"""Enrollment: telling a carrier who is insured (X12 834; API reference 6.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...api.reply import Reply
from ...api.resource import Body, Resource, Upload, given, item_path, opened, segment

if TYPE_CHECKING:
    from ..types import EnrollmentRequest


class Enrollment(Resource):
    def enrollment(self, enrollment_request: EnrollmentRequest | Body) -> Reply:
        """Enroll, change or end a member's benefits (X12 834).

        ``reply.data`` is the activity. Not in the public documentation since 2017-01-19.
        """
        return self.call("POST", "/enrollment/", json=enrollment_request)

    def enrollment_snapshot(self, trading_partner_id: str, x12_file: Upload) -> Reply:
        """Load a carrier's whole membership (X12 834) from a path, an open file, or bytes.

        ``reply.data`` is the activity. Not in the public documentation since 2017-01-19.
        """
        with opened(x12_file) as files:
            form = {"trading_partner_id": trading_partner_id}
            return self.call("POST", "/enrollment/snapshot", data=form, files=files)

    def enrollment_snapshots(self, snapshot_id: str | None = None, **params: Any) -> Reply:
        """Read when one snapshot was taken and of which carrier, or list all snapshots.

        ``limit`` and ``offset`` page the list. Not in the public documentation since 2017-01-19.
        """
        path = item_path("/enrollment/snapshot", snapshot_id)
        return self.call("GET", path, params=given(**params))

    def enrollment_snapshot_data(self, snapshot_id: str, **params: Any) -> Reply:
        """List what a snapshot holds, each item in the form of an enrollment request.

        ``limit`` and ``offset`` page the list. Not in the public documentation since 2017-01-19.
        """
        path = f"/enrollment/snapshot/{segment(snapshot_id)}/data"
        return self.call("GET", path, params=given(**params))
