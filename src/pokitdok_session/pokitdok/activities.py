"""Waiting for an activity until it reaches an end state."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..api.reply import Reply
from ..api.resource import SESSION_TIMEOUT, Identifier
from ..oauth2.timeouts import Timeout
from .envelope import END_STATES
from .errors import ActivityPending
from .resources.activities import Activities

if TYPE_CHECKING:
    from .types import Activity

#: The longest pause between two reads, in seconds.
MAX_POLL_INTERVAL = 60.0


class ActivityPoller(Activities):
    """The activities, with a method that reads one until it has ended."""

    def wait_for_activity(
        self,
        activity: Identifier | Reply[Any],
        *,
        timeout: float = 900.0,
        poll: float = 2.0,
        progress: Callable[[Activity], Any] | None = None,
        request_timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Activity]:
        """Read an activity until it reaches an end state; ``reply.data`` is the activity.

        ``activity`` is an id, or the reply to the call whose activity it is. The first pause
        lasts ``poll`` seconds, each further one half as long again, at most 60 s. ``progress`` is
        called with the activity when its state has changed. Raises `ActivityPending` after
        ``timeout`` seconds. A claim that is ``completed`` may still be paid, and change.
        """
        activity_id = _id_of(activity)
        deadline = time.monotonic() + timeout
        last = None
        while True:
            reply = self.activities(activity_id, timeout=request_timeout)
            state = _state(reply.data)
            if progress is not None and state != last:
                progress(reply.data)
            if state in END_STATES:
                return reply
            last = state
            left = deadline - time.monotonic()
            if left <= 0:
                raise ActivityPending(
                    f"activity {activity_id} is still {state} after {timeout:g} s",
                    response=reply.response,
                    activity=reply.data,
                )
            time.sleep(min(poll, left))
            poll = min(poll * 1.5, MAX_POLL_INTERVAL)


def _id_of(activity: Identifier | Reply[Any]) -> Identifier:
    """Return the id of an activity; for a reply that is one, its own id and not that of the call.

    Every call is an activity, a call that reads another activity too.
    """
    if not isinstance(activity, Reply):
        if activity is None:
            raise TypeError("activity must be an id or a Reply, got None")
        return activity
    data = activity.data
    own = data.get("id") if isinstance(data, dict) and "state" in data else None
    activity_id = own if isinstance(own, str) else activity.activity_id
    if not activity_id:
        raise ValueError("activity must be an id or a Reply with an activity_id; this one has none")
    return activity_id


def _state(activity: Any) -> str:
    state = activity.get("state") if isinstance(activity, dict) else None
    name = state.get("name") if isinstance(state, dict) else state
    return name if isinstance(name, str) else "in no known state"
