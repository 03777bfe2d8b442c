"""Faults to order: which request gets one, and how it is brought over the wire."""

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
# Time for what was sent to be read: a reset overtakes what the client has not yet taken.
BEFORE_RESET = 0.05
BEFORE_ABORT = 1.0

Reset: TypeAlias = bool | Literal["after_headers"]


@dataclass(eq=False)
class Fault:
    """One order: what goes wrong, for which requests, how often."""

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

    def matches(self, method: str, path: str) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method is not None and self.method != method:
            return False
        # An order for "*" means the API: who wants the token endpoint names it.
        if path == TOKEN_PATH and not self.path.startswith("/oauth2"):
            return False
        return fnmatch.fnmatchcase(path, self.path)

    @property
    def is_canned(self) -> bool:
        return self.status is not None or self.body is not None

    def canned_response(self) -> Response:
        """The answer given instead of the true one."""
        status = self.status or 200
        if self.body is None:
            return self._usual(status)
        if isinstance(self.body, bytes | str):
            content, usual_type = self.body, HTML_TYPE
        else:
            content, usual_type = encode(self.body), JSON_TYPE
        # As a header, for Starlette adds a charset to a media type of its own accord.
        headers = {"content-type": self.content_type or usual_type, **self.headers}
        return Response(content, status, headers)

    def _usual(self, status: int) -> Response:
        headers = dict(self.headers)
        if self.content_type is not None:
            headers["content-type"] = self.content_type
        if status in (204, 304) or status < 200:
            return Response(None, status, headers)
        if status >= 500 or 300 <= status < 400:
            return html_page(status, headers)
        if self.path == TOKEN_PATH:
            error = "invalid_client" if status == 401 else "invalid_request"
            answer = Response(encode({"error": error}), status, media_type=JSON_TYPE)
        else:
            answer = message_response(status)
        answer.headers.update(headers)
        return answer


class Faults:
    """The orders that stand; the earliest one that fits a request is the one it gets."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        fault.path = normalize_path(fault.path)
        with self._lock:
            self._orders.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()

    def take(self, method: str, path: str) -> Fault | None:
        if not self._orders:
            return None
        with self._lock:
            for fault in self._orders:
                if fault.matches(method, normalize_path(path)):
                    fault.hits += 1
                    return fault
        return None


def normalize_path(path: str) -> str:
    """A path as orders name it: without the API's prefix and without a slash at its end."""
    if path.startswith(API_PREFIX):
        path = path[len(API_PREFIX) :]
    path = path.rstrip("/") or "/"
    return f"/{path}" if not path.startswith("/") else path


class BufferedResponse:
    """A response in full, so that it can be delivered badly."""

    def __init__(self) -> None:
        self.start: dict[str, Any] = {}
        self.body = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def deliver(
    fault: Fault, answer: BufferedResponse, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send an answer in the manner that the fault asks for."""
    await send(answer.start)
    body = answer.body
    if fault.reset == "after_headers":
        await reset(scope, receive)
    elif fault.truncate:
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        scope[TRANSPORT].close()
        try:
            await asyncio.wait_for(disconnected(receive), BEFORE_ABORT)
        except asyncio.TimeoutError:
            scope[TRANSPORT].abort()
            await disconnected(receive)
    else:
        if fault.drip:
            for place in range(len(body)):
                piece = body[place : place + 1]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(fault.drip)
            body = b""
        await send({"type": "http.response.body", "body": body})


async def reset(scope: Scope, receive: Receive) -> None:
    """End the connection with a TCP reset."""
    await asyncio.sleep(BEFORE_RESET)
    transport = scope[TRANSPORT]
    if not transport.is_closing():  # else the client has been faster
        # Lingering for no time at all makes the kernel send RST instead of FIN.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
    await disconnected(receive)


async def disconnected(receive: Receive) -> None:
    """Wait until the server knows that the client is gone, else it would take us for broken."""
    while (await receive())["type"] != "http.disconnect":
        pass
