"""Tokens in Redis, for all hosts that can connect to it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..token import read_number
from .base import LOCK_TTL

#: Seconds to wait for a lock beyond its TTL. With none, a session that began to wait when the lock
#: was taken would give up when it ends.
LOCK_GRACE = 1.0

#: Seconds that a client made by `RedisTokenStore.from_url` waits for a connection or a response.
SOCKET_TIMEOUT = 1.0


class RedisTokenStore:
    """Tokens in Redis, for all hosts that can connect to it; needs the extra ``redis``.

    ``client`` is a `redis.Redis`. It cannot be pickled. For a session that is sent to other
    processes, use `from_url`, or give a ``factory``: a function that can be pickled and returns
    a client, for example of Redis Sentinel or Redis Cluster. Each process calls it once.

    Redis deletes a token when it expires, and a lock after ``lock_timeout`` seconds.

    `TokenStore` explains the methods.
    """

    def __init__(
        self,
        client: Any = None,
        *,
        factory: Callable[[], Any] | None = None,
        prefix: str = "pokitdok_session:",
        lock_timeout: float = LOCK_TTL,
    ) -> None:
        if (client is None) == (factory is None):
            got = "neither" if client is None else "both"
            raise TypeError(f"RedisTokenStore must get either a client or a factory, got {got}")
        if factory is not None:
            client = factory()
        if not hasattr(client, "lock"):
            raise TypeError(
                f"client must be a redis.Redis, got {type(client).__name__}; "
                "RedisTokenStore.from_url(url) makes one"
            )
        self.client = client
        self.factory = factory
        self.prefix = prefix
        self.lock_timeout = lock_timeout

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        prefix: str = "pokitdok_session:",
        lock_timeout: float = LOCK_TTL,
        **options: Any,
    ) -> RedisTokenStore:
        """Return a store with a client for ``url``; ``options`` are those of `redis.Redis`.

        Unless they say otherwise, the client waits 1 s for a connection or a response.
        """
        factory = functools.partial(_connect, url, **options)
        return cls(factory=factory, prefix=prefix, lock_timeout=lock_timeout)

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
        seconds = max(1, round((read_number(token.get("expires_at")) or 0.0) - time.time()))
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
            waited = self.lock_timeout + LOCK_GRACE
            raise TimeoutError(f"another process held the lock of the token for {waited:g} s")
        try:
            yield
        finally:
            lock.release()

    @property
    def location(self) -> str:
        """The host and port, or the socket, for log records; empty if the client does not say."""
        options = _connection_options(self.client)
        return str(options.get("path") or ":".join(map(str, _address_of(options))))

    def connection_problem(self) -> str | None:
        """Return why the server cannot be connected to, None if it can or that is unknown.

        A client with redis-py's default settings retries a refused connection for seconds, so
        that a caller sees only a timeout.
        """
        import socket

        address = _address_of(_connection_options(self.client))
        if not address:
            return None
        try:
            socket.create_connection(address, timeout=SOCKET_TIMEOUT).close()
        except OSError as error:
            return os.strerror(error.errno) if error.errno else type(error).__name__
        return None

    def __repr__(self) -> str:
        return f"<RedisTokenStore {self.location}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> RedisTokenStore:
        return self  # a client is made for many threads

    def __reduce__(self) -> tuple[Any, ...]:
        if self.factory is None:
            import pickle  # here, because most programs pickle no store

            raise pickle.PicklingError(
                "a RedisTokenStore with a client cannot be pickled: make it with "
                "RedisTokenStore.from_url(url) or RedisTokenStore(factory=make_client)"
            )
        make = functools.partial(
            type(self), factory=self.factory, prefix=self.prefix, lock_timeout=self.lock_timeout
        )
        return make, ()


def _connect(url: str, **options: Any) -> Any:
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ImportError("RedisTokenStore needs the extra `redis`: pip install redis") from error
    timeouts = {"socket_connect_timeout": SOCKET_TIMEOUT, "socket_timeout": SOCKET_TIMEOUT}
    # One retry replaces a connection that the server has closed meanwhile.
    return redis.Redis.from_url(
        url, **{**timeouts, "retry": Retry(NoBackoff(), retries=1), **options}
    )


def _connection_options(client: Any) -> Mapping[str, Any]:
    options: Any = getattr(client, "get_connection_kwargs", dict)()
    return options if isinstance(options, Mapping) else {}


def _address_of(options: Mapping[str, Any]) -> tuple[str, int] | tuple[()]:
    host, port = options.get("host"), options.get("port")
    return (host, port) if isinstance(host, str) and isinstance(port, int) else ()
