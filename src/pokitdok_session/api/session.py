"""APISession: calls of a JSON API that return replies and raise typed errors.

The path of one call::

    call             encodes the body and the query, sends, measures, logs one record
    read_reply       the response as a Reply
    find_rate_limit  is it a rate limit, and when does it end? wait, and send again
    find_error       is it an error? raise it

Each of these except `call`, and `find_next_page`, `find_items`, `find_sent`, `format_value`, is
a place where a subclass says what its own API does otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests

from ..oauth2.timeouts import Timeout
from ..oauth2.token_sending import PreparedTokenRequest
from ..transport.multipart import Multipart
from ..transport.retries import rewind_body
from . import encoding, error_rules, pagination
from .batch.mixin import BatchMethods
from .call_context import current_call_context
from .call_log import CallRecord
from .errors import APIError, UnreadableReply
from .rate_limit import RateLimit, pause, read_rate_limit
from .reply import Reply, build_reply
from .resource import SESSION_TIMEOUT, Resource
from .settings import APISessionSettings


class APISession(APISessionSettings, BatchMethods, Resource):
    """A session for a JSON API, with `call` for what mixins of `Resource` describe.

    A call that meets a rate limit waits for at most ``max_rate_limit_wait`` seconds in all, and
    is sent again. `ClientCredentialsSession` explains the other parameters.
    """

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
        timeout: Timeout = SESSION_TIMEOUT,
    ) -> Reply[Any]:
        """Send one request to a path below the API root; return its `Reply`.

        ``params``, ``data``, ``files`` and ``headers`` are those of `requests.Session.request`;
        files are read while they are sent. ``json`` may also hold dates, Decimals and UUIDs.
        Raises an `APIError` for a response that is one, `TokenError` without a usable token, and
        what requests raises if no response came.
        """
        if files:
            data = Multipart(data, files)
            headers = {**(headers or {}), "Content-Type": data.content_type}
        context = current_call_context()
        if context.headers:
            headers = {**context.headers, **(headers or {})}
        if json is not None:
            json = encoding.to_json(json, self.format_value)
        options: dict[str, Any] = {} if timeout is SESSION_TIMEOUT else {"timeout": timeout}
        record = CallRecord(method)
        try:
            response = self.request(
                method,
                path,
                params=encoding.to_query(params, self.format_value),
                json=json,
                data=data,
                headers=headers,
                **options,
            )
            return self._reply(record, response, options)
        except BaseException as error:
            record.outcome = record.outcome or type(error).__name__
            raise
        finally:
            record.emit()

    def _reply(
        self, record: CallRecord, response: requests.Response, options: Mapping[str, Any]
    ) -> Reply[Any]:
        waited = 0.0
        longest = self.max_rate_limit_wait if current_call_context().waits_for_rate_limit else 0.0
        while True:
            reply = self.read_reply(response)
            record.add(reply)
            limit = self.find_rate_limit(reply)
            if limit is None:
                break
            left = longest - waited
            seconds = _seconds_to_wait(limit, left)
            if seconds is None or not rewind_body(response.request) or not pause(seconds):
                raise error_rules.make_rate_limited(reply, limit)
            waited += seconds
            response = self._send_again(response.request, options)
        error = self.find_error(reply)
        if error is not None:
            raise error
        return reply

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as `ClientCredentialsSession` does; the batch sees each request before."""
        if not isinstance(request, PreparedTokenRequest):
            current_call_context().before_request(request)
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Note each response for the batch: requests asks this of every one that comes."""
        if not isinstance(resp.request, PreparedTokenRequest):
            current_call_context().note(resp)
        return super().get_redirect_target(resp)

    def _send_again(
        self, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        settings = self.merge_environment_settings(request.url or "", {}, None, None, None)
        return self.send(request, **settings, **options)

    def paginate(
        self, method: Callable[..., Reply[Any]], /, *args: Any, **kwargs: Any
    ) -> Iterator[Any]:
        """Yield the items of a collection, and request a page when its first item is needed.

        ``for widget in session.paginate(session.widgets, limit=100)``: the method is given
        without parentheses, its arguments follow. Raises `APIError` for a next page at another
        origin, because a request for it would carry the token there.
        """
        if not callable(method):
            raise TypeError(
                "paginate must be given a method and its arguments, such as"
                f" paginate(session.widgets, limit=100), got {type(method).__name__}"
            )
        options = {"timeout": kwargs["timeout"]} if "timeout" in kwargs else {}

        def get(url: str, previous: Reply[Any]) -> Reply[Any]:
            accept = previous.response.request.headers.get("Accept", "*/*")
            return self.call("GET", url, headers={"Accept": accept}, **options)

        pages = pagination.iterate(
            lambda: method(*args, **kwargs),
            get=get,
            items=self.find_items,
            next_page=self.find_next_page,
            is_token_origin=self.is_token_origin,
        )
        return (item for _, items in pages for item in items)

    # What a subclass overrides

    def read_reply(self, response: requests.Response) -> Reply[Any]:
        """Return the response as a `Reply`, errors too. By default the body is JSON.

        A body that is not an object becomes the member ``data``.
        """
        return build_reply(Reply, response, has_envelope=lambda body: True)

    def find_rate_limit(self, reply: Reply[Any]) -> RateLimit | None:
        """Return a `RateLimit` if the reply reports one. By default that is status 429."""
        if reply.response.status_code != 429:
            return None
        return read_rate_limit(reply.response.headers)

    def find_error(self, reply: Reply[Any]) -> APIError | None:
        """Return the error that a reply stands for, None if it is not one.

        By default the status says which error it is, and the body which fields are wrong (RFC 9457
        and similar forms). A status of success with a body that is not JSON is an
        `UnreadableReply`, unless the caller asked for another media type.
        """
        kind = error_rules.error_class(reply.response.status_code)
        if kind is not None:
            return error_rules.make_error(kind, reply, error_rules.field_errors(reply))
        if error_rules.is_unreadable(reply):
            return error_rules.make_error(UnreadableReply, reply, {})
        return None

    def find_items(self, reply: Reply[Any]) -> list[Any]:
        """Return the items of a page: ``data``, ``items`` or ``results`` if it is a list."""
        return pagination.find_items(reply)

    def find_next_page(self, reply: Reply[Any]) -> str | None:
        """Return the URL of the next page, None if there is none.

        By default ``Link: rel="next"`` (RFC 8288 section 3.3), then ``next`` in the body.
        """
        return pagination.find_next_page(reply)

    def format_value(self, value: Any) -> str:
        """Return a date, time, Decimal or UUID as this API writes it. By default ISO 8601."""
        return encoding.format_value(value)


def _seconds_to_wait(limit: RateLimit, left: float) -> float | None:
    """Return the seconds to wait before the next try, None if that is not worth a try.

    An end that is only assumed is waited for as long as the caller allows.
    """
    seconds = min(limit.seconds, left) if limit.is_assumed else max(limit.seconds, 1.0)
    return seconds if 0 < seconds <= left else None
