"""The protocol of a token store: load, save and lock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

#: Seconds after which a lock that was not released ends, and the longest wait for it.
LOCK_TTL = 30.0


class TokenStore(Protocol):
    """Where sessions in other threads, processes and hosts find the token of one of them.

    A token is a JSON object with its absolute expiry in ``expires_at`` (epoch seconds); ``key``
    stands for the token URL, the client and the scope. Every method may raise any exception: a
    session continues without its store and logs that once. It waits 2 s for ``load`` and
    ``save``, which it calls in threads of its own. It waits for ``lock`` as long as that takes.
    """

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Return the token that was saved; None if there is none or it cannot be read."""

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        """Store a token completely or not at all. A revoked one is replaced by an empty one."""

    def lock(self, key: str) -> AbstractContextManager[Any]:
        """Return a context manager that waits for the lock and raises when it waited too long.

        It may block for `LOCK_TTL`. Only the session that holds the lock requests the next token.
        """
        ...
