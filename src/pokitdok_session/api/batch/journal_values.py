"""Replies and errors as the journal holds them, and as they are read back."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import requests
from requests.utils import get_encoding_from_headers

from ..errors import APIError
from ..reply import Reply
from .errors import RefusedCall, RowInDoubt

_PACKAGE = __name__.partition(".")[0]

#: What is raised for a reply that a record cannot hold.
UNWRITABLE = (TypeError, ValueError, RuntimeError, requests.RequestException)

#: Statuses that may mean a wrong path instead of a wrong row.
_ABOUT_THE_URL = (404, 405, 410)

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
    if with_details or _is_ours(error):
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


def is_about_the_row(description: Any) -> bool:
    """Return True if a described error means that the same row will be refused again.

    Without a status it was raised here, perhaps by a mistake in the caller's function. A status
    about the URL may come from a wrong base_url.
    """
    description = description if isinstance(description, dict) else {}
    status = description.get("status")
    is_refused = status is not None and status not in _ABOUT_THE_URL
    return is_refused or description.get("type") == RefusedCall.__name__


def rebuild_error(description: Any) -> Exception:
    """Return an error that was described: the same class where there is one, without response."""
    description = description if isinstance(description, dict) else {}
    name, text = str(description.get("type")), str(description.get("text", ""))
    kind = _api_error(name) or (APIError if "status" in description else None)
    if kind is not None:
        details = {each: description.get(each) for each in ("activity_id", "errors")}
        try:
            return kind(text, **details)
        except TypeError:  # a caller's class, with a constructor of its own
            return APIError(text, **details)
    return _KINDS.get(name, requests.RequestException)(text or name)


def _api_error(name: str) -> type[APIError] | None:
    """Return the `APIError` of this name: of any API, if its module is imported."""
    kinds: list[type[APIError]] = [APIError]
    for kind in kinds:
        if kind.__name__ == name:
            return kind
        kinds += kind.__subclasses__()
    return None


def describe_cause(error: BaseException) -> str:
    """Return the type of an error, and its text in one line unless that may quote what was sent.

    The texts of this package's exceptions do not, nor do those that its sessions redacted.
    """
    name = type(error).__name__
    text = " ".join(str(error).split())
    is_safe = _is_ours(error) or hasattr(error, "is_redacted")
    return f"{name} ({text})" if text and is_safe else name


def _is_ours(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == _PACKAGE


def describe_reply(reply: Any) -> dict[str, Any]:
    """Return the members of a record that hold what a call returned.

    ``form`` says what it was if it was neither the usual `Reply` nor plain JSON. Raises an
    exception of `UNWRITABLE` for a response that cannot be read.
    """
    if isinstance(reply, Reply):
        form = "text" if not reply.is_json else "bare" if reply.is_bare else None
        status = reply.response.status_code if hasattr(reply, "response") else 200
        return {
            "reply": reply,
            **({} if form is None else {"form": form}),
            **({} if status == 200 else {"status": status}),
        }
    if isinstance(reply, requests.Response):
        headers = {k: v for k, v in reply.headers.items() if k.lower() != "set-cookie"}
        head = {"status": reply.status_code, "reason": reply.reason, "headers": headers}
        return {"reply": _describe_bytes(reply.content), "form": "response", **head}
    if isinstance(reply, bytes):
        return {"reply": _describe_bytes(reply), "form": "bytes"}
    return {"reply": reply, **({"form": "object"} if isinstance(reply, dict) else {})}


def _describe_bytes(content: bytes) -> Any:
    """Return bytes as text if they are UTF-8, and otherwise as base64."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _rebuild_bytes(described: Any) -> bytes:
    if isinstance(described, dict):
        return base64.b64decode(described["base64"])
    return str(described).encode()


def rebuild_reply(session: Any, record: Mapping[str, Any]) -> Any:
    """Return what a call returned, from the record that holds it; None if that has no reply."""
    reply, form = record.get("reply"), record.get("form")
    if form == "bytes":
        return _rebuild_bytes(reply)
    if form == "response":
        return _rebuild_response(record, _rebuild_bytes(reply), record["headers"])
    if form == "object" or not isinstance(reply, dict):
        return reply
    if form == "text":
        content = (reply["data"] or "").encode()
        headers = {"Content-Type": "text/plain; charset=utf-8"}
    else:
        content = json.dumps(reply["data"] if form == "bare" else reply).encode()
        headers = {"Content-Type": "application/json"}
    return session.read_reply(_rebuild_response(record, content, headers))


def _rebuild_response(
    record: Mapping[str, Any], content: bytes, headers: Mapping[str, str]
) -> requests.Response:
    response = requests.Response()
    response.status_code = record.get("status", 200)
    response.reason = record.get("reason")  # type: ignore[assignment]  # None in requests too
    response.headers.update(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response._content = content
    return response
