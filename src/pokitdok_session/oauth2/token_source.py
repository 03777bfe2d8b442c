"""When a token is fetched: one renewal at a time, and no thread waits without need.

The state of a `TokenSource`::

    no usable token   the first thread fetches one, in its own thread; the others wait for it.
                      With a store a helper thread does, because it may wait for other processes
    usable            every thread uses it
    near its expiry   every thread uses it; a helper thread fetches the next one
    refused by a 401  replaced once, however many requests were refused

A token request that was refused for good (a wrong secret) is not repeated for
``TokenError.retry_after`` seconds: every request raises the same error.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..transport.fork import reset_after_fork
from .errors import TokenError
from .rejections import Rejections
from .renewal import (
    HELPER_NAME,
    RENEWAL_TIMEOUT,
    Renewal,
    Renewer,
    check_not_part_of_a_renewal,
    no_token_in_time,
    start_helper,
    warn_of_failure,
    without_traceback,
)
from .timeouts import Timeout, total_timeout
from .token import Token

#: Seconds to use a token that the server sent again when it was asked for the next one.
UNCHANGED_TOKEN_GRACE = 1.0


class TokenSource:
    """The token of one session, shared by its threads. It never refers to the session."""

    def __init__(self, token: Token | None = None) -> None:
        self.current = token
        self.clock: Callable[[], float] = time.monotonic
        self._failure: BaseException | None = None
        self._failure_until = 0.0
        self._next_attempt = 0.0
        self.rejections = Rejections()
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Replace a lock and a renewal whose thread does not exist in the child process."""
        self._lock = threading.Lock()
        self._pending: Renewal | None = None

    def set(self, token: Token | None) -> None:
        """Use this token, or none, from now on."""
        with self._lock:
            self._install(token)
            self.rejections = Rejections()
            self._pending = None  # its token would be older than this one

    def forget_failure(self) -> None:
        """Allow a token request at once, because the credentials have changed."""
        with self._lock:
            self._failure = None
            self._next_attempt = 0.0
            self._pending = None  # it may use the old credentials

    def get(self, renewer: Renewer, timeout: Timeout) -> Token:
        """Return a token that is usable now. Wait for one no longer than ``timeout``."""
        token = self.current
        if token is not None:
            now = self.clock()
            if now < token.renew_from:
                return token
            if now < token.usable_until:
                return self._renew_ahead(token, renewer, now)
        check_not_part_of_a_renewal(self)
        with self._lock:
            current = self._take_set_aside() or self.current
            if current is not None and current is not token and self._is_usable(current):
                return current
            renewal, is_new = self._join_or_start(current)
        try:
            return self._result(renewal, is_new, renewer, total_timeout(timeout))
        except TokenError:
            current = self.current  # it may have been set meanwhile
            if current is None or not self._is_usable(current):
                raise
            return current

    def replace(self, refused: Token, renewer: Renewer, timeout: Timeout) -> Token | None:
        """Return another token than the one that a 401 refused; None if there is no better one."""
        check_not_part_of_a_renewal(self)
        with self._lock:
            current = self.current
            now = self.clock()
            if current is not None and current.access_token != refused.access_token:
                if now < current.usable_until:
                    return current
            elif other := self.rejections.other_token(current, now):
                self.current = other
                return other
            elif not self.rejections.allows_renewal(current, now):
                return None
            renewal, is_new = self._join_or_start(current)
        token = self._result(renewal, is_new, renewer, total_timeout(timeout))
        if token.access_token == refused.access_token:
            self.mark_rejected(token)
            return None
        return token

    def mark_rejected(self, token: Token) -> bool:
        """Note that a token was refused; return True if it was fresh, so that age is no reason."""
        with self._lock:
            return self.rejections.mark(token, self.clock())

    def _is_usable(self, token: Token | None) -> bool:
        return token is not None and self.clock() < token.usable_until

    def _take_set_aside(self) -> Token | None:
        """Use the newer token that was set aside, if there is one. The lock is held."""
        token = self.rejections.take_set_aside()
        if token is not None:
            self._install(token)
        return token

    def _renew_ahead(self, token: Token, renewer: Renewer, now: float) -> Token:
        """Return the token to use now, and have the next one fetched in a helper thread."""
        if now < self._next_attempt:
            return token
        renewal, is_new = None, False
        with self._lock:
            if self.rejections.has_set_aside:
                return (self._take_set_aside() or token) if self.rejections.is_due(now) else token
            if self._is_idle(now) and self.current is token and now >= self._next_attempt:
                left = token.usable_until - now
                window = token.usable_until - token.renew_from
                self._next_attempt = now + max(left / 2, window / 4)
                renewal, is_new = self._join_or_start(token)
        if renewal is not None and is_new:
            self._run_in_thread(renewal, renewer)
        return token

    def _is_idle(self, now: float) -> bool:
        return self._pending is None or now - self._pending.started > RENEWAL_TIMEOUT

    def _join_or_start(self, stale: Token | None) -> tuple[Renewal, bool]:
        """Return the pending renewal, or a new one and True. The lock is held.

        Raises the TokenError of the last token request while that is remembered.
        """
        now = self.clock()
        if self._pending is not None and not self._is_idle(now):
            return self._pending, False
        if self._failure is not None and now < self._failure_until:
            raise without_traceback(self._failure)
        self._pending = Renewal(now, stale)
        return self._pending, True

    def _result(self, renewal: Renewal, is_new: bool, renewer: Renewer, timeout: float) -> Token:
        """Run a new renewal, or wait for the one of another thread."""
        if is_new and not renewer._may_wait_for_others:
            return self._run_here(renewal, renewer, timeout)
        if is_new:
            self._run_in_thread(renewal, renewer)
        return renewal.result(timeout)

    def _run_here(self, renewal: Renewal, renewer: Renewer, timeout: float) -> Token:
        """Fetch the token in this thread, within its own timeout.

        If this thread runs out of time or is interrupted, a helper thread goes on for the others.
        """
        deadline = time.monotonic() + timeout
        try:
            token = renewer._fetch_next_token(renewal.stale, timeout)
        except Exception as error:
            if time.monotonic() >= deadline:
                self._run_in_thread(renewal, renewer)
                raise no_token_in_time(timeout) from error
            self._fail(renewal, error)
            raise
        except BaseException:  # Ctrl-C ends this request only
            self._run_in_thread(renewal, renewer)
            raise
        return self._succeed(renewal, renewer, token)

    def _run_in_thread(self, renewal: Renewal, renewer: Renewer) -> None:
        try:
            start_helper(self._run, renewal, renewer)
        except RuntimeError:  # no thread can start: a limit, or the interpreter is ending
            self._run(renewal, renewer)

    def _run(self, renewal: Renewal, renewer: Renewer) -> None:
        try:
            token = renewer._fetch_next_token(renewal.stale, RENEWAL_TIMEOUT)
        except BaseException as error:  # it belongs to the threads that wait
            stale, now = renewal.stale, self.clock()
            if self._fail(renewal, error) and stale is not None and now < stale.usable_until:
                warn_of_failure(stale, stale.usable_until - now, error)
            is_helper = threading.current_thread().name == HELPER_NAME
            if not isinstance(error, Exception) and not is_helper:
                raise  # Ctrl-C, in the thread of the caller
        else:
            self._succeed(renewal, renewer, token)

    def _succeed(self, renewal: Renewal, renewer: Renewer, token: Token) -> Token:
        stale = renewal.stale
        with self._lock:
            is_awaited = self._pending is renewal  # else given up, or a token was set meanwhile
            if is_awaited:
                self._pending = None
                if stale is not None and token.access_token == stale.access_token:
                    token = token.extended_until(self.clock() + UNCHANGED_TOKEN_GRACE)
                self.rejections.remember_older(stale, token)
                self._install(token)
        renewal.finish(token)
        if is_awaited:
            renewer._notify_token_updater(token)
        return token

    def _fail(self, renewal: Renewal, error: BaseException) -> bool:
        """End a renewal; return False if nothing depends on it any more."""
        with self._lock:
            is_awaited = self._pending is renewal
            if is_awaited:
                self._pending = None
                if isinstance(error, TokenError) and error.retry_after:
                    self._failure = without_traceback(error)
                    self._failure_until = self.clock() + error.retry_after
                    self._next_attempt = max(self._next_attempt, self._failure_until)
        renewal.finish(error)
        return is_awaited

    def _install(self, token: Token | None) -> None:
        self.current = token
        self._failure = None
        self._next_attempt = 0.0
