"""What a request is once it is on its way: the one form in which tests compare requests.

`Recorder` stands for a session and sends nothing. A test against a server builds `Sent` from what
the server got, and the rest of the test stays.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from pokitdok_session.api.encoding import to_query
from pokitdok_session.api.reply import Reply
from pokitdok_session.pokitdok.resources import Resources

API_ROOT = "https://platform.example/api/v4"


@dataclass(frozen=True)
class Part:
    """A file of a multipart body."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Sent:
    """A request; its body is ``json``, ``content``, ``form`` with ``part``, or missing."""

    verb: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    accept: str | None = None
    content_type: str | None = None
    json: Any = None
    content: bytes | None = None
    form: dict[str, str] = field(default_factory=dict)
    part: Part | None = None

    @classmethod
    def of(
        cls, verb: str, url: str, headers: Mapping[str, str], body: bytes | None, *, root: str = ""
    ) -> Sent:
        """Return the request; ``url`` can be a path, ``root`` is the path of the API root."""
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = dict(pairs)
        assert len(query) == len(pairs), "a parameter was sent twice"
        assert parts.path.startswith(root)
        accept = headers.get("Accept")
        content_type, _, _ = headers.get("Content-Type", "").partition(";")
        return cls(
            verb,
            parts.path.removeprefix(root),
            query,
            None if accept == "*/*" else accept,
            content_type or None,
            **_body(headers.get("Content-Type", ""), body),
        )


def _body(content_type: str, body: bytes | None) -> dict[str, Any]:
    if not body:
        return {}
    if content_type.startswith("multipart/form-data"):
        return _multipart(content_type, body)
    if content_type.startswith("application/") and "json" in content_type:
        return {"json": jsonlib.loads(body)}
    return {"content": body}


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    message = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    form: dict[str, str] = {}
    files: list[Part] = []
    for part in message.get_payload():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name, file_name = part.get_param("name", header="content-disposition"), part.get_filename()
        if file_name is None:
            form[str(name)] = content.decode()
        else:
            assert name == "file"
            files.append(Part(file_name, str(part["Content-Type"]), content))
    (file,) = files
    return {"form": form, "part": file}


class Recorder(Resources):
    """Prepares each call as requests does, and records it instead of sending it."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.timeouts: list[Any] = []

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: Any = None,
    ) -> Reply:
        assert path.startswith("/")
        self.timeouts.append(timeout)
        request = requests.Request(
            method,
            API_ROOT + path,
            params=to_query(params),
            json=json,
            data=data,
            files=files,
            headers=dict(headers or {}),
        ).prepare()
        assert request.url is not None
        body = request.body.encode() if isinstance(request.body, str) else request.body
        self.sent.append(Sent.of(method, request.url, request.headers, body, root="/api/v4"))
        return Reply(data=None)
