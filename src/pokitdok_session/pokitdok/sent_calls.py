"""Calls in doubt: the key of a batch goes into ``application_data``, and activities return it.

The platform stores ``application_data`` with the activity of each call, and returns it (page
"Activities", May 2019).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from string import hexdigits
from typing import Any

from ..api import pagination
from ..api.batch.errors import RefusedCall
from ..api.errors import APIError
from ..api.reply import Reply
from ..api.session import APISession
from ..transport.headers import parse_date
from .envelope import PokitDokReply

#: The member of ``application_data`` that holds the key.
KEY = "batch_key"

#: Activities per page.
_PAGE = 100

#: Seconds that a search goes further back at most, in case a clock was wrong.
_FURTHER_BACK = 3600.0

#: The length of the nonce that a batch puts behind a key.
_NONCE_DIGITS = 16

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
        """Yield what each page of activities has of ``keys``, the newest page first.

        That a call was refused comes with the last page: an earlier copy may have succeeded.
        Raises `APIError` if a page comes again, or the next one is at another origin.
        """
        wanted = set(keys)
        found: dict[str, Reply[Any] | RefusedCall]
        refused: dict[str, Reply[Any] | RefusedCall] = {}
        pages = pagination.iterate(
            lambda: self.call("GET", "/activities/", params={"limit": _PAGE}),
            get=lambda url, _: self.call("GET", url),
            items=self.find_items,
            next_page=self.find_next_page,
            is_token_origin=self.is_token_origin,
        )
        for page, items in pages:
            earliest, end = _bounds(page, since, wanted)
            activities = [item for item in items if isinstance(item, dict)]
            found = {}
            for key, reply in _match(activities, page, wanted, earliest):
                (refused if isinstance(reply, RefusedCall) else found).setdefault(key, reply)
            wanted -= found.keys()
            is_last = (
                self.find_next_page(page) is None
                or not wanted
                or (activities and all(_is_before(activity, end) for activity in activities))
            )
            yield {**refused, **found} if is_last else found
            if is_last:
                return
        raise APIError(
            "the next page of activities is one that was read before: not all of them could be"
            " searched"
        )


def _match(
    activities: Iterable[dict[str, Any]], page: Reply[Any], keys: Collection[str], earliest: float
) -> Iterator[tuple[str, Reply[Any] | RefusedCall]]:
    """Yield the keys that were found with what became of them, the newest first."""
    for activity in activities:
        key = _key_of(activity)
        if key in keys and (_has_nonce(key) or not _is_before(activity, earliest)):
            yield key, _reply_of(activity, page)


def _bounds(page: Reply[Any], since: datetime, keys: Collection[str]) -> tuple[float, float]:
    """Return ``since`` on the server's clock, and when the activities of ``keys`` surely begin.

    The client's clock may have been wrong when it sent them, and have been set since. A key with
    a nonce has no other activity, so for such the search goes as far back again.
    """
    now, server_now, earliest = time.time(), parse_date(page.response.headers), since.timestamp()
    earliest += server_now - now
    if not any(map(_has_nonce, keys)):
        return earliest, earliest
    return earliest, min(earliest, server_now) - min(abs(server_now - earliest), _FURTHER_BACK)


def _has_nonce(key: str) -> bool:
    """Return True if a key is that of a batch, with the nonce behind it (`Row.mark`)."""
    _, space, nonce = key.rpartition(" ")
    return bool(space) and len(nonce) == _NONCE_DIGITS and set(nonce) <= set(hexdigits)


def _key_of(activity: Mapping[str, Any]) -> str:
    """Return the key in the ``application_data`` of an activity, or of its ``parameters``.

    The pages say that it is stored with the activity, and show no activity that has it.
    """
    parameters = activity.get("parameters")
    for place in (activity, parameters if isinstance(parameters, Mapping) else {}):
        data = place.get("application_data")
        if isinstance(data, Mapping) and KEY in data:
            return str(data[KEY])
    return ""


def _is_before(activity: Mapping[str, Any], when: float) -> bool:
    """Return True if an activity was created before a time; its times are in UTC."""
    try:
        created = datetime.fromisoformat(str(activity.get("created_date")))
    except ValueError:
        return False
    return created.replace(tzinfo=created.tzinfo or timezone.utc).timestamp() < when


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
