"""When a token is asked for: one request at a time, and nobody waits who need not."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable

from ..transport.fork import reset_after_fork
from .errors import TokenError
from .token import Token

log = logging.getLogger(__name__)

#: Seconds after which a renewal that has not come to an end is given up for dead. A token
#: request ends much sooner; what hangs longer is a thread that a fork or a host has stopped.
RENEWAL_TIMEOUT = 120.0

#: Seconds during which a token that replaced a refused one, and was refused too, is not
#: replaced again: then the refusal is not about its age.
REJECTED_TOKEN_COOLDOWN = 30.0

#: Seconds after which a waiter looks again whether he need wait.
WAIT_POLL_INTERVAL = 1.0

#: Seconds to go on with a token that the server, asked for the next, handed out again.
UNCHANGED_TOKEN_GRACE = 1.0


class Renewal:
    """One token request that is going on; all who need its outcome share it."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.installed_token: Token | None = None
        self._outcome: Token | BaseException | None = None
        # Held until the end. Each waiter takes it in turn and lets in the next: an Event wakes
        # all at once, and 32 threads that go in step take a third longer to their answers.
        self._going_on = threading.Lock()
        self._going_on.acquire()

    def end(self, outcome: Token | BaseException) -> None:
        """Let go of all who wait."""
        self._outcome = outcome
        self._going_on.release()

    def token(self, patience: float) -> Token:
        """Wait ``patience`` seconds at most; raise what the token request raised."""
        give_up = time.monotonic() + patience
        while (outcome := self._outcome) is None:
            left = give_up - time.monotonic()
            if left <= 0 and self.installed_token is not None:
                return self.installed_token  # who is told of it takes his time
            if left <= 0:
                raise TokenError(
                    f"no token came within {patience:g} s: the request was not processed"
                )
            # Not all at a time: what a signal raises just here would leave the lock held.
            if self._going_on.acquire(timeout=min(left, WAIT_POLL_INTERVAL)):
                self._going_on.release()
        if isinstance(outcome, TokenError):
            raise copy.copy(outcome) from outcome.__cause__  # a traceback for each waiter
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class TokenSource:
    """The token of one session, and the way to the next.

    ``fetch`` makes the token request; it is given the token that it replaces. It runs in a
    thread of its own, so that a caller waits as long as its own timeout and not another's, and
    so that the others go on with a token that is still good. ``announce`` is told of each token
    once it is in place.
    """

    def __init__(
        self,
        fetch: Callable[[Token | None], Token],
        announce: Callable[[Token], None],
        token: Token | None = None,
    ) -> None:
        self.current = token
        self.clock: Callable[[], float] = time.monotonic
        self._fetch = fetch
        self._notify_token_updater = announce
        self._failure: TokenError | None = None
        self._failure_until = 0.0
        self._rejected_until = 0.0
        self._next_try = 0.0
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Drop a lock and a renewal that a fork may have left without their thread."""
        self._lock = threading.Lock()
        self._going: Renewal | None = None

    def set(self, token: Token | None) -> None:
        """Put a token in place, or none, and forget what was held against the last."""
        with self._lock:
            self._install(token)
            self._rejected_until = 0.0
            self._going = None  # what it brings is older than what was set

    def get(self, patience: float) -> Token:
        """Give a token that is good now; wait ``patience`` seconds at most where there is none."""
        token = self.current
        if token is not None:
            now = self.clock()
            if now < token.renew_from:
                return token
            if now < token.end:
                self._renew_ahead(token, now)
                return token
        with self._lock:
            current = self.current
            if current is not None and current is not token and self.clock() < current.end:
                return current
            going = self._join_or_start(current)
        try:
            return going.token(patience)
        except TokenError:
            current = self.current
            if current is None or self.clock() >= current.end:
                raise
            return current  # it was set meanwhile

    def replace(self, refused: Token, patience: float) -> Token | None:
        """Give another token than the one that a 401 refused; None when there is no better one.

        However many requests were refused, the token is replaced once.
        """
        with self._lock:
            current = self.current
            now = self.clock()
            if current is None or current.access_token == refused.access_token:
                if now < self._rejected_until:
                    return None
            elif now < current.end:
                return current
            going = self._join_or_start(current)
        token = going.token(patience)
        if token.access_token == refused.access_token:
            self.mark_rejected(token)
            return None
        return token

    def mark_rejected(self, token: Token) -> bool:
        """Note that a token was refused when fresh, so that it is not replaced again and again.

        False when it was not fresh, or has merely run out on its way.
        """
        now = self.clock()
        is_fresh = now < token.end - token.lifetime + min(REJECTED_TOKEN_COOLDOWN, token.lifetime)
        if is_fresh:
            self._rejected_until = now + min(REJECTED_TOKEN_COOLDOWN, token.lifetime)
        return is_fresh

    def _renew_ahead(self, token: Token, now: float) -> None:
        if now < self._next_try:
            return
        with self._lock:
            idle = self._going is None or now - self._going.started > RENEWAL_TIMEOUT
            if idle and self.current is token and now >= self._next_try:
                self._next_try = now + max(
                    (token.end - now) / 2, (token.end - token.renew_from) / 4
                )
                self._join_or_start(token)

    def _join_or_start(self, stale: Token | None) -> Renewal:
        """Give the renewal that is going on, or begin one. The lock is held."""
        now = self.clock()
        going = self._going
        if going is not None and now - going.started <= RENEWAL_TIMEOUT:
            return going
        renewal = Renewal(now)
        if self._failure is not None and now < self._failure_until:
            renewal.end(self._failure)
            return renewal
        self._going = renewal
        from contextvars import copy_context  # here, as nothing else of requests imports it

        work = threading.Thread(
            target=copy_context().run,  # as if it were done here, for who traces or logs by that
            args=(self._run, renewal, stale),
            name="token-renewal",
            daemon=True,
        )
        try:
            work.start()
        except RuntimeError:  # no more threads here, or the interpreter is ending
            self._lock.release()
            try:
                self._run(renewal, stale)
            finally:
                self._lock.acquire()
        return renewal

    def _run(self, renewal: Renewal, stale: Token | None) -> None:
        try:
            token = self._fetch(stale)
        except BaseException as error:  # whatever it is belongs to those who wait
            try:
                self._failed(renewal, stale, error)
            finally:
                renewal.end(error)
        else:
            try:
                self._succeeded(renewal, stale, token)
            except BaseException as error:  # of those who are told: the token is in place
                log.warning("who was told of a token failed with %s", type(error).__name__)
            renewal.end(token)

    def _succeeded(self, renewal: Renewal, stale: Token | None, token: Token) -> None:
        with self._lock:
            if self._going is not renewal:
                return  # given up for dead, or overtaken by a token that was set
            self._going = None
            if stale is not None and token.access_token == stale.access_token:
                token = token.kept(self.clock() + UNCHANGED_TOKEN_GRACE)
            self._install(token)
            renewal.installed_token = token
        self._notify_token_updater(token)

    def _failed(self, renewal: Renewal, stale: Token | None, error: BaseException) -> None:
        with self._lock:
            if self._going is not renewal:
                return
            self._going = None
            now = self.clock()
            if isinstance(error, TokenError) and error.retry_after:
                self._failure, self._failure_until = error, now + error.retry_after
        if stale is not None and now < stale.end:
            log.warning(
                "token %s was not renewed and is good for %.0f s more: %s",
                stale.fingerprint,
                stale.end - now,
                error if isinstance(error, TokenError) else type(error).__name__,
            )

    def _install(self, token: Token | None) -> None:
        self.current = token
        self._failure = None
        self._next_try = 0.0
