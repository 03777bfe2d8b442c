"""Replies and errors as the journal holds them, and as they are read back."""

from __future__ import annotations

import json
from typing import Any

import requests

from .. import errors as api_errors
from ..errors import APIError
from .errors import RowInDoubt

_PACKAGE = __name__.partition(".")[0]

_KINDS: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "TypeError": TypeError,
    "RowInDoubt": RowInDoubt,
}


def describe_error(error: BaseException, *, with_details: bool = True) -> dict[str, Any]:
    """Return an error as JSON: its type, text, status, activity, and the fields it names.

    Without details the fields are left out, and so is the text of exceptions that are not ours:
    it may quote what was sent, and that of requests quotes URLs.
    """
    description: dict[str, Any] = {"type": type(error).__name__}
    if with_details or type(error).__module__.partition(".")[0] == _PACKAGE:
        description["text"] = str(error)
    response = getattr(error, "response", None)
    if isinstance(response, requests.Response):
        description["status"] = response.status_code
    if isinstance(error, APIError):
        if error.activity_id:
            description["activity_id"] = error.activity_id
        if with_details and error.errors:
            description["errors"] = error.errors
    return description


def rebuild_error(description: Any) -> Exception:
    """Return an error that was described: the same class where there is one, without response."""
    description = description if isinstance(description, dict) else {}
    name, text = str(description.get("type")), str(description.get("text", ""))
    kind = getattr(api_errors, name, APIError if "status" in description else None)
    if isinstance(kind, type) and issubclass(kind, APIError):
        return kind(
            text,
            activity_id=description.get("activity_id"),
            errors=description.get("errors"),
        )
    return _KINDS.get(name, requests.RequestException)(text or name)


def rebuild_reply(session: Any, reply: Any) -> Any:
    """Return a reply as the session returned it, from the JSON that it was written as."""
    if not isinstance(reply, dict):
        return reply
    response = requests.Response()
    response.status_code = 200
    response.headers["Content-Type"] = "application/json"
    response._content = json.dumps(reply).encode()
    return session.read_reply(response)
