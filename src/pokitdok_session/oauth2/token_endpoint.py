"""The token endpoint: how a token request is sent, and how often."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Protocol

import requests

from ..transport import redaction
from .errors import InsecureTransport, TokenError
from .origins import without_query
from .token import Token
from .token_request import TokenRequest
from .token_response import (
    error_from_rejected_response,
    is_transient_status,
    parse_token_response,
)

#: Attempts after which a renewal has failed.
ATTEMPTS = 3

#: Seconds that all attempts and the waits between them may take together.
MAX_TOTAL_TIME = 60.0


class Send(Protocol):
    """Send a token request through a session, but without its headers and cookies."""

    def __call__(
        self, request: requests.Request, *, timeout: Any, verify: Any, cert: Any, proxies: Any
    ) -> requests.Response: ...


def fetch_token(
    request: TokenRequest,
    send: Send,
    *,
    clock: Callable[[], float] = time.monotonic,
    max_seconds: float | None = None,
) -> Token:
    """Send the token request, up to `ATTEMPTS` times; raise `TokenError` if no token comes.

    ``clock`` is the clock that the lifetime of the token is measured by. ``max_seconds`` limits
    all attempts and the waits between them together, and the timeout of each.
    """
    limit = MAX_TOTAL_TIME if max_seconds is None else min(max_seconds, MAX_TOTAL_TIME)
    deadline = time.monotonic() + limit
    attempt = 1
    while True:
        try:
            remaining = None if max_seconds is None else max(deadline - time.monotonic(), 0.001)
            return _attempt(request, send, clock, remaining)
        except TokenError as error:
            wait = error.retry_after or random.uniform(0.2, 0.3) * 2**attempt
            is_last = attempt == ATTEMPTS or time.monotonic() + wait > deadline
            if is_last or not _is_transient(error):
                raise
        time.sleep(wait)
        attempt += 1


def _attempt(
    request: TokenRequest, send: Send, clock: Callable[[], float], seconds: float | None
) -> Token:
    options = request.transport
    requested_at = clock()
    try:
        response = send(
            request.to_requests(),
            timeout=options.timeout if seconds is None else _at_most(options.timeout, seconds),
            verify=options.verify,
            cert=options.cert,
            proxies=options.proxies,
        )
        response = request.apply_response_hooks(response)
    except (InsecureTransport, TokenError):
        raise
    except requests.RequestException as error:
        if error.response is None:
            raise _connection_error(error, request.url) from error
        # The compliance hook of a caller calls raise_for_status(), for example.
        raise error_from_rejected_response(error.response, request.url) from error
    return parse_token_response(response, request.url, requested_at=requested_at, now=clock())


def _at_most(timeout: Any, seconds: float) -> Any:
    """Return a timeout of requests with each of its parts cut to ``seconds``."""
    if isinstance(timeout, tuple):
        return tuple(seconds if part is None else min(part, seconds) for part in timeout)
    if timeout is None:
        return seconds
    return min(timeout, seconds) if isinstance(timeout, (int, float)) else timeout


def _is_transient(failure: TokenError) -> bool:
    """Return True if the same token request may succeed a moment later."""
    if failure.status_code is not None:
        return is_transient_status(failure.status_code)
    cause = failure.__cause__
    return isinstance(
        cause, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    ) and not isinstance(cause, requests.exceptions.SSLError)


def _connection_error(error: requests.RequestException, url: str) -> TokenError:
    reason = type(error).__name__
    roots = [part for part in redaction.iter_causes(error) if isinstance(part, OSError)][1:]
    if roots:  # the last is the deepest: refused, reset, unknown host, a certificate
        reason += f" from {type(roots[-1]).__name__}"
    if isinstance(error, requests.exceptions.SSLError):
        reason += "; certificates are verified by session.verify or REQUESTS_CA_BUNDLE"
    return TokenError(
        f"no response from {without_query(url)} ({reason}): the API request was not processed"
    )
