"""Whether the server can have processed a request that ended in an exception."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import ConnectTimeoutError

from . import redaction

OUTCOME_UNKNOWN = "it may have been processed: the outcome is unknown, and it is not sent again"

#: Methods that may be sent twice with the effect of one (RFC 9110 section 9.2.2).
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


@contextmanager
def mark_nothing_sent() -> Iterator[None]:
    """Mark an exception of the block as raised before anything could be sent."""
    try:
        yield
    except OSError as error:
        error.nothing_was_sent = True  # type: ignore[attr-defined]
        raise


def nothing_was_sent(error: BaseException) -> bool:
    """Return True if an exception was raised before anything could be sent."""
    return any(
        isinstance(cause, ConnectTimeoutError) or hasattr(cause, "nothing_was_sent")
        for cause in redaction.iter_causes(error)
    )


def lost_before_sending(error: BaseException) -> bool:
    """Return True if a connection was lost while it was made, as when the server restarts."""
    lost = (ConnectionError, ssl.SSLEOFError)
    return any(
        isinstance(cause, lost) and hasattr(cause, "nothing_was_sent")
        for cause in redaction.iter_causes(error)
    )


def annotate_error(error: requests.RequestException, request: requests.PreparedRequest) -> None:
    """Add whether the request may have been processed, and remove its path and query."""
    redaction.redact_exception(error, request)
    # After a redirect it is another request that failed: the first one was answered.
    error.request = failed = error.request or request
    if (
        failed.method not in IDEMPOTENT_METHODS
        and _may_have_been_processed(error)
        and OUTCOME_UNKNOWN not in error.args
    ):
        error.args = (*error.args, OUTCOME_UNKNOWN)


def _may_have_been_processed(error: requests.RequestException) -> bool:
    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, lost) and not nothing_was_sent(error)
