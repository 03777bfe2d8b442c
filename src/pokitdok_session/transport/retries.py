"""Which faults of the wire may be sent again, and what is said of those that may not."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from . import redaction

#: A connection that was never made carried nothing: it is made again, twice.
CONNECT_RETRIES = 2

NO_RETRIES = Retry(0, read=False)

#: The longest that a Retry-After is heeded, in seconds.
MAX_RETRY_AFTER = 60.0

OUTCOME_UNKNOWN = "it may have been processed: the outcome is unknown, and it is not sent again"

# RFC 9110 section 9.2.2.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


class RetryPolicy(Retry):
    """urllib3's retries, but for what they might send twice.

    A 429 was processed by nobody and may be sent again with any method. 502, 503, 504, resets
    and silence may have been processed: there only an idempotent method is sent again.
    """

    @classmethod
    def of(cls, retries: int | Retry) -> Retry:
        """Take over the caller's own policy, and keep it from what it does not ask for by name.

        The methods that it allows are the caller's decision, POST among them.
        """
        if isinstance(retries, int):
            return cls.times(retries)
        if not isinstance(retries, Retry):
            raise TypeError("retries must be an int, or a urllib3 Retry")
        if type(retries) is not Retry:
            return retries
        policy = cls()
        vars(policy).update(vars(retries))
        return policy

    @classmethod
    def times(cls, number: int) -> RetryPolicy:
        if number == 0:
            return cls(total=None, connect=CONNECT_RETRIES, read=False, status=0, **_ALWAYS)
        return cls(total=number, status_forcelist=(429, 502, 503, 504), **_ALWAYS)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        named_none = self.allowed_methods == self.DEFAULT_ALLOWED_METHODS
        if named_none and status_code == 429 and status_code in self.status_forcelist:
            return True
        return super().is_retry(method, status_code, has_retry_after)

    def _is_connection_error(self, err: Exception) -> bool:
        return super()._is_connection_error(err) or _lost_before_sending(err)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> RetryPolicy:
        if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
            raise MaxRetryError(_pool, url or "", error) from error  # the caller's time is up
        counts_as_other = error is not None and not (
            self._is_connection_error(error) or self._is_read_error(error)
        )
        if counts_as_other and not self._is_method_retryable(method or ""):
            # Such as TLS that breaks when the request has left: urllib3 asks for no method there.
            raise MaxRetryError(_pool, url or "", error) from error
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: Any) -> float | None:
        seconds = parse_retry_after(response.headers)
        return None if seconds is None else min(seconds, MAX_RETRY_AFTER)


# ``other`` holds TLS faults, which also come when the request has long been sent.
_ALWAYS: dict[str, Any] = {"other": 0, "backoff_factor": 0.2, "raise_on_status": False}


@contextmanager
def mark_nothing_sent() -> Iterator[None]:
    """Mark a fault of the block as one that came before anything could be sent."""
    try:
        yield
    except OSError as error:
        vars(error)["nothing_was_sent"] = True
        raise


def _nothing_was_sent(error: BaseException) -> bool:
    return any(
        isinstance(part, ConnectTimeoutError) or hasattr(part, "nothing_was_sent")
        for part in redaction.iter_causes(error)
    )


def _lost_before_sending(error: BaseException) -> bool:
    """Whether the connection was lost before it was made: what a restart at the other end does."""
    lost = (ConnectionError, ssl.SSLEOFError)
    return any(
        isinstance(part, lost) and hasattr(part, "nothing_was_sent")
        for part in redaction.iter_causes(error)
    )


def annotate_error(fault: requests.RequestException, request: requests.PreparedRequest) -> None:
    """Say of a fault whether the request may have been processed, and not where it went."""
    redaction.redact_exception(fault, request)
    # After a redirect it is another request that failed, and the first one was answered.
    fault.request = failed = fault.request or request
    if (
        failed.method not in _IDEMPOTENT
        and _may_have_been_processed(fault)
        and OUTCOME_UNKNOWN not in fault.args
    ):
        fault.args = (*fault.args, OUTCOME_UNKNOWN)


def _may_have_been_processed(fault: requests.RequestException) -> bool:
    lost = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(fault, lost) and not _nothing_was_sent(fault)


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3); None where it says nothing."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def parse_date(headers: Mapping[str, str]) -> float:
    """Read the server's clock from its Date header, in epoch seconds; ours where it has none."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return time.time()


def rewind_body(request: requests.PreparedRequest) -> bool:
    """Put a body back to where it was, to be sent again whole; False where that cannot be.

    None, bytes and text stay where they are. A file goes back to its place, which requests has
    noted for its own redirects; a generator has none, and would be sent again empty.
    """
    if request.body is None or isinstance(request.body, (bytes, str)):
        return True
    try:
        requests.utils.rewind_body(request)
    except (requests.exceptions.UnrewindableBodyError, ValueError):
        return False
    return True
