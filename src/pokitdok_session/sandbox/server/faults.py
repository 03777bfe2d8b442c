"""Fault injection: which request gets a fault, and how the response is damaged."""

from __future__ import annotations

import asyncio
import fnmatch
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .responses import HTML_TYPE, JSON_TYPE, encode, html_page, message_response

TRANSPORT = "pokitdok.transport"
API_PREFIX = "/api/v4"
TOKEN_PATH = "/oauth2/token"
# Seconds for the client to read what was sent: a reset discards what it has not read.
RESET_DELAY = 0.05
ABORT_DELAY = 1.0

Reset: TypeAlias = bool | Literal["after_headers"]


@dataclass(eq=False)
class Fault:
    """One injected fault: for which requests, how often, and what happens to the response."""

    path: str
    method: str | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    times: int | None = 1
    delay: float = 0
    reset: Reset = False
    truncate: bool = False
    drip: float = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if "://" in self.path:
            raise ValueError("path must be a path or a pattern, such as /activities/*, got a URL")
        if self.reset not in (True, False, "after_headers"):
            raise ValueError(f"reset must be True, False or 'after_headers', got {self.reset!r}")

    def matches(self, method: str, path: str) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method is not None and self.method != method:
            return False
        # "*" means the API. The token endpoint must be named.
        if path == TOKEN_PATH and not self.path.startswith("/oauth2"):
            return False
        return fnmatch.fnmatchcase(path, self.path)

    @property
    def is_canned(self) -> bool:
        return self.status is not None or self.body is not None

    def canned_response(self) -> Response:
        """Return the response that replaces the real one."""
        status = self.status or 200
        if self.body is None:
            return self._default_response(status)
        if isinstance(self.body, bytes | str):
            content, default_type = self.body, HTML_TYPE
        else:
            content, default_type = encode(self.body), JSON_TYPE
        # A header, because Starlette adds a charset to `media_type`.
        headers = {"content-type": self.content_type or default_type, **self.headers}
        return Response(content, status, headers)

    def _default_response(self, status: int) -> Response:
        headers = dict(self.headers)
        if self.content_type is not None:
            headers["content-type"] = self.content_type
        if status in (204, 304) or status < 200:
            return Response(None, status, headers)
        if status >= 500 or 300 <= status < 400:
            return html_page(status, headers)
        if self.path == TOKEN_PATH:
            error = "invalid_client" if status == 401 else "invalid_request"
            response = Response(encode({"error": error}), status, media_type=JSON_TYPE)
        else:
            response = message_response(status)
        response.headers.update(headers)
        return response


class Faults:
    """The injected faults. A request gets the earliest one that matches."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        fault.path = normalize_path(fault.path)
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, normalize_path(path)):
                    fault.hits += 1
                    return fault
        return None


def normalize_path(path: str) -> str:
    """Return a path without the API's prefix and without a last slash."""
    if path.startswith(API_PREFIX):
        path = path[len(API_PREFIX) :]
    path = path.rstrip("/") or "/"
    return f"/{path}" if not path.startswith("/") else path


class BufferedResponse:
    """A complete response, kept until it is sent with a fault."""

    def __init__(self) -> None:
        self.start: dict[str, Any] = {}
        self.body = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def deliver(
    fault: Fault, response: BufferedResponse, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send a response in the way that the fault says."""
    await send(response.start)
    body = response.body
    if fault.reset == "after_headers":
        await reset(scope, receive)
    elif fault.truncate:
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        scope[TRANSPORT].close()
        try:
            await asyncio.wait_for(wait_for_disconnect(receive), ABORT_DELAY)
        except asyncio.TimeoutError:
            scope[TRANSPORT].abort()
            await wait_for_disconnect(receive)
    else:
        if fault.drip:
            for index in range(len(body)):
                byte = body[index : index + 1]
                await send({"type": "http.response.body", "body": byte, "more_body": True})
                await asyncio.sleep(fault.drip)
            body = b""
        await send({"type": "http.response.body", "body": body})


async def reset(scope: Scope, receive: Receive) -> None:
    """End the connection with a TCP reset."""
    await asyncio.sleep(RESET_DELAY)
    transport = scope[TRANSPORT]
    if not transport.is_closing():  # the client can have closed it
        # With SO_LINGER of 0 seconds the kernel sends RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    await wait_for_disconnect(receive)


async def wait_for_disconnect(receive: Receive) -> None:
    """Wait until uvicorn has seen the disconnect; otherwise it logs an incomplete response."""
    while (await receive())["type"] != "http.disconnect":
        pass
