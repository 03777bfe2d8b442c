"""Which error a reply stands for, by its status, and what the body says about each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from ..oauth2.auth import reason_of_401
from ..transport.in_doubt import IDEMPOTENT_METHODS, IN_DOUBT
from .errors import (
    APIError,
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    UnreadableReply,
    ValidationError,
)
from .rate_limit import RateLimit
from .reply import Reply
from .verdict import Verdict, original_method, verdict_on

#: Levels of a body that are searched. A deeper one is not an answer of an API.
MAX_DEPTH = 50

ERROR_BY_STATUS: dict[int, type[APIError]] = {
    400: ValidationError,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    422: ValidationError,
}

# What an error means, and what to check.
_MEANING: dict[type[APIError], str] = {
    ValidationError: "correct the request",
    PaymentRequired: "the account has no credits left; add some",
    Forbidden: "not allowed; check scope= and the rights of the client",
    NotFound: "check the id and the path",
    ServerError: "the API has a problem of its own",
    UnreadableReply: "the body is not what this API sends; check base_url, and proxies on the way",
}

# Members that name the field of an error, and members that hold its message.
_FIELD = ("field", "pointer", "name", "parameter", "path")
_MESSAGE = ("detail", "message", "description", "title", "code")


def error_class(status: int) -> type[APIError] | None:
    """Return the class for a status, None for one that is not an error."""
    if status < 400:
        return None
    return ERROR_BY_STATUS.get(status, ServerError if status >= 500 else APIError)


def make_error(kind: type[APIError], reply: Reply[Any], errors: dict[str, Any]) -> APIError:
    """Return an error whose text names the status, the activity, what to do, and the fields."""
    response = reply.response
    error = kind(response=response, activity_id=reply.activity_id, errors=errors)
    words = [f"the API answered {response.status_code}"]
    if reply.activity_id:
        words.append(f"activity {reply.activity_id}")
    if kind is Unauthorized:
        words.append(reason_of_401(response))
    elif kind in _MEANING:
        words.append(_MEANING[kind])
    words += _next_step(verdict_on(error), kind, response)
    if errors:
        words.append("errors: " + ", ".join(sorted(map(str, errors))))
    error.args = ("; ".join(words),)
    return error


def _next_step(
    verdict: Verdict, kind: type[APIError], response: requests.Response
) -> Iterator[str]:
    if verdict.action == "retry":
        seconds = verdict.retry_after
        yield f"send it again after {seconds:g} s" if seconds else "send it again later"
    elif verdict.action == "unknown" and original_method(response) not in IDEMPOTENT_METHODS:
        yield IN_DOUBT
    elif verdict.action == "fix" and kind not in _MEANING:
        yield "correct the request"


def make_rate_limited(reply: Reply[Any], limit: RateLimit) -> RateLimited:
    """Return the error of a rate limit; its text says how many seconds are known or assumed."""
    known = f"send it again after {limit.seconds:g} s"
    if limit.is_assumed:
        known += ", which is assumed, because the API did not say when the limit ends"
    error = RateLimited(
        f"the API answered {reply.response.status_code}; too many calls, and this one was not"
        f" processed; {known}",
        response=reply.response,
        activity_id=reply.activity_id,
    )
    error.retry_after, error.is_assumed = limit
    return error


def is_unreadable(reply: Reply[Any]) -> bool:
    """Return True for a body that is not JSON although the caller did not ask for other text.

    An empty body is an answer to DELETE and HEAD, and with every status except 200.
    """
    if reply.is_json or not accepts_json(reply.response):
        return False
    if reply.response.content:
        return True
    method = reply.response.request.method
    return reply.response.status_code == 200 and method not in ("DELETE", "HEAD")


def accepts_json(response: requests.Response) -> bool:
    """Return True unless the request named media types in ``Accept``, none of them JSON."""
    accept = response.request.headers.get("Accept") or "*/*"
    return "json" in accept or "*/*" in accept


def field_errors(body: Any) -> dict[str, list[str]]:
    """Return the messages of a body by field, empty if it names no field.

    Read is the member ``errors``: a mapping of fields to messages, or a list of objects as in
    RFC 9457 section 3 (``{"pointer": "#/age", "detail": "..."}``) and in similar forms.
    """
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if isinstance(errors, Mapping):
        return dict(flatten(errors))
    found: dict[str, list[str]] = {}
    for item in errors if isinstance(errors, list) else []:
        if isinstance(item, Mapping):
            found.setdefault(_field_of(item), []).append(_message_of(item))
    return found


def _field_of(item: Mapping[str, Any]) -> str:
    source = item.get("source")  # JSON:API puts the pointer one level deeper
    places = [item, source] if isinstance(source, Mapping) else [item]
    for place in places:
        for name in _FIELD:
            if isinstance(place.get(name), str):
                return str(place[name]).lstrip("#").strip("/").replace("/", ".")
    return ""


def _message_of(item: Mapping[str, Any]) -> str:
    return next((str(item[name]) for name in _MESSAGE if item.get(name)), "")


def flatten(messages: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Yield the path of each field with its list of messages, from mappings that are nested."""
    if depth == MAX_DEPTH:
        yield path, []
    elif isinstance(messages, dict):
        for name, inner in messages.items():
            yield from flatten(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(messages, list) and any(isinstance(item, (dict, list)) for item in messages):
        for index, inner in enumerate(messages):
            yield from flatten(inner, f"{path}[{index}]", depth + 1)
    elif isinstance(messages, list):
        yield path, [str(item) for item in messages]
    else:
        yield path, [str(messages)]
