"""Which failed requests the adapter sends again."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from .headers import parse_retry_after
from .in_doubt import lost_before_sending, mark, nothing_was_sent

#: Retries of a connection that was never established: it carried nothing.
CONNECT_RETRIES = 2

NO_RETRIES = Retry(0, read=False)

#: Seconds that a Retry-After is waited for at most.
MAX_RETRY_AFTER = 60.0

_COMMON: dict[str, Any] = {
    "other": 0,  # TLS errors, which also come after the request was sent
    "backoff_factor": 0.2,
    "raise_on_status": False,
}


class RetryPolicy(Retry):
    """urllib3's `Retry`, which sends no POST again that may have been processed.

    A 429 was not processed, so any method may be sent again. After a 502, 503, 504, a reset or a
    timeout the request may have been processed, so only an idempotent method is sent again. A POST
    is not idempotent: it is sent again only after a 429 or a connection that was never made.
    `Retry.allowed_methods` does not contain it: its default equals `IDEMPOTENT_METHODS`.
    """

    @classmethod
    def from_value(cls, retries: int | Retry) -> Retry:
        """Return the policy for the ``retries`` argument of a session.

        A `Retry` keeps its counts, statuses and methods: if it allows POST, that is the caller's
        decision. Only 401 is taken out of its statuses: the same token would be refused again,
        and the session replaces it. A subclass of `Retry` is otherwise returned unchanged.
        """
        if isinstance(retries, int) and not isinstance(retries, bool):
            if retries < 0:
                raise ValueError(f"retries must be 0 or more, got {retries}")
            return cls.from_count(retries)
        if not isinstance(retries, Retry):
            raise TypeError(
                f"retries must be an int or a urllib3 Retry, got {type(retries).__name__}"
            )
        retries = without_statuses(retries, (401,))
        if type(retries) is not Retry:
            return retries
        return cls(**_parameters_of(retries))

    @classmethod
    def from_count(cls, number: int) -> RetryPolicy:
        """Return a policy of ``number`` retries; with 0, only connecting is tried again."""
        if number == 0:
            return cls(total=None, connect=CONNECT_RETRIES, read=False, status=0, **_COMMON)
        return cls(total=number, status_forcelist=(429, 502, 503, 504), **_COMMON)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        has_default_methods = self.allowed_methods == self.DEFAULT_ALLOWED_METHODS
        if has_default_methods and status_code == 429 and status_code in self.status_forcelist:
            return True
        return super().is_retry(method, status_code, has_retry_after)

    def _is_connection_error(self, err: Exception) -> bool:
        return super()._is_connection_error(err) or lost_before_sending(err)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> RetryPolicy:
        carried_nothing = (past.error and nothing_was_sent(past.error) for past in self.history)
        with nullcontext() if all(carried_nothing) else mark("was_sent_before"):
            self._check_repeatable(method, url, error, _pool)
            return super().increment(method, url, response, error, _pool, _stacktrace)

    def _check_repeatable(
        self, method: str | None, url: str | None, error: Exception | None, pool: Any
    ) -> None:
        """Raise MaxRetryError for what urllib3 would send again without a look at the method."""
        if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
            raise MaxRetryError(pool, url or "", error) from error  # the caller's timeout is over
        counts_as_other = error is not None and not (
            self._is_connection_error(error) or self._is_read_error(error)
        )
        if counts_as_other and not self._is_method_retryable(method or ""):
            # For example TLS that breaks after the request was sent.
            raise MaxRetryError(pool, url or "", error) from error

    def get_retry_after(self, response: Any) -> float | None:
        seconds = parse_retry_after(response.headers)
        return None if seconds is None else min(seconds, MAX_RETRY_AFTER)


def _parameters_of(retries: Retry) -> dict[str, Any]:
    import inspect  # only for a caller's own Retry, because requests does not import it

    names = inspect.signature(Retry).parameters
    return {name: value for name, value in vars(retries).items() if name in names}


def without_statuses(retries: Retry, statuses: Collection[int]) -> Retry:
    """Return a `Retry` that does not retry these statuses, because the session replays them."""
    if not any(status in retries.status_forcelist for status in statuses):
        return retries
    return retries.new(status_forcelist={*retries.status_forcelist} - {*statuses})


def rewind_body(request: requests.PreparedRequest) -> bool:
    """Put a body back to its beginning, to be sent again; return False if that is impossible.

    A file goes back to the position that requests has noted for its redirects. A generator has
    no position, and would be sent again empty.
    """
    if request.body is None or isinstance(request.body, (bytes, str)):
        return True
    try:
        requests.utils.rewind_body(request)
    except (requests.exceptions.UnrewindableBodyError, ValueError):
        return False
    return True
