"""Whether the server can have processed a request that ended in an exception.

The connection marks what it knows on the exception that it raises; `annotate_error` turns the
marks into the attribute ``processed`` and, for a request in doubt, into a text.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError

from . import redaction

#: Methods that may be sent twice with the effect of one (RFC 9110 section 9.2.2).
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})

IN_DOUBT = "it may have been processed: look for it at the API before you send it again"

_LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@contextmanager
def mark(attribute: Literal["nothing_was_sent", "was_sent_before"]) -> Iterator[None]:
    """Mark an exception of the block.

    It was raised before anything could be sent, or by a retry after an attempt that was sent.
    """
    try:
        yield
    except Exception as error:  # OSError, and urllib3's own, which are not
        setattr(error, attribute, True)
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


def annotate_error(error: Exception, request: requests.PreparedRequest) -> None:
    """Remove the paths and queries from an exception of requests, and set ``processed``."""
    if isinstance(error, requests.RequestException):
        redaction.redact_exception(error, request)
        if isinstance(error.request, requests.PreparedRequest):  # a redirect led to it
            redaction.redact_exception(error, error.request)
    set_processed(error, request)


def set_processed(error: Exception, request: requests.PreparedRequest) -> None:
    """Set ``error.processed``: False if ``request`` was not processed, None if unknown.

    If a request that is not idempotent was lost, the text becomes a sentence that says so.
    """
    if set_answered(error, request) or not isinstance(error, requests.RequestException):
        return
    failed = error.request or request
    is_about_another = hasattr(error, "processed") or _target(failed) != _target(request)
    error.request = failed
    if is_about_another:  # a hook sent it
        _set_answered(error, request)
        return
    is_processed = False if nothing_was_sent(error) else None
    error.processed = is_processed  # type: ignore[attr-defined]
    if (
        is_processed is None
        and isinstance(error, _LOST)
        and failed.method not in IDEMPOTENT_METHODS
    ):
        reason = error.args[0] if error.args else None
        if isinstance(reason, BaseException):
            error.__cause__ = reason  # which the text replaces
        error.args = (f"{_what_was_lost(error, failed)}; {IN_DOUBT}",)


def set_answered(error: Exception, request: requests.PreparedRequest) -> bool:
    """If ``request`` was answered by a redirect that failed, note it and return True.

    An exception of requests does not tell this, only where it was raised does.
    """
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_name != "resolve_redirects":
        frame = frame.tb_next
    if frame is not None:
        _set_answered(error, request)
    return frame is not None


def _set_answered(error: Exception, request: requests.PreparedRequest) -> None:
    if isinstance(error, requests.RequestException):
        error.request = error.request or request
    error.processed = None  # type: ignore[attr-defined]
    error.answered_method = request.method  # type: ignore[attr-defined]


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
