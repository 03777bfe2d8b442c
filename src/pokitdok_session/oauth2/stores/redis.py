"""Tokens in Redis, for all hosts that can connect to it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from .base import LOCK_TTL, expires_at_of

#: Seconds to wait for a lock beyond its TTL. With none, a session that began to wait when the lock
#: was taken would give up when it ends.
LOCK_GRACE = 1.0


class RedisTokenStore:
    """Tokens in Redis, for all hosts that can connect to it; needs the extra ``redis``.

    ``client`` is a `redis.Redis`. Redis deletes a token when it expires, and a lock after
    ``lock_timeout`` seconds.
    """

    def __init__(
        self,
        client: Any,
        *,
        prefix: str = "pokitdok_session:",
        lock_timeout: float = LOCK_TTL,
    ) -> None:
        if not hasattr(client, "lock"):
            raise TypeError(
                f"client must be a redis.Redis, got {type(client).__name__}; "
                "redis.Redis.from_url(url) makes one"
            )
        self.client = client
        self.prefix = prefix
        self.lock_timeout = lock_timeout

    def load(self, key: str) -> Mapping[str, Any] | None:
        try:
            token = json.loads(self.client.get(self.prefix + key) or "null")
        except (ValueError, RecursionError):
            return None
        except Exception as error:
            if str(error).startswith("WRONGTYPE"):  # another program's list or hash
                return None
            raise
        return token if isinstance(token, dict) else None

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        seconds = max(1, round(expires_at_of(token) - time.time()))
        self.client.set(self.prefix + key, json.dumps(dict(token)), ex=seconds)

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        lock = self.client.lock(
            f"{self.prefix}{key}:lock",
            timeout=self.lock_timeout,
            blocking_timeout=self.lock_timeout + LOCK_GRACE,
            sleep=0.05,
        )
        if not lock.acquire():
            raise TimeoutError(f"the lock was not free within {self.lock_timeout:g} s")
        try:
            yield
        finally:
            lock.release()

    def __reduce__(self) -> tuple[Any, ...]:
        """Return the options of the connection pool, because a client cannot be pickled."""
        pool = self.client.connection_pool
        options = {
            name: value
            for name, value in pool.connection_kwargs.items()
            if not _is_made_anew(value)
        }
        for name in ("max_connections", "timeout"):  # a pool keeps those to itself
            if hasattr(pool, name):
                options[name] = getattr(pool, name)
        way = (type(self.client), type(pool), pool.connection_class, options)
        return _reconnect, (*way, self.prefix, self.lock_timeout)


def _is_made_anew(option: Any) -> bool:
    """Return True if redis-py adds this option to a connection by itself."""
    import pickle  # here, because most programs pickle no store

    if type(option) is object:  # a mark for "not given", which is known by its identity
        return True
    if not type(option).__module__.startswith("redis."):
        return False
    try:
        pickle.dumps(option)
    except (TypeError, AttributeError, pickle.PicklingError):
        return True
    return False


def _reconnect(
    client: Any, pool: Any, connection: Any, options: dict[str, Any], prefix: str, lock: float
) -> RedisTokenStore:
    there = client(connection_pool=pool(connection_class=connection, **options))
    return RedisTokenStore(there, prefix=prefix, lock_timeout=lock)
