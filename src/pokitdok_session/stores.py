"""Tokens that outlive a session: load, save and lock, nothing else."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

#: Seconds after which a lock that was never given back is nobody's, and the longest to wait for.
LOCK_ENDS_AFTER = 30.0

#: Seconds to wait beyond that, or those who began to wait with the lock would give up with it.
LOCK_GRACE = 1.0


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


class FileTokenStore:
    """Tokens in one file, for the processes of one host; needs the extra ``file``.

    The file and what is written on the way to it can be read by their owner alone. The lock
    is a file beside it, and the operating system gives it back when its holder dies.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, lock_timeout: float = LOCK_ENDS_AFTER
    ) -> None:
        try:
            import filelock  # noqa: F401  # here, so that a missing extra is found at once
        except ImportError as error:
            raise ImportError(
                "FileTokenStore needs the extra `file`: pip install filelock"
            ) from error
        self.path = Path(path).expanduser()
        self.lock_timeout = lock_timeout

    def load(self, key: str) -> Mapping[str, Any] | None:
        token = self._tokens().get(key)
        return token if isinstance(token, dict) else None

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        import tempfile  # here, for the package is imported by many who save nothing

        now = time.time()
        kept = {
            name: other
            for name, other in self._tokens().items()
            if isinstance(other, dict) and end_of(other) > now
        }
        text = json.dumps({**kept, key: dict(token)})
        self._make_folder()
        handle, beside = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp made it 0600
                file.write(text)
            os.replace(beside, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            raise

    def lock(self, key: str) -> AbstractContextManager[Any]:
        from filelock import FileLock

        self._make_folder()
        # One lock for all keys: a save writes the whole file.
        return FileLock(f"{self.path}.lock", timeout=self.lock_timeout, mode=0o600)

    def _tokens(self) -> dict[str, Any]:
        try:
            tokens = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return tokens if isinstance(tokens, dict) else {}

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


class RedisTokenStore:
    """Tokens in Redis, for all hosts that reach it; needs the extra ``redis``.

    ``client`` is a `redis.Redis` of yours. A token and a lock end there by themselves.
    """

    def __init__(
        self,
        client: Any,
        *,
        prefix: str = "pokitdok_session:",
        lock_timeout: float = LOCK_ENDS_AFTER,
    ) -> None:
        if not hasattr(client, "lock"):
            raise TypeError("client must be a redis.Redis: redis.Redis.from_url(url) makes one")
        self.client = client
        self.prefix = prefix
        self.lock_timeout = lock_timeout

    def load(self, key: str) -> Mapping[str, Any] | None:
        try:
            token = json.loads(self.client.get(self.prefix + key) or "null")
        except (ValueError, RecursionError):
            return None
        except Exception as error:
            if str(error).startswith("WRONGTYPE"):  # somebody's list or hash: to be written over
                return None
            raise
        return token if isinstance(token, dict) else None

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        seconds = max(1, round(end_of(token) - time.time()))
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
        """Travel as the way to the server: a client holds sockets and locks."""
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
    """Say whether redis-py has put this among the options of a connection, and will again."""
    import pickle  # here, as `tempfile`: who needs neither imports neither

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


def end_of(token: Mapping[str, Any]) -> float:
    """Give the absolute end of a saved token in epoch seconds, 0 where it names none."""
    expires_at = token.get("expires_at")
    try:
        end = float(expires_at) if isinstance(expires_at, (int, float)) else 0.0
    except OverflowError:  # an int of hundreds of digits
        return 0.0
    return end if math.isfinite(end) else 0.0
