"""The way of one request through the sandbox: record, fault, latency, token, rate, family.

Plain ASGI, because it is on the road of every call and Starlette's middleware class is slow.
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

from .endpoint import REQUEST_CONTEXT, RequestContext
from .faults import API_PREFIX, TOKEN_PATH, BufferedResponse, Fault, deliver, reset
from .request_log import MAX_BODY_SAVED, Record, RequestBody
from .responses import html_page, message_response
from .state import State
from .token_endpoint import REVOKE_PATH, TokenEndpoint


class SandboxApp:
    """The ASGI application of a sandbox."""

    def __init__(self, state: State, router: Router) -> None:
        self._state = state
        self._router = router
        self._provider = TokenEndpoint(state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        try:
            body = await RequestBody.read(receive)
        except ClientDisconnect:
            return
        try:
            await self._serve(scope, receive, self._dated(send), body, started)
        except asyncio.CancelledError:
            # The sandbox is stopping, and this request was still waiting out a delay.
            return
        finally:
            body.close()

    def _dated(self, send: Send) -> Send:
        """Have answers say the time of the sandbox's own clock, which tests move."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", [])
                if not any(name.lower() == b"date" for name, _ in headers):
                    now = formatdate(self._state.clock.now(), usegmt=True).encode()
                    message = {**message, "headers": [(b"date", now), *headers]}
            await send(message)

        return dated

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, body: RequestBody, started: float
    ) -> None:
        state, options = self._state, self._state.options
        # Routed as it was sent, so that an id with an encoded slash stays one segment.
        path: str = scope["raw_path"].decode("ascii").rstrip("/")
        scope["path"] = path
        token = self._record(scope, body)
        state.clock.run_due()
        wait = options.latency + (options.token_latency if path == TOKEN_PATH else 0)
        if wait:
            await asyncio.sleep(wait)
        fault = state.faults.take(scope["method"], path)
        if fault is None:
            response = await self._response(scope, body, token, started)
            await response(scope, receive, send)
        else:
            await self._fail(fault, scope, receive, send, body, token, started)

    def _record(self, scope: Scope, body: RequestBody) -> str | None:
        headers = Headers(scope=scope)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        token = given.strip() if scheme.lower() == "bearer" else None
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

    async def _response(
        self, scope: Scope, body: RequestBody, token: str | None, started: float
    ) -> Response | Router:
        path: str = scope["path"]
        if path in (TOKEN_PATH, REVOKE_PATH):
            return await self._provider.answer(scope, body)
        if not path.startswith(API_PREFIX + "/"):
            return html_page(404)
        held = self._state.valid_token(token)
        if held is None:
            return message_response(401)
        if not self._state.count_request(held.app):
            return message_response(403)
        scope[REQUEST_CONTEXT] = RequestContext(held, body, started)
        return self._router

    async def _fail(
        self,
        fault: Fault,
        scope: Scope,
        receive: Receive,
        send: Send,
        body: RequestBody,
        token: str | None,
        started: float,
    ) -> None:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.reset is True:
            await reset(scope, receive)
            return
        response: Response | Router
        if fault.is_canned:
            response = fault.canned_response()
        else:
            response = await self._response(scope, body, token, started)
        answer = BufferedResponse()
        await response(scope, receive, answer.send)
        await deliver(fault, answer, scope, receive, send)
