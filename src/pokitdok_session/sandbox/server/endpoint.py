"""One endpoint at work: from a request that the gate let in to the answer in its envelope."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.datastructures import Headers, QueryParams
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..x12 import interchange as x12
from .activities import Activity
from .call import Call, Page, Raw, Upload
from .faults import TRANSPORT
from .request_log import RequestBody
from .responses import Refusal, ValidationError, envelope_response, html_page, message_response
from .routing import Endpoint
from .state import UNLIMITED_CAP, IssuedToken, State

REQUEST_CONTEXT = "pokitdok.context"
DEFAULT_LIMIT = 20
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class RequestContext:
    """What the gate knows of a request it has let in."""

    token: IssuedToken
    body: RequestBody
    started: float


class EndpointApp:
    """An endpoint of one sandbox, as an ASGI application."""

    def __init__(self, endpoint: Endpoint, state: State) -> None:
        self._endpoint = endpoint
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._slash(scope) or await self._respond(scope)
        await response(scope, receive, send)

    def _slash(self, scope: Scope) -> Response | None:
        """With strict slashes, what Werkzeug did about a path without its last slash."""
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
            connection=scope.get(TRANSPORT),
        )
        try:
            return await self._with_body(call, scope, context)
        except Refusal as refusal:
            return self._refuse(call, refusal, context)

    async def _with_body(self, call: Call, scope: Scope, context: RequestContext) -> Response:
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in FORMS:
            self._take_body(call, context.body, kind)
            return self._run(call, scope, context)
        try:
            form = await Request(scope, context.body.receive()).form()
        except (MultiPartException, ValueError):
            raise ValidationError({"body": ["Not a form."]}) from None
        try:
            call.body = {n: value for n, value in form.multi_items() if isinstance(value, str)}
            call.files = {
                name: Upload(value.filename or "", value.content_type or "", value.file)
                for name, value in form.multi_items()
                if not isinstance(value, str)
            }
            return self._run(call, scope, context)
        finally:
            await form.close()

    def _take_body(self, call: Call, body: RequestBody, kind: str) -> None:
        if not body.size:
            return
        takes_x12 = self._endpoint.x12 is not None
        if takes_x12 and kind == x12.BARE:
            call.x12 = body.whole().decode("utf-8", "replace")
        else:
            # Whatever the Content-Type: the documentation's own samples left it out at times.
            try:
                call.body = json.loads(body.whole())
            except (ValueError, RecursionError):
                raise ValidationError({"body": ["Not JSON."]}) from None
            if takes_x12 and kind == x12.IN_JSON:
                call.x12 = str(call.body.get("x12")) if isinstance(call.body, dict) else ""
        if call.x12 is not None:
            call.activity.x12_request = call.x12
            call.body = x12.parse_request(call.x12)

    def _run(self, call: Call, scope: Scope, context: RequestContext) -> Response:
        submitted = call.body if isinstance(call.body, dict) else {}
        activity = call.activity
        activity.parameters = {**call.query, **call.params, **submitted}
        activity.callback_url = submitted.get("callback_url")
        activity.application_data = submitted.get("application_data")
        if isinstance(submitted.get("trading_partner_id"), str):
            activity.trading_partner_id = submitted["trading_partner_id"]
        with self._state.lock:
            result = self._endpoint.handler(call)
            data, paging = self._shown(result, call, scope)
            if not activity.long_running:
                activity.finish(call.now)
            billing = self._bill(call)
        if self._endpoint.x12 is not None:
            result = data = self._as_x12(call, data, self._endpoint.x12)
        if isinstance(result, Raw):
            # JSON can escape half a character, which has no form in UTF-8.
            return Response(result.text.encode("utf-8", "replace"), media_type=result.media_type)
        meta = {**self._meta(call, context), **billing, **paging}
        return envelope_response(meta, data, legacy=self._state.options.legacy_headers)

    def _refuse(self, call: Call, refusal: Refusal, context: RequestContext) -> Response:
        with self._state.lock:
            call.activity.enter("failed", call.now)
            meta = self._meta(call, context)
            if not refusal.tracked:
                call.app.activities.discard(call.activity)
                del meta["activity_id"]
        errors = {"errors": refusal.errors}
        legacy = self._state.options.legacy_headers
        return envelope_response(meta, errors, status=refusal.status, legacy=legacy)

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
            # Rounded up: who waits until then must find the window ended.
            "rate_limit_reset": int(app.window_end) + 1,
        }

    def _as_x12(self, call: Call, data: Any, transaction: str) -> Any:
        """The answer in the form that the request asked for, which is JSON if it says nothing."""
        submitted = call.body if isinstance(call.body, dict) else {}
        text = x12.build_response(transaction, submitted, call.now)
        call.activity.x12_response = text
        accepted = call.headers.get("accept", "")
        if x12.SEGMENTS in accepted or x12.SEGMENTS_DRAFT in accepted:
            return {"x12_segments": x12.to_named_elements(text)}
        if x12.IN_JSON in accepted:
            return {"x12": text}
        return Raw(text, x12.BARE) if x12.BARE in accepted else data

    def _shown(self, result: Any, call: Call, scope: Scope) -> tuple[Any, dict[str, Any]]:
        if isinstance(result, Activity):
            return result.to_json(), {}
        if not isinstance(result, Page):
            return result, {}
        limit = whole_number(call.query, "limit", DEFAULT_LIMIT, least=1)
        offset = whole_number(call.query, "offset", 0, least=0)
        total = len(result.items)
        items = result.items[offset : offset + limit]
        paging: dict[str, Any] = {"result_count": total} if result.counted else {}
        if offset + limit < total:
            paging["next"] = self._at(call, scope, offset + limit)
        if offset:
            paging["previous"] = self._at(call, scope, max(0, offset - limit))
        shown = [item.to_json() if isinstance(item, Activity) else item for item in items]
        return shown, paging

    def _at(self, call: Call, scope: Scope, offset: int) -> str:
        """This very URL with another offset."""
        kept = [(name, value) for name, value in call.query.multi_items() if name != "offset"]
        query = urlencode([*kept, ("offset", str(offset))])
        return f"{self._state.base_url}{scope['raw_path'].decode('ascii')}?{query}"


def whole_number(query: QueryParams, name: str, usual: int, *, least: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    # Longer numbers than this are no page of anything, and int() refuses very long ones.
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
        raise ValidationError({name: [f"Must be a whole number, {least} or more."]})
    return int(text)
