"""One token for all sessions that share a store: load it, or lock the store and request it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from ...transport.fork import reset_after_fork
from ...transport.redaction import iter_causes
from ..token import Token, read_number
from .base import TokenStore

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds that a call of a store may take. A store that takes longer counts as failed.
STORE_TIMEOUT = 2.0


def key_of(identity: Any) -> str:
    """Return the key of a token; what it belongs to cannot be read from it."""
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class StoreTimeout(Exception):
    """A store did not respond within `STORE_TIMEOUT`."""


class SharedTokenSource:
    """A store as one session uses it.

    A session continues without a store that fails, and logs the first failure of a row.
    """

    def __init__(self, store: TokenStore) -> None:
        self.store = store
        self._is_unavailable = False  # for the rest of this renewal
        self._failures = 0
        self._failure_logged = False
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget a call that has not returned: its thread is not in the child process."""
        self._stuck_call: Future[Any] | None = None

    def next(
        self,
        identity: Callable[[], Any],
        stale: Token | None,
        fetch: Callable[[], Token],
        clock: Callable[[], float],
    ) -> Token:
        """Return the token that replaces ``stale``: another session's, or a new one.

        The session that holds the lock calls ``fetch``. A session that waited for the lock finds
        the new token in the store. If the ``identity`` changes meanwhile, by a new client_id, the
        token is not stored.
        """
        key = key_of(identity())
        self._is_unavailable = False
        failures_before = self._failures
        token = self._load(key, stale, clock)
        if token is None:
            with self._lock(key):
                token = self._load(key, stale, clock)
                if token is None:
                    token = fetch()
                    if key_of(identity()) == key:
                        self._save(key, token.response)
        if self._failures == failures_before:
            self._failure_logged = False
        return token

    def put(self, identity: Any, token: Token) -> None:
        """Store a token that was requested without a look into the store."""
        key = key_of(identity)
        self._is_unavailable = False
        self._load_raw(key)  # finds out within a limited time whether the store can be locked
        with self._lock(key):
            self._save(key, token.response)

    def remove(self, identity: Any, access_token: str) -> None:
        """Replace a revoked token by an empty one, unless another token is in the store."""
        key = key_of(identity)
        self._is_unavailable = False
        if self._has(key, access_token):
            with self._lock(key):
                if self._has(key, access_token):
                    # For a store that computes how long to keep it, it must still end later.
                    self._save(key, {"access_token": "", "expires_at": time.time() + 1})

    def _has(self, key: str, access_token: str) -> bool:
        saved = self._load_raw(key)
        return isinstance(saved, Mapping) and saved.get("access_token") == access_token

    def _load(self, key: str, stale: Token | None, clock: Callable[[], float]) -> Token | None:
        saved = self._load_raw(key)
        # Without expires_at an expired token would look valid.
        if not isinstance(saved, Mapping) or read_number(saved.get("expires_at")) is None:
            return None
        try:
            token = Token.from_saved(saved, now=clock())
        except ValueError:
            return None  # incomplete, or written by another program
        if clock() >= token.usable_until:
            return None
        return None if stale is not None and token.access_token == stale.access_token else token

    def _load_raw(self, key: str) -> Any:
        return self._call_store("load", lambda: self.store.load(key))

    def _save(self, key: str, token: Mapping[str, Any]) -> None:
        self._call_store("save", lambda: self.store.save(key, dict(token)))

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        lock = ExitStack()
        if not self._is_unavailable:
            log.debug("waiting for the lock of %s", self._description)
            self._log_failures(
                "waiting for the lock", lambda: lock.enter_context(self.store.lock(key))
            )
        try:
            yield
        finally:
            self._log_failures("releasing the lock", lock.close)

    def _call_store(self, action: str, work: Callable[[], T]) -> T | None:
        """Return what the store returns; None if it fails, and then for the whole renewal."""
        if self._is_unavailable:
            return None
        failures_before = self._failures
        result = self._log_failures(action, lambda: self._call_with_timeout(work))
        self._is_unavailable = self._failures != failures_before
        return result

    def _call_with_timeout(self, work: Callable[[], T]) -> T:
        """Call ``work`` in a thread, unless an earlier call has not returned yet."""
        if self._stuck_call is not None and not self._stuck_call.done():
            raise StoreTimeout
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                outcome.set_result(work())
            except BaseException as error:
                outcome.set_exception(error)

        thread = threading.Thread(target=run, name="token-store", daemon=True)
        thread.start()
        thread.join(STORE_TIMEOUT)
        if not outcome.done():
            self._stuck_call = outcome
            raise StoreTimeout
        return outcome.result()  # which may raise a TimeoutError of the store

    def _log_failures(self, action: str, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Exception as error:  # a caller's store may raise anything
            level = logging.DEBUG if self._failure_logged else logging.WARNING
            self._failures += 1
            self._failure_logged = True
            words = self._description, action, self._reason_of(error)
            log.log(level, "%s: %s failed (%s), continuing without it", *words)
            return None

    @property
    def _description(self) -> str:
        return f"{type(self.store).__name__} {getattr(self.store, 'location', '')}".rstrip()

    def _reason_of(self, error: Exception) -> str:
        """Return what can be logged about an exception: its text may quote a token."""
        if isinstance(error, StoreTimeout):
            reason = f"no response within {STORE_TIMEOUT:g} s"
            problem = getattr(self.store, "connection_problem", lambda: None)()
            return f"{reason}: {problem}" if problem else reason
        for cause in iter_causes(error, include_context=True):
            if isinstance(cause, OSError) and cause.errno:
                return f"{type(error).__name__}: {os.strerror(cause.errno)}"
        return type(error).__name__

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedTokenSource, (self.store,)
