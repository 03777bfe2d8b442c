"""One token for all who share a store: look there first, ask alone, tell the others."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from .stores import TokenStore
from .tokens import Token

log = logging.getLogger(__name__)

T = TypeVar("T")


def key_of(*identity: Any) -> str:
    """Make a key of what a token belongs to, without letting any of it be read."""
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class SharedTokens:
    """A store as one session sees it. A store that fails is as good as none, and is named once."""

    def __init__(self, store: TokenStore) -> None:
        self.store = store
        self._faults = 0
        self._named = False

    def next(
        self, key: str, stale: Token | None, ask: Callable[[], Token], clock: Callable[[], float]
    ) -> Token:
        """Give the token that another has fetched in place of the stale one, or ask for it.

        Whoever holds the lock asks; whoever waited for it finds the answer in the store.
        """
        faults_before = self._faults
        token = self._kept(key, stale, clock)
        if token is None:
            with self._lock(key):
                token = self._kept(key, stale, clock)
                if token is None:
                    token = asked = ask()
                    self._try(lambda: self.store.save(key, dict(asked.answer)))
        if self._faults == faults_before:
            self._named = False
        return token

    def put(self, key: str, token: Token) -> None:
        """Tell the others of a token that was asked for without looking here."""
        with self._lock(key):
            self._try(lambda: self.store.save(key, dict(token.answer)))

    def _kept(self, key: str, stale: Token | None, clock: Callable[[], float]) -> Token | None:
        saved = self._try(lambda: self.store.load(key))
        try:
            kept = Token.saved(saved, now=clock()) if saved else None
        except ValueError:
            return None  # torn, or another's
        if kept is None or clock() >= kept.end:
            return None
        return None if stale is not None and kept.access_token == stale.access_token else kept

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        lock = ExitStack()
        self._try(lambda: lock.enter_context(self.store.lock(key)))
        try:
            yield
        finally:
            self._try(lock.close)

    def _try(self, work: Callable[[], T]) -> T | None:
        try:
            result = work()
        except Exception as error:  # a store may be anybody's, and fail in any way
            level = logging.DEBUG if self._named else logging.WARNING
            self._faults += 1
            self._named = True
            log.log(level, "the token store fails, going on without it: %s", type(error).__name__)
            return None
        return result
