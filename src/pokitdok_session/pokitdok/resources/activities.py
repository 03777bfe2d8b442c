"""Activities: what became of a call (page "Activities", May 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ...api.reply import Reply
from ...api.resource import SESSION_TIMEOUT, Identifier, Params, Resource, Timeout

if TYPE_CHECKING:
    from ..types import Activity

_WITH_X12 = {"Accept": "application/vnd.pokitdok.v4+activity-x12-json"}


class Activities(Resource):
    @overload
    def activities(
        self, activity_id: Identifier, *, x12: bool = ..., timeout: Timeout = ...
    ) -> Reply[Activity]: ...

    @overload
    def activities(
        self,
        activity_id: None = ...,
        *,
        x12: bool = ...,
        parent_id: Identifier | None = ...,
        limit: int | None = ...,
        offset: int | None = ...,
        params: Params = ...,
        timeout: Timeout = ...,
    ) -> Reply[list[Activity]]: ...

    def activities(
        self,
        activity_id: Identifier | None = None,
        *,
        x12: bool = False,
        parent_id: Identifier | None = None,
        limit: int | None = None,
        offset: int | None = None,
        params: Params = None,
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Read one activity, or list them. Not billed.

        ``parent_id`` lists the activities that a batch gave rise to. With ``x12`` an activity
        also has ``x12_request`` and ``x12_response``, if the API has them.
        """
        path = self.item_path("/activities/", activity_id=activity_id)
        query = self.query(params, parent_id=parent_id, limit=limit, offset=offset)
        headers = _WITH_X12 if x12 else None
        return self.call("GET", path, params=query, headers=headers, timeout=timeout)

    def cancel_activity(
        self, activity_id: Identifier, *, timeout: Timeout = SESSION_TIMEOUT
    ) -> Reply[Activity]:
        """Cancel an activity that is not past ``scheduled``; ``reply.data`` is the activity.

        Raises ValidationError if it is too late, or if the activity was canceled before.
        """
        path = self.expand_path("/activities/{activity_id}", activity_id=activity_id)
        return self.call("PUT", path, json={"transition": "cancel"}, timeout=timeout)
