"""Activities: what became of a call (API reference, section 4)."""

from __future__ import annotations

from typing import Any

from ...api.reply import Reply
from ...api.resource import Resource, given, item_path, segment

_WITH_X12 = {"Accept": "application/vnd.pokitdok.v4+activity-x12-json"}


class Activities(Resource):
    def activities(
        self,
        activity_id: str | None = None,
        *,
        x12: bool = False,
        parent_id: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **params: Any,
    ) -> Reply:
        """Read one activity, or list them; ``parent_id`` lists those that a batch gave rise to.

        With ``x12`` an activity also carries ``x12_request`` and ``x12_response``, where the API
        has them. Not billed.
        """
        path = item_path("/activities/", activity_id)
        query = given(parent_id=parent_id, limit=limit, offset=offset, **params)
        return self.call("GET", path, params=query, headers=_WITH_X12 if x12 else None)

    def cancel_activity(self, activity_id: str) -> Reply:
        """Cancel an activity that is not past ``scheduled``; ``reply.data`` is the activity.

        Raises ValidationError when it is too late, or was done before.
        """
        return self.call(
            "PUT", f"/activities/{segment(activity_id)}", json={"transition": "cancel"}
        )
