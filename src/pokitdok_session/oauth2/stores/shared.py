"""One token for all who share a store: look there first, ask alone, tell the others."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from ...transport.fork import reset_after_fork
from ..token import Token
from .base import TokenStore, expires_at_of

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Seconds that a store may take for an answer. One that hangs is as good as none.
PATIENCE = 2.0


def key_of(identity: Any) -> str:
    """Make a key of what a token belongs to, without letting any of it be read."""
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class SharedTokenSource:
    """A store as one session sees it. A store that fails is as good as none, and is named once."""

    def __init__(self, store: TokenStore) -> None:
        self.store = store
        self._down = False
        self._faults = 0
        self._named = False
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget a thread that hangs in the store: it did not come along."""
        self._hanging: Future[Any] | None = None

    def next(
        self,
        identity: Any,
        stale: Token | None,
        ask: Callable[[], Token],
        clock: Callable[[], float],
    ) -> Token:
        """Give the token that another has fetched in place of the stale one, or ask for it.

        Whoever holds the lock asks; whoever waited for it finds the answer in the store.
        """
        key = key_of(identity)
        self._down = False
        faults_before = self._faults
        token = self._kept(key, stale, clock)
        if token is None:
            with self._lock(key):
                token = self._kept(key, stale, clock)
                if token is None:
                    token = ask()
                    self._save(key, token)
        if self._faults == faults_before:
            self._named = False
        return token

    def put(self, identity: Any, token: Token) -> None:
        """Tell the others of a token that was asked for without looking here."""
        key = key_of(identity)
        self._down = False
        self._load(key)  # finds out, in a bounded time, whether there is a store to be locked
        with self._lock(key):
            self._save(key, token)

    def _kept(self, key: str, stale: Token | None, clock: Callable[[], float]) -> Token | None:
        saved = self._load(key)
        # A lifetime without its absolute end would raise the dead.
        if not isinstance(saved, Mapping) or not expires_at_of(saved):
            return None
        try:
            kept = Token.from_saved(saved, now=clock())
        except ValueError:
            return None  # torn, or another's
        if clock() >= kept.end:
            return None
        return None if stale is not None and kept.access_token == stale.access_token else kept

    def _load(self, key: str) -> Any:
        return self._try_soon(lambda: self.store.load(key))

    def _save(self, key: str, token: Token) -> None:
        self._try_soon(lambda: self.store.save(key, dict(token.answer)))

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        lock = ExitStack()
        if not self._down:
            self._try(lambda: lock.enter_context(self.store.lock(key)))
        try:
            yield
        finally:
            self._try(lock.close)

    def _try_soon(self, work: Callable[[], T]) -> T | None:
        """Give what the store gives; None where it fails, and from then on in this renewal."""
        if self._down:
            return None
        faults_before = self._faults
        result = self._try(lambda: self._soon(work))
        self._down = self._faults != faults_before
        return result

    def _soon(self, work: Callable[[], T]) -> T:
        """Do it within `PATIENCE`; not at all while the last that took longer goes on."""
        if self._hanging is not None and not self._hanging.done():
            raise FutureTimeout
        outcome: Future[T] = Future()
        threading.Thread(
            target=_carry_out, args=(work, outcome), name="token-store", daemon=True
        ).start()
        try:
            return outcome.result(PATIENCE)
        except FutureTimeout:
            self._hanging = outcome
            raise

    def _try(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except Exception as error:  # a store may be anybody's, and fail in any way
            level = logging.DEBUG if self._named else logging.WARNING
            self._faults += 1
            self._named = True
            name = type(self.store).__name__
            log.log(level, "%s fails, going on without it: %s", name, type(error).__name__)
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedTokenSource, (self.store,)


def _carry_out(work: Callable[[], T], outcome: Future[T]) -> None:
    try:
        result = work()
    except BaseException as error:
        outcome.set_exception(error)
    else:
        outcome.set_result(result)
