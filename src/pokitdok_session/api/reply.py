"""The envelope: what a resource method returns, and which error an answer stands for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import requests

from ..transport.headers import parse_date, parse_retry_after
from .errors import (
    APIError,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    TradingPartnerError,
    Unauthorized,
    ValidationError,
)

# Levels that are looked into: what is nested deeper is no answer of the API.
_DEEPEST = 50


class Reply(dict[str, Any]):
    """The JSON body of an answer: ``reply["data"]`` and ``reply["meta"]``.

    A body without the envelope, such as raw X12, is the whole of ``data``.
    """

    response: requests.Response

    @property
    def data(self) -> Any:
        """What was asked for: an object, a list, or text where the answer was no JSON."""
        return self.get("data")

    @property
    def meta(self) -> dict[str, Any]:
        """Credits, rate limit, paging and processing time (in milliseconds)."""
        meta = self.get("meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def activity_id(self) -> str | None:
        """The activity that handled the call."""
        activity_id = self.meta.get("activity_id")
        return activity_id if isinstance(activity_id, str) else None

    @property
    def rejections(self) -> list[dict[str, Any]]:
        """What a payer refused in an answer with status 200 (API reference 3.5), perhaps nothing.

        Each is what the API says of it, ``reject_reason`` and ``follow_up_action`` as a rule,
        with the place where it stands as ``at``: ``"subscriber"``, ``"state"``.
        """
        return list(_rejections(self.data))


def _rejections(part: Any, at: str = "", depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(part, list) and depth < _DEEPEST:
        for item in part:
            yield from _rejections(item, at, depth + 1)
    if not isinstance(part, dict) or depth == _DEEPEST:
        return
    if "reject_reason" in part or part.get("valid_request") is False:
        names = ("valid_request", "reject_reason", "follow_up_action")
        yield {"at": at, **{name: part[name] for name in names if name in part}}
    state = part.get("state")
    if isinstance(state, dict) and state.get("name") in ("rejected", "failed"):
        yield {"at": "state", "reject_reason": state["name"]}
    for name, inner in part.items():
        if name not in ("parameters", "application_data"):  # the caller's own words
            yield from _rejections(inner, at if name == "rejections" else name, depth + 1)


_KINDS: dict[int, type[APIError]] = {
    400: ValidationError,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    422: ValidationError,
    429: RateLimited,
}

_ADVICE: dict[type[APIError], str] = {
    Unauthorized: "a fresh token was refused as well",
    PaymentRequired: "the application has no credits left",
    RateLimited: "too many calls, and this one was not processed",
    ServerError: "whether the request was processed is unknown",
}


def parse_reply(response: requests.Response, *, window_end: float | None = None) -> Reply:
    """Give the answer as a `Reply`, or raise the `APIError` that it stands for.

    Whether a body is JSON is found by trying: the API labelled JSON as text/html
    (API reference 2.4). ``window_end`` is the last ``meta.rate_limit_reset`` that was seen, in
    epoch seconds: the answer of a rate limit does not name it.
    """
    reply = Reply(_enveloped(response))
    reply.response = response
    errors = _errors(reply.data)
    kind = _kind(reply, errors)
    if kind is None:
        return reply
    if kind is ValidationError:
        fields = errors.get("validation")
        errors = dict(_by_field(fields if isinstance(fields, dict) else errors))
    error = kind(
        _text(reply, kind, errors),
        response=response,
        activity_id=reply.activity_id,
        errors=errors,
    )
    if isinstance(error, RateLimited):
        error.retry_after = _seconds_to_wait(response, window_end)
    raise error


def _enveloped(response: requests.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)  # by itself UTF-8, and not what the label makes of it
    except (ValueError, RecursionError):
        body = _words(response) or None
    if isinstance(body, dict) and ("data" in body or "meta" in body):
        return body
    return {"data": body}


def _words(response: requests.Response) -> str:
    try:
        return response.text
    except UnicodeError:  # a charset of Python's that replaces nothing, such as idna
        return response.content.decode(errors="replace")


def _errors(data: Any) -> dict[str, Any]:
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors if isinstance(errors, dict) else {}


def _kind(reply: Reply, errors: dict[str, Any]) -> type[APIError] | None:
    """Choose by the body first and the status second (API reference 3.2)."""
    status = reply.response.status_code
    if status != 404 and ("parsing" in errors or "query" in errors):
        return TradingPartnerError  # with which status was never recorded (API reference 3.4)
    if status < 400:
        return None
    if "validation" in errors:
        return ValidationError
    if status == 403 and _is_rate_limit(reply):
        return RateLimited
    return _KINDS.get(status, ServerError if status >= 500 else APIError)


def _is_rate_limit(reply: Reply) -> bool:
    """Tell the two kinds of 403 apart: only the rate limit has no envelope."""
    message = reply.data.get("message") if isinstance(reply.data, dict) else None
    return "meta" not in reply and isinstance(message, str) and message.startswith("Forbidden")


def _text(reply: Reply, kind: type[APIError], errors: dict[str, Any]) -> str:
    words = [f"the API answered {reply.response.status_code}"]
    if reply.activity_id:
        words.append(f"activity {reply.activity_id}")
    if kind in _ADVICE:
        words.append(_ADVICE[kind])
    if errors:
        words.append("errors: " + ", ".join(sorted(map(str, errors))))
    return "; ".join(words)


def _seconds_to_wait(response: requests.Response, window_end: float | None) -> float:
    """Seconds until the window of one minute ends (API reference 3.6), by the server's clock."""
    stated = parse_retry_after(response.headers)
    if stated is not None:
        return stated
    if window_end is None:
        return RateLimited.retry_after
    try:
        seconds = window_end - parse_date(response.headers)
    except OverflowError:  # an integer that is no time
        return RateLimited.retry_after
    return seconds if seconds > 0 else RateLimited.retry_after


def _by_field(messages: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Flatten the shapes of section 3.3 of the API reference to (field, messages)."""
    if depth == _DEEPEST:
        yield path, []
    elif isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _by_field(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(messages, list) and any(isinstance(item, (dict, list)) for item in messages):
        for index, inner in enumerate(messages):
            yield from _by_field(inner, f"{path}[{index}]", depth + 1)
    elif isinstance(messages, list):
        yield path, [str(item) for item in messages]
    else:
        yield path, [str(messages)]
