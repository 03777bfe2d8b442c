"""One endpoint as an ASGI application: parse the body, run the handler, send the envelope."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import Headers, QueryParams
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..x12 import interchange as x12
from .activities import Activity
from .body import RequestBody
from .call import Call, Page, Raw, Upload
from .faults import TRANSPORT
from .paging import cut_page
from .responses import (
    INVENTED,
    Refusal,
    ValidationError,
    envelope_response,
    html_page,
    message_response,
)
from .routing import Endpoint
from .state import UNLIMITED_CAP, IssuedToken, State

REQUEST_CONTEXT = "pokitdok.context"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class RequestContext:
    """What the application knows about a request with a valid token."""

    token: IssuedToken
    body: RequestBody
    started: float


class EndpointApp:
    """The ASGI application of one endpoint of one sandbox."""

    def __init__(self, endpoint: Endpoint, state: State) -> None:
        self._endpoint = endpoint
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._redirect_to_slash(scope) or await self._respond(scope)
        if self._endpoint.invented is not None:
            response.headers[INVENTED] = "1"
        await response(scope, receive, send)

    def _redirect_to_slash(self, scope: Scope) -> Response | None:
        """With ``strict_slashes``, treat a missing last slash as Werkzeug did."""
        if not self._state.options.strict_slashes or scope["method"] not in ("GET", "HEAD"):
            return None
        path: str = scope["raw_path"].decode("ascii")
        if path.endswith("/") == self._endpoint.path.endswith("/"):
            return None
        if path.endswith("/"):
            return html_page(404)
        query = scope["query_string"].decode("ascii")
        location = f"{self._state.base_url}{path}/" + (f"?{query}" if query else "")
        return html_page(301, {"location": location})

    async def _respond(self, scope: Scope) -> Response:
        context: RequestContext = scope[REQUEST_CONTEXT]
        app = context.token.app
        if self._endpoint.billed and app.out_of_credits:
            return message_response(402)
        with self._state.lock:
            activity = app.activities.create(self._endpoint.activity_name, self._state.clock.now())
        call = Call(
            state=self._state,
            token=context.token,
            activity=activity,
            family=self._endpoint.family,
            headers=Headers(scope=scope),
            query=QueryParams(scope["query_string"]),
            params={name: unquote(value) for name, value in scope["path_params"].items()},
            url=self._state.base_url + scope["raw_path"].decode("ascii"),
            connection=scope.get(TRANSPORT),
        )
        try:
            return await self._parse_and_run(call, scope, context)
        except Refusal as refusal:
            return self._refuse(call, refusal, context)

    async def _parse_and_run(self, call: Call, scope: Scope, context: RequestContext) -> Response:
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in FORMS:
            self._parse_body(call, context.body, media_type)
            return self._run(call, context)
        try:
            form = await Request(scope, context.body.receive()).form()
        except (MultiPartException, ValueError):
            raise ValidationError({"body": ["Not a form."]}) from None
        try:
            items = form.multi_items()
            call.body = {name: value for name, value in items if isinstance(value, str)}
            call.files = {
                name: Upload(value.filename or "", value.content_type or "", value.file)
                for name, value in items
                if not isinstance(value, str)
            }
            return self._run(call, context)
        finally:
            await form.close()

    def _parse_body(self, call: Call, body: RequestBody, media_type: str) -> None:
        if not body.size:
            return
        takes_x12 = self._endpoint.x12 is not None
        if takes_x12 and media_type == x12.BARE:
            call.x12 = body.content().decode("utf-8", "replace")
        else:
            # Any Content-Type, because some samples of the documentation had none.
            try:
                call.body = json.loads(body.content())
            except (ValueError, RecursionError):
                raise ValidationError({"body": ["Not JSON."]}) from None
            if takes_x12 and media_type == x12.IN_JSON:
                call.x12 = str(call.body.get("x12")) if isinstance(call.body, dict) else ""
        if call.x12 is not None:
            call.activity.x12_request = call.x12
            call.body = x12.parse_request(call.x12)

    def _run(self, call: Call, context: RequestContext) -> Response:
        _describe(call.activity, call)
        with self._state.lock:
            result = self._endpoint.handler(call)
            data, paging = _to_json(result, call)
            if not call.activity.long_running:
                call.activity.finish(call.now)
            billing = self._bill(call)
            call.app.activities.update_size(call.activity)
        if self._endpoint.x12 is not None:
            result = data = self._as_x12(call, data, self._endpoint.x12)
        if isinstance(result, Raw):
            # JSON can escape half a surrogate pair, which UTF-8 cannot encode.
            text = result.text.encode("utf-8", "replace")
            response = Response(text, media_type=result.media_type)
        else:
            meta = {**self._meta(call, context), **billing, **paging}
            response = envelope_response(meta, data, legacy=self._state.options.legacy_headers)
        if call.invented:
            response.headers[INVENTED] = "1"
        return response

    def _refuse(self, call: Call, refusal: Refusal, context: RequestContext) -> Response:
        with self._state.lock:
            call.activity.enter("failed", call.now)
            meta = self._meta(call, context)
            if not refusal.tracked:
                call.app.activities.discard(call.activity)
                del meta["activity_id"]
            call.app.activities.update_size(call.activity)
        errors = {"errors": refusal.errors}
        legacy = self._state.options.legacy_headers
        response = envelope_response(meta, errors, status=refusal.status, legacy=legacy)
        if refusal.invented:
            response.headers[INVENTED] = "1"
        return response

    def _bill(self, call: Call) -> dict[str, Any]:
        if not self._endpoint.billed:
            return {}
        call.app.billed += 1
        return {"credits_billed": 1, "credits_remaining": call.app.credits_remaining}

    def _meta(self, call: Call, context: RequestContext) -> dict[str, Any]:
        app, limit = call.app, self._state.options.rate_limit
        return {
            "activity_id": call.activity.id,
            "application_mode": "test",
            "processing_time": int((time.monotonic() - context.started) * 1000),
            "rate_limit_amount": app.window_calls,
            "rate_limit_cap": UNLIMITED_CAP if limit is None else limit,
            # Rounded up, because a client that waits until then must be in the next window.
            "rate_limit_reset": int(app.window_end) + 1,
        }

    def _as_x12(self, call: Call, data: Any, transaction: str) -> Any:
        """Return the response in the form that ``Accept`` asks for: JSON without one."""
        submitted = call.body if isinstance(call.body, dict) else {}
        text = x12.build_response(transaction, submitted, call.now, call.x12_findings)
        call.activity.x12_response = text
        accepted = call.headers.get("accept", "")
        if x12.SEGMENTS in accepted or x12.SEGMENTS_DRAFT in accepted:
            return {"x12_segments": x12.to_named_elements(text)}
        if x12.IN_JSON in accepted:
            return {"x12": text}
        return Raw(text, x12.BARE) if x12.BARE in accepted else data


def _describe(activity: Activity, call: Call) -> None:
    """Copy to the activity what the request says about itself."""
    submitted = call.body if isinstance(call.body, dict) else {}
    activity.parameters = {**call.query, **call.params, **submitted}
    activity.callback_url = submitted.get("callback_url")
    activity.application_data = submitted.get("application_data")
    if isinstance(submitted.get("trading_partner_id"), str):
        activity.trading_partner_id = submitted["trading_partner_id"]


def _to_json(result: Any, call: Call) -> tuple[Any, dict[str, Any]]:
    """Return a handler's result as JSON, and what ``meta`` says about its page."""
    if isinstance(result, Activity):
        return result.to_json(), {}
    return cut_page(result, call.query, call.url) if isinstance(result, Page) else (result, {})
