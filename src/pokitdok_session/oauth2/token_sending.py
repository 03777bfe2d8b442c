"""How a token request leaves: through the session's `send` and adapters, and with nothing else."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.utils import default_headers

from ..transport import redaction
from ..transport.adapter import Transport
from ..transport.retries import NO_RETRIES
from .origins import check_no_proxy


class TokenEndpointRequest(requests.PreparedRequest):
    """A prepared token request. Its type tells `send` that it is no request to the API."""


def prepare_token_request(request: requests.Request) -> TokenEndpointRequest:
    """Prepare a token request with none of a session's params, headers, cookies, hooks or auth."""
    prepared = TokenEndpointRequest()
    prepared.prepare(
        method=request.method,
        url=request.url,
        # no-store keeps the token out of a cache that is mixed in to the session.
        headers={**default_headers(), "Cache-Control": "no-store", **(request.headers or {})},
        data=request.data,
        json=request.json,
        params=request.params,
        auth=request.auth,
    )
    return prepared


def send_by_adapter(
    adapter: BaseAdapter,
    request: TokenEndpointRequest,
    *,
    allow_redirects: bool = False,
    **kwargs: Any,
) -> requests.Response:
    """Send a token request once. It follows no redirect and stores no cookie.

    A redirect could post the secret to another host.
    """
    check_no_proxy(request.url or "", kwargs.get("proxies"))
    if isinstance(adapter, Transport):
        adapter = adapter.replace(max_retries=NO_RETRIES)  # `fetch_token` retries
    started = time.perf_counter()
    with redaction.redact_logs(request):
        try:
            response = adapter.send(request, **kwargs)
            _ = response.content
        except requests.RequestException as error:
            redaction.redact_exception(error, request)
            raise
    response.elapsed = timedelta(seconds=time.perf_counter() - started)
    return response
