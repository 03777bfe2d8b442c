"""What takes more than one call: page after page, and an activity until its end."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin

from ..api.errors import APIError
from ..api.reply import Reply
from .errors import ActivityPending
from .resources import Resources

#: The states that an activity does not leave by itself (API reference 4.2).
END_STATES = frozenset({"completed", "canceled", "failed", "rejected", "rejected_reviewed"})

#: Seconds between two polls at most.
LONGEST_POLL = 60.0


class Following(Resources):
    """The API's vocabulary, with what follows from a first answer."""

    @abstractmethod
    def is_token_origin(self, url: str) -> bool:
        """Say whether the token goes to this URL."""

    def paginate(self, method: Callable[..., Reply], *args: Any, **params: Any) -> Iterator[Any]:
        """Yield the items of a collection, asking for a page when its first item is wanted.

        ``for activity in session.paginate(session.activities, limit=100)``: ``limit`` is the size
        of a page. It ends where the API names no next page, names one again, or sends an empty
        one. Raises APIError for a next page at another origin, which would be given the token.
        """
        reply = method(*args, **params)
        seen: set[str] = set()
        while True:
            page = reply.data if isinstance(reply.data, list) else [reply.data]
            yield from page
            following = reply.meta.get("next")
            if not page or not isinstance(following, str) or following in seen:
                return
            seen.add(following)
            try:
                url = urljoin(reply.response.url, following)
            except ValueError:
                url = ""  # no URL, so nobody's
            if not self.is_token_origin(url):
                raise APIError(
                    "the next page is at another origin, and was not asked for",
                    response=reply.response,
                    activity_id=reply.activity_id,
                )
            accept = reply.response.request.headers.get("Accept", "*/*")
            reply = self.call("GET", url, headers={"Accept": accept})

    def wait_for_activity(
        self,
        activity_id: str,
        *,
        timeout: float = 900.0,
        poll: float = 2.0,
        progress: Callable[[dict[str, Any]], Any] | None = None,
    ) -> Reply:
        """Read an activity until it has reached an end state; ``reply.data`` is the activity.

        ``poll`` seconds pass between the first two reads and half as much again between any
        further two, a minute at most. ``progress`` is given the activity whenever its state is
        another than before. Raises ActivityPending after ``timeout`` seconds. A claim that is
        ``completed`` may still be paid, and change.
        """
        if not activity_id:
            raise ValueError("there is no activity to wait for")
        deadline = time.monotonic() + timeout
        last = None
        while True:
            reply = self.activities(activity_id)
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
            poll = min(poll * 1.5, LONGEST_POLL)


def _state(activity: Any) -> str:
    state = activity.get("state") if isinstance(activity, dict) else None
    name = state.get("name") if isinstance(state, dict) else state
    return name if isinstance(name, str) else "in no known state"
