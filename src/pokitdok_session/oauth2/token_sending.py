"""A token request as it leaves: through the session's `send`, and with nothing of the session."""

from __future__ import annotations

import contextlib
from typing import Any, cast

import requests
from requests.utils import default_headers

from ..transport.retries import NO_RETRIES


class PreparedTokenRequest(requests.PreparedRequest):
    """A prepared token request. Its type tells `send` that it is no request to the API."""

    #: Read by `Transport`: `TokenEndpoint.fetch` retries, so the adapter must not.
    max_retries = NO_RETRIES

    def copy(self) -> PreparedTokenRequest:
        """Return a copy of the same type, for a `send` that changes what it sends."""
        copied = super().copy()
        copied.__class__ = type(self)
        return cast(PreparedTokenRequest, copied)


def prepare_token_request(request: requests.Request) -> PreparedTokenRequest:
    """Prepare a token request with none of a session's params, headers, cookies, hooks or auth."""
    prepared = PreparedTokenRequest()
    prepared.prepare(
        method=request.method,
        url=request.url,
        # no-store keeps the token out of a cache that is mixed in to the session.
        headers={**default_headers(), "Cache-Control": "no-store", **(request.headers or {})},
        data=request.data,
        json=request.json,
        params=request.params,
        auth=request.auth,
        hooks={"response": _drop_cookies},
    )
    return prepared


def _drop_cookies(response: requests.Response, **kwargs: Any) -> None:
    """Keep the cookies of the token endpoint out of the session's jar.

    `requests.Session.send` reads them from ``raw``, after this hook.
    """
    _ = response.content
    with contextlib.suppress(AttributeError):  # another adapter's
        response.raw._original_response = None
