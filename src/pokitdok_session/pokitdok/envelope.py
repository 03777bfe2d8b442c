"""The PokitDok envelope: ``{"meta": ..., "data": ...}``, and the errors that come in it.

The rules are those of the documentation's page "Common Elements" (May 2019), checked against
the HTTP recordings that the official clients were released with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from ..api.error_rules import (
    MAX_DEPTH,
    error_class,
    flatten,
    is_unreadable,
    make_error,
)
from ..api.errors import APIError, UnreadableReply, ValidationError
from ..api.quota import seconds_until
from ..api.rate_limit import RateLimit, read_rate_limit
from ..api.reply import Data, Reply, build_reply
from .errors import TradingPartnerError

#: The states that an activity does not leave by itself (page "Activities", May 2019).
END_STATES = frozenset({"completed", "canceled", "failed", "rejected", "rejected_reviewed"})


class PokitDokReply(Reply[Data]):
    """The envelope of a response. A body without one, such as raw X12, is the whole ``data``."""

    @property
    def data(self) -> Data:
        """What was requested: an object, a list, or the text of a body that is not JSON."""
        return self.get("data")  # type: ignore[return-value]

    @property
    def activity_id(self) -> str | None:
        """The activity that handled the call."""
        activity_id = self.meta.get("activity_id")
        return activity_id if isinstance(activity_id, str) else None

    @property
    def rejections(self) -> list[dict[str, Any]]:
        """What a payer refused in a reply with status 200, often empty.

        Each item has the ``reject_reason`` and ``follow_up_action`` that the API sent, and as
        ``at`` the member of the data in which they were: ``"subscriber"``, ``"state"``.
        """
        return list(_rejections(self.data))

    @property
    def is_pending(self) -> bool:
        """True if the data is an activity that has not ended: `wait_for_activity` waits for it."""
        state = self.data.get("state") if isinstance(self.data, dict) else None
        return isinstance(state, dict) and state.get("name") not in END_STATES


def _rejections(part: Any, at: str = "", depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(part, list) and depth < MAX_DEPTH:
        for item in part:
            yield from _rejections(item, at, depth + 1)
    if not isinstance(part, dict) or depth == MAX_DEPTH:
        return
    if "reject_reason" in part or part.get("valid_request") is False:
        names = ("valid_request", "reject_reason", "follow_up_action")
        yield {"at": at, **{name: part[name] for name in names if name in part}}
    state = part.get("state")
    if isinstance(state, dict) and state.get("name") in ("rejected", "failed"):
        yield {"at": "state", "reject_reason": state["name"]}
    for name, inner in part.items():
        if name not in ("parameters", "application_data"):  # what the caller sent
            yield from _rejections(inner, at if name == "rejections" else name, depth + 1)


def read_envelope(response: requests.Response) -> Reply[Any]:
    """Return the reply in a response; what has neither ``data`` nor ``meta`` becomes ``data``."""
    return build_reply(
        PokitDokReply, response, has_envelope=lambda body: "data" in body or "meta" in body
    )


def find_rate_limit(reply: Reply[Any], window_end: float | None) -> RateLimit | None:
    """Return a `RateLimit` for status 429, and for a 403 without the envelope.

    Every other 403 has an envelope. ``window_end`` is the last ``meta.rate_limit_reset``, in
    epoch seconds: the response that reports a rate limit does not repeat it.
    """
    status = reply.response.status_code
    if status != 429 and not (status == 403 and _is_short_forbidden(reply)):
        return None
    limit = read_rate_limit(reply.response.headers)
    if not limit.is_assumed or window_end is None:
        return limit
    seconds = seconds_until(window_end, reply.response.headers)
    return limit if seconds is None or seconds <= 0 else RateLimit(seconds, False)


def _is_short_forbidden(reply: Reply[Any]) -> bool:
    message = reply.data.get("message") if isinstance(reply.data, dict) else None
    return "meta" not in reply and isinstance(message, str) and message.startswith("Forbidden")


def find_error(reply: Reply[Any]) -> APIError | None:
    """Return the error that a reply stands for: the body decides first, then the status."""
    errors = _errors(reply.data)
    kind = _error_class(reply, errors)
    if kind is None:
        return None
    if kind is ValidationError:
        fields = errors.get("validation")
        errors = dict(flatten(fields if isinstance(fields, dict) else errors))
    return make_error(kind, reply, errors)


def _errors(data: Any) -> dict[str, Any]:
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors if isinstance(errors, dict) else {}


def _error_class(reply: Reply[Any], errors: dict[str, Any]) -> type[APIError] | None:
    status = reply.response.status_code
    if status != 404 and ("parsing" in errors or "query" in errors):
        return TradingPartnerError  # its status was never documented
    if status < 400:
        return UnreadableReply if is_unreadable(reply) or _is_foreign(reply) else None
    return ValidationError if "validation" in errors else error_class(status)


def _is_foreign(reply: Reply[Any]) -> bool:
    """Return True for JSON that is neither an envelope nor what the pages show without one.

    They show an object with members for every method, and a list for GET.
    """
    if not (reply.is_json and reply.is_bare):
        return False
    if isinstance(reply.data, list):
        return reply.response.request.method != "GET"
    return not isinstance(reply.data, dict) or reply.data.keys() <= {"message"}
