"""What to do after an exception of a session: fix the row, retry, stop, or treat it as in doubt."""

from __future__ import annotations

import json
import ssl
from typing import Literal, NamedTuple

import requests
from requests.exceptions import (
    InvalidJSONError,
    InvalidProxyURL,
    JSONDecodeError,
    StreamConsumedError,
)

from ..oauth2.errors import InsecureTransport, TokenError
from ..transport.headers import parse_retry_after
from ..transport.in_doubt import IDEMPOTENT_METHODS
from ..transport.redaction import iter_causes
from ..transport.tls import TLSFileError
from .batch.errors import BatchStopped, JournalError, RefusedCall
from .errors import APIError, RateLimited

#: What a caller can do next.
Action = Literal["fix", "retry", "stop", "unknown"]


class Verdict(NamedTuple):
    """What one exception means for the request that raised it.

    - ``action``: ``"fix"`` this request is wrong, and others may succeed; ``"retry"`` sending it
      again does no harm; ``"stop"`` no request can succeed; ``"unknown"`` it may have been
      processed.
    - ``retry_after``: seconds to wait before a retry, None if the server did not say.
    - ``processed``: False if the request was certainly not processed, None if that is not known.
    """

    action: Action
    retry_after: float | None = None
    processed: Literal[False] | None = None


# Statuses whose meaning does not depend on the body. A 404 is one wrong path or id: nothing was
# billed, and the next row may have a right one.
_STATUS_ACTIONS: dict[int, Action] = {
    401: "stop",  # the renewed token was refused as well
    402: "stop",
    403: "stop",
    407: "stop",  # the proxy wants credentials
    408: "retry",  # the request did not arrive completely (RFC 9110 section 15.5.9)
    409: "unknown",  # the conflict may be with an earlier copy of this request
    425: "retry",  # not processed, because a replay was possible (RFC 8470 section 5.2)
    429: "retry",
}

_UNKNOWN = Verdict("unknown")

_FIX = Verdict("fix", processed=False)
_STOP = Verdict("stop", processed=False)

# The first kind that fits decides. Most of these are a ValueError or a TypeError as well.
_KINDS: tuple[tuple[type[BaseException], Verdict], ...] = (
    (InsecureTransport, _STOP),
    (BatchStopped, _STOP),
    (JournalError, _STOP),
    (RefusedCall, _FIX),
    (InvalidProxyURL, _STOP),
    (json.JSONDecodeError, _UNKNOWN),  # a response arrived, and was not JSON
    (JSONDecodeError, _UNKNOWN),  # the same, if requests uses simplejson
    (StreamConsumedError, _UNKNOWN),
    (InvalidJSONError, _FIX),  # the body cannot be written as JSON
    (ValueError, _FIX),
    (TypeError, _FIX),
)


def verdict_on(error: BaseException) -> Verdict:
    """Return what an exception means: of this package, of requests, or of a resource method.

    The type, the status and what the transport noted decide, never the text. What is not covered
    is ``unknown``.
    """
    # The method, if the error is of a redirect or a hook: the request itself had been answered.
    answered = getattr(error, "answered_method", None)
    response = getattr(error, "response", None)
    if answered is None and isinstance(response, requests.Response):
        method = original_method(response)
        answered = None if method == _method(response) else method
    if answered is None:
        return _verdict_on(error)
    if answered not in IDEMPOTENT_METHODS:
        return _UNKNOWN
    return _verdict_on(error)._replace(processed=None)


def original_method(response: requests.Response) -> str | None:
    """Return the method that a request had before redirects: some turn POST into GET."""
    return _method((response.history or [response])[0])


def _verdict_on(error: BaseException) -> Verdict:
    if isinstance(error, TokenError):
        return _verdict_on_token(error)
    response = getattr(error, "response", None)
    if isinstance(error, requests.HTTPError) and isinstance(response, requests.Response):
        return _verdict_on_response(error, response)
    for kind, verdict in _KINDS:
        if isinstance(error, kind):
            return verdict
    if isinstance(error, requests.RequestException) and not isinstance(error, requests.HTTPError):
        return _verdict_on_network(error)
    return _UNKNOWN


def _verdict_on_token(error: TokenError) -> Verdict:
    """A request without a token was not sent. The error says whether the next may have one."""
    if error.is_permanent or _is_permanent(error):
        return _STOP
    return Verdict("retry", error.retry_after or None, processed=False)


def _verdict_on_response(error: requests.HTTPError, response: requests.Response) -> Verdict:
    status = response.status_code
    if isinstance(error, RateLimited):
        return Verdict("retry", error.retry_after, processed=False)
    if isinstance(error, APIError) and error.processed is False and not 400 <= status < 500:
        return _FIX  # the body says so, whatever the status
    if status >= 500:
        return _verdict_on_server_error(error, response)
    action = _STATUS_ACTIONS.get(status, "fix" if status >= 400 else "unknown")
    if action == "retry":
        return Verdict(action, parse_retry_after(response.headers), processed=False)
    return Verdict(action, processed=None if action == "unknown" else False)


def _verdict_on_server_error(error: requests.HTTPError, response: requests.Response) -> Verdict:
    seconds = parse_retry_after(response.headers)
    if response.status_code == 503 and seconds is not None:
        return Verdict("retry", seconds, processed=False)
    if _is_idempotent(error):
        return Verdict("retry", seconds)
    return _UNKNOWN


def _verdict_on_network(error: requests.RequestException) -> Verdict:
    if _is_permanent(error):
        return _STOP
    if error.response is not None:
        return _UNKNOWN  # an activity is not finished in time: what started it was processed
    if isinstance(error, requests.ConnectTimeout) or getattr(error, "processed", None) is False:
        return Verdict("retry", processed=False)
    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return Verdict("retry") if isinstance(error, lost) and _is_idempotent(error) else _UNKNOWN


def _is_permanent(error: BaseException) -> bool:
    """Return True for a certificate that is not trusted, and a file that cannot be used."""
    kinds = (ssl.SSLCertVerificationError, TLSFileError)
    return any(isinstance(cause, kinds) for cause in iter_causes(error))


def _is_idempotent(error: requests.RequestException) -> bool:
    return _method(error if error.request else error.response) in IDEMPOTENT_METHODS


def _method(source: object) -> str | None:
    return getattr(getattr(source, "request", None), "method", None)
