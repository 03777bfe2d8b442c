"""The ASGI application: record the request, inject a fault, check token and rate, then route.

Plain ASGI, because every request passes here and Starlette's middleware class is slow.
"""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send

from .body import RequestBody
from .endpoint import REQUEST_CONTEXT, RequestContext
from .faults import API_PREFIX, TOKEN_PATH, BufferedResponse, deliver, reset
from .request_log import MAX_BODY_SAVED, Record
from .responses import html_page, message_response
from .state import State
from .token_endpoint import REVOKE_PATH, TokenEndpoint


class SandboxApp:
    """The ASGI application of one sandbox."""

    def __init__(self, state: State, router: Router) -> None:
        self._state = state
        self._router = router
        self._token_endpoint = TokenEndpoint(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        try:
            body = await RequestBody.read(receive)
        except ClientDisconnect:
            return
        try:
            await self._handle(scope, receive, self._with_date(send), body, started)
        except asyncio.CancelledError:
            # The sandbox is stopping while this request waits for a delay.
            return
        finally:
            body.close()

    def _with_date(self, send: Send) -> Send:
        """Add a Date header with the time of the sandbox's clock, which tests move."""

        async def send_with_date(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                if not any(name.lower() == b"date" for name, _ in headers):
                    now = formatdate(self._state.clock.now(), usegmt=True).encode()
                    message = {**message, "headers": [(b"date", now), *headers]}
            await send(message)

        return send_with_date

    async def _handle(
        self, scope: Scope, receive: Receive, send: Send, body: RequestBody, started: float
    ) -> None:
        state, options = self._state, self._state.options
        # The raw path, because an id with an encoded slash must stay one segment.
        path: str = scope["raw_path"].decode("ascii").rstrip("/")
        scope["path"] = path
        token = self._record(scope, body)
        state.clock.run_due()
        delay = options.latency + (options.token_latency if path == TOKEN_PATH else 0)
        if delay:
            await asyncio.sleep(delay)
        fault = state.faults.take(scope["method"], path)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.reset is True:
            await reset(scope, receive)
            return
        response: Response | Router
        if fault is not None and fault.is_canned:
            response = fault.canned_response()
        else:
            response = await self._respond(scope, body, token, started)
        if fault is None:
            await response(scope, receive, send)
        else:
            buffered = BufferedResponse()
            await response(scope, receive, buffered.send)
            await deliver(fault, buffered, scope, receive, send)

    def _record(self, scope: Scope, body: RequestBody) -> str | None:
        """Add the request to its log, and return its bearer token."""
        headers = Headers(scope=scope)
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        token = credentials.strip() if scheme.lower() == "bearer" else None
        record = Record(
            method=scope["method"],
            path=scope["raw_path"].decode("ascii"),
            query=scope["query_string"].decode("ascii"),
            headers=headers,
            body=body.head[:MAX_BODY_SAVED],
            size=body.size,
            sha256=body.sha256,
            token=token,
            time=self._state.clock.now(),
        )
        is_token_request = scope["path"] == TOKEN_PATH
        (self._state.token_requests if is_token_request else self._state.requests).append(record)
        return token

    async def _respond(
        self, scope: Scope, body: RequestBody, token: str | None, started: float
    ) -> Response | Router:
        path: str = scope["path"]
        if path in (TOKEN_PATH, REVOKE_PATH):
            return await self._token_endpoint.respond(scope, body)
        if not path.startswith(API_PREFIX + "/"):
            return html_page(404)
        valid_token = self._state.valid_token(token)
        if valid_token is None:
            return message_response(401)
        if not self._state.count_request(valid_token.app):
            return message_response(403)
        scope[REQUEST_CONTEXT] = RequestContext(valid_token, body, started)
        return self._router
