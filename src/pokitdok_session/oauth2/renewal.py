"""One token request in progress, and the threads that wait for its outcome."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from .errors import TokenError
from .token import Token

log = logging.getLogger(__name__)

#: Seconds after which a renewal that has not finished is given up and another one may start.
#: A token request ends much sooner; only a stopped thread takes that long.
RENEWAL_TIMEOUT = 120.0

#: The name of the threads that fetch tokens.
HELPER_NAME = "token-renewal"

#: Seconds between two looks of a waiting thread at the outcome.
WAIT_POLL_INTERVAL = 1.0


class Renewal:
    """A token request in progress. A thread that needs its outcome waits for `result`."""

    def __init__(self, started: float, stale: Token | None) -> None:
        self.started = started
        self.stale = stale
        self._outcome: Token | BaseException | None = None
        # Held until the outcome is there; then each thread that passes wakes the next one. An
        # Event would wake all at the same time: 32 threads would compete for the interpreter, and
        # each would get its response about a third later.
        self._lock = threading.Lock()
        self._lock.acquire()

    def finish(self, outcome: Token | BaseException) -> None:
        """Set the outcome and let the waiting threads go."""
        if isinstance(outcome, BaseException):
            outcome = without_traceback(outcome)
        self._outcome = outcome
        self._lock.release()

    def result(self, timeout: float) -> Token:
        """Wait at most ``timeout`` seconds; raise a copy of what the token request raised.

        Raises TokenError when the time is up.
        """
        deadline = time.monotonic() + timeout
        while (outcome := self._outcome) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise no_token_in_time(timeout)
            # In short steps: an exception that a signal handler raises between acquire and
            # release leaves the lock closed, and the other threads must notice.
            if self._lock.acquire(timeout=min(left, WAIT_POLL_INTERVAL)):
                self._lock.release()
        if isinstance(outcome, BaseException):
            raise without_traceback(outcome)  # each thread adds a traceback of its own
        return outcome


class Renewer(Protocol):
    """How a `TokenSource` gets a token; a session is one."""

    @property
    def _may_wait_for_others(self) -> bool:
        """True if `_fetch_next_token` may wait longer than its timeout, for another process."""
        ...

    def _fetch_next_token(self, stale: Token | None, timeout: float) -> Token:
        """Return the token that replaces ``stale``, within about ``timeout`` seconds."""
        ...

    def _notify_token_updater(self, token: Token) -> None:
        """Tell the session's user of a new token, which is in use already."""


def without_traceback(error: BaseException) -> BaseException:
    """Return a copy of an exception to keep: a traceback would keep the caller's objects alive.

    One that cannot be copied, such as a caller's with a constructor of its own, becomes a
    TokenError that names it.
    """
    try:
        kept = copy.copy(error)
    except Exception:
        kept = TokenError(f"the token request raised {type(error).__name__}")
    cause = error.__cause__
    kept.__cause__ = None if cause is None or cause is error else without_traceback(cause)
    kept.__context__ = kept.__traceback__ = None
    return kept


class RenewalCall:
    """One renewal that goes through `fetch_token`: whose it is, when it must end, and its token."""

    def __init__(self, source: object, timeout: float) -> None:
        self.source = source
        self.deadline = time.monotonic() + timeout
        self.token: Token | None = None
        self.is_over = False  # a context that was copied may outlive it


_current_call: ContextVar[RenewalCall | None] = ContextVar("renewal_call", default=None)


@contextmanager
def renewal_call(source: object, timeout: float) -> Iterator[RenewalCall]:
    """Let `current_call` find this renewal while the block runs."""
    call = RenewalCall(source, timeout)
    previous = _current_call.set(call)
    try:
        yield call
    finally:
        call.is_over = True
        _current_call.reset(previous)


def current_call(source: object) -> RenewalCall | None:
    """Return the renewal of this source that the present code is a part of, None outside of one."""
    call = _current_call.get()
    return call if call is not None and call.source is source and not call.is_over else None


def start_helper(run: Callable[..., None], *args: object) -> None:
    """Run in a thread of its own; raise RuntimeError if none can start."""
    from contextvars import copy_context  # late, because requests does not import it

    threading.Thread(
        target=copy_context().run,  # for code that traces or logs by context
        args=(run, *args),
        name=HELPER_NAME,
        daemon=True,
    ).start()


def warn_of_failure(token: Token, seconds: float, error: BaseException) -> None:
    """Log that a token was not renewed, although it is still valid for some seconds."""
    reason = error if isinstance(error, TokenError) else type(error).__name__
    log.warning(
        "token %s could not be renewed; it is valid for %.0f s more: %s",
        *(token.fingerprint, seconds, reason),
    )


def check_not_part_of_a_renewal(source: object) -> None:
    """Raise TokenError in code that fetches the token of this source, and would wait for it."""
    if current_call(source) is not None:
        raise TokenError(
            "a request that is part of fetching the token of its session cannot get that token: "
            "token_fetcher, or a send that is overridden, must use another session",
            is_permanent=True,
        )


def no_token_in_time(timeout: float) -> TokenError:
    """Return the error of a request whose timeout ended while it waited for a token."""
    return TokenError(
        f"no token was available within {timeout:g} s, so the request was not processed. "
        f"Check the token endpoint, or give the request a longer timeout, at most "
        f"{RENEWAL_TIMEOUT:g} s."
    )
