"""Whether the server can have processed a request that ended in an exception.

The connection marks what it knows on the exception that it raises; `annotate_error` turns the
marks into the attribute ``processed`` and, for a request in doubt, into a text.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError

from . import redaction

#: Methods that may be sent twice with the effect of one (RFC 9110 section 9.2.2).
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

IN_DOUBT = "it may have been processed; find out before you send it again"

_LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@contextmanager
def mark_nothing_sent() -> Iterator[None]:
    """Mark an exception of the block as raised before anything could be sent."""
    try:
        yield
    except Exception as error:  # OSError, and urllib3's own, which are not
        error.nothing_was_sent = True  # type: ignore[attr-defined]
        raise


@contextmanager
def mark_sent_before() -> Iterator[None]:
    """Mark an exception of the block as raised by a retry: an earlier attempt was sent."""
    try:
        yield
    except Exception as error:
        error.was_sent_before = True  # type: ignore[attr-defined]
        raise


def nothing_was_sent(error: BaseException) -> bool:
    """Return True if an exception was raised before anything could be sent."""
    causes = list(redaction.iter_causes(error))
    return any(
        isinstance(cause, ConnectTimeoutError) or hasattr(cause, "nothing_was_sent")
        for cause in causes
    ) and not any(hasattr(cause, "was_sent_before") for cause in causes)


def lost_before_sending(error: BaseException) -> bool:
    """Return True if a connection was lost while it was made, as when the server restarts."""
    lost = (ConnectionError, ssl.SSLEOFError)
    return any(
        isinstance(cause, lost) and hasattr(cause, "nothing_was_sent")
        for cause in redaction.iter_causes(error)
    )


def annotate_error(error: requests.RequestException, request: requests.PreparedRequest) -> None:
    """Remove the path and query of ``request`` from an exception, and set ``processed``."""
    redaction.redact_exception(error, request)
    set_processed(error, request)


def set_processed(error: requests.RequestException, request: requests.PreparedRequest) -> None:
    """Set ``error.processed``: False if ``request`` was not processed, None if unknown.

    If a request that is not idempotent was lost, the text becomes a sentence that says so.
    """
    failed = error.request or request
    is_about_another = hasattr(error, "processed") or _target(failed) != _target(request)
    error.request = failed
    if is_about_another:  # a redirect or a hook sent it, so ``request`` was answered
        error.processed = None  # type: ignore[attr-defined]
        return
    error.processed = False if nothing_was_sent(error) else None  # type: ignore[attr-defined]
    if (
        error.processed is None  # type: ignore[attr-defined]
        and isinstance(error, _LOST)
        and failed.method not in IDEMPOTENT_METHODS
    ):
        reason = error.args[0] if error.args else None
        if isinstance(reason, BaseException):
            error.__cause__ = reason  # which the text replaces
        error.args = (f"{_what_was_lost(error, failed)}: {IN_DOUBT}",)


def _target(request: requests.PreparedRequest | requests.Request) -> tuple[object, object]:
    return request.method, request.url


def _what_was_lost(
    error: requests.RequestException, request: requests.PreparedRequest | requests.Request
) -> str:
    if error.args and isinstance(error.args[0], str):  # of a caller's own adapter
        return error.args[0]
    causes = list(redaction.iter_causes(error))
    if any(hasattr(cause, "reused_connection_closed") for cause in causes):
        what = "was sent on a reused connection that the server closed without a response"
    else:
        what = "was sent, but no complete response came"
    url = urlsplit(request.url or "")
    origin = f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
    return f"{request.method} {origin} {what} ({type(causes[-1]).__name__})"
