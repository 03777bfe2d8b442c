"""The protocol of a token store: load, save and lock, nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

#: Seconds after which a lock that was never given back is nobody's, and the longest to wait for.
LOCK_TTL = 30.0


class TokenStore(Protocol):
    """Where sessions in other threads, processes and hosts find the token of one of them.

    A token is a JSON object with its absolute end in ``expires_at`` (epoch seconds); ``key``
    stands for token URL, client and scope. Every method may raise what it likes: a session goes
    on without its store, and says so once. It waits for ``load`` and ``save`` for a few seconds
    only, and calls them in threads of its own.
    """

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Give the token that was saved, None where there is none that can be read."""

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        """Keep a token, whole or not at all."""

    def lock(self, key: str) -> AbstractContextManager[Any]:
        """Wait for the right to ask for the next token; raise when the wait has been too long."""
        ...


def expires_at_of(token: Mapping[str, Any]) -> float:
    """Give the absolute end of a saved token in epoch seconds, 0 where it names none."""
    expires_at = token.get("expires_at")
    try:
        end = float(expires_at) if isinstance(expires_at, (int, float)) else 0.0
    except OverflowError:  # an int of hundreds of digits
        return 0.0
    return end if math.isfinite(end) else 0.0
