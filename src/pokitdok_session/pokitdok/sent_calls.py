"""Calls in doubt: the key of a batch goes into ``application_data``, and activities return it.

The platform stores ``application_data`` with the activity of each call, and returns it (page
"Activities", May 2019).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ..api.batch.errors import RefusedCall
from ..api.reply import Reply
from ..api.session import APISession
from .envelope import PokitDokReply

#: The member of ``application_data`` that holds the key.
KEY = "batch_key"

#: Activities per page.
_PAGE = 100

_REFUSED_STATES = frozenset({"failed", "canceled"})


class SentCalls(APISession):
    """The two hooks of `APISession.batch` for the PokitDok API."""

    def mark_request(self, request: Any, key: str) -> Any:
        """Return a copy with the key in ``application_data``, beside what the caller has there.

        What has no place for it stays as it is: an X12 interchange, and other content there.
        """
        if not isinstance(request, Mapping) or "x12" in request:
            return request
        own = request.get("application_data")
        if own is not None and not isinstance(own, Mapping):
            return request
        return {**request, "application_data": {**(own or {}), KEY: key}}

    def find_sent(self, key: str, since: datetime) -> Reply[Any] | None:
        """Return the reply to the call that carried ``key``, from the activities since then.

        ``data`` is the result, or the activity itself as long as there is no result. Raises
        `RefusedCall` if the activity failed without one.
        """
        for page in self.find_all_sent([key], since):
            found = page.get(key)
            if isinstance(found, RefusedCall):
                raise found
            if found is not None:
                return found
        return None

    def find_all_sent(
        self, keys: Collection[str], since: datetime
    ) -> Iterator[Mapping[str, Reply[Any] | RefusedCall]]:
        """Yield what each page of activities has of ``keys``, the newest page first."""
        wanted = set(keys)
        page: Reply[Any] | None = self.call("GET", "/activities/", params={"limit": _PAGE})
        while page is not None:
            activities = [item for item in self.find_items(page) if isinstance(item, dict)]
            found = {
                _key_of(activity): _reply_of(activity, page)
                for activity in reversed(activities)  # the newest comes last, and counts
                if _key_of(activity) in wanted and not _is_before(activity, since)
            }
            yield found
            wanted -= found.keys()
            if not wanted or all(_is_before(activity, since) for activity in activities):
                return
            following = self.find_next_page(page)
            page = None if following is None else self.call("GET", following)


def _key_of(activity: Mapping[str, Any]) -> str:
    data = activity.get("application_data")
    return str(data.get(KEY, "")) if isinstance(data, Mapping) else ""


def _is_before(activity: Mapping[str, Any], since: datetime) -> bool:
    """Return True if an activity was created before ``since``; its times are in UTC."""
    try:
        created = datetime.fromisoformat(str(activity.get("created_date")))
    except ValueError:
        return False
    return created.replace(tzinfo=created.tzinfo or timezone.utc) < since


def _reply_of(activity: dict[str, Any], page: Reply[Any]) -> Reply[Any] | RefusedCall:
    activity_id, result = activity.get("id"), activity.get("result")
    state = activity.get("state")
    name = state.get("name") if isinstance(state, dict) else state
    if result is None and name in _REFUSED_STATES:
        return RefusedCall(activity_id=activity_id if isinstance(activity_id, str) else None)
    data = activity if result is None else result
    reply: Reply[Any] = PokitDokReply({"meta": {"activity_id": activity_id}, "data": data})
    reply.response = page.response
    return reply
