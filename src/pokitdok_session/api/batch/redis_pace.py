"""One rate limit for many processes and hosts: the calls are counted in Redis."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..quota import Quota
from .learned_pace import LearnedPace
from .pacing import Grant, parse_rate

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

#: The share of the limit that stays unused: calls reach the server in another rhythm than that
#: in which Redis counted them.
_RESERVE = 0.02

#: Seconds between two questions to Redis while the window is full.
_ASK_AGAIN = 0.05

#: Seconds without Redis after a failure; meanwhile each process keeps a pace of its own.
_REDIS_COOLDOWN = 30.0

#: Lengths of windows that APIs have, in seconds. A response says only when the window ends.
_DAY = 86400
_USUAL_PERIODS = (1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, _DAY)

#: What whole seconds in the server's times can add to the end of a window.
_ROUNDING = 2.0


class RedisPace(LearnedPace):
    """Shares one rate limit through Redis: ``session.batch(..., pace=RedisPace(client))``.

    ``client`` is a `redis.Redis`, and ``name`` stands for the account whose limit it is.
    Without a ``rate`` such as ``"84/minute"`` the limit is learned from the responses, and what
    one process learns the others use. Costs one round trip to Redis per call, and 2 % of the
    limit stay unused. While Redis is down each process keeps a pace of its own. Needs the extra
    ``batch``.
    """

    def __init__(
        self,
        client: Redis,
        rate: str | None = None,
        *,
        name: str = "default",
        prefix: str = "pokitdok_session:pace",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._window_count = _WindowCount(client, name, prefix)
        self._is_given = rate is not None
        self._redis_closed_until = self._redis_down_until = 0.0
        self._learning = threading.Lock()
        if rate is not None:
            number, period = parse_rate(rate)
            self._window_count.set_rate(number, max(1, round(period)))

    def ask(self) -> Grant | float:
        now = self.clock()
        if now < self._redis_closed_until:
            return self._redis_closed_until - now
        grant = super().ask()
        if not isinstance(grant, Grant) or self._count_in_redis():
            return grant
        with self._lock:
            self._release(grant)
            self._end_probe(grant, admitted=False)
        self._redis_closed_until = now + _ASK_AGAIN
        return _ASK_AGAIN

    def _count_in_redis(self) -> bool:
        if self.clock() < self._redis_down_until:
            return True
        try:
            return self._window_count.hit()
        except self._window_count.errors as error:
            self._note_failure(error)
            return True

    def _note_failure(self, error: Exception) -> None:
        self._redis_down_until = self.clock() + _REDIS_COOLDOWN
        log.warning(
            "Redis does not count the calls (%s): for %.0f s this process keeps a pace of its own",
            type(error).__name__,
            _REDIS_COOLDOWN,
        )

    def finish(self, grant: Grant, quota: Quota = Quota()) -> bool:  # noqa: B008  # immutable
        period = quota.period or _usual_period(quota.reset_in)
        if not self._is_given and quota.cap is not None and period is not None:
            used = 0 if quota.remaining is None else quota.cap - quota.remaining
            self._agree(quota.cap, int(period), used)
        return super().finish(grant, quota)

    def _agree(self, number: int, period: int, used: int) -> None:
        """Tell Redis what a response said, unless another thread does: it may hang there."""
        if self.clock() < self._redis_down_until or not self._learning.acquire(blocking=False):
            return
        try:
            self._window_count.agree(number, period, used)
        except self._window_count.errors as error:
            self._note_failure(error)
        finally:
            self._learning.release()


class _WindowCount:
    """The calls of the last ``period`` seconds, in Redis, and the rate that all agree on."""

    def __init__(self, client: Redis, name: str, prefix: str) -> None:
        try:
            from limits import RateLimitItemPerSecond
            from limits.errors import StorageError
            from limits.storage import RedisStorage
            from limits.strategies import MovingWindowRateLimiter
            from redis import RedisError
        except ImportError as missing:
            raise ImportError(
                "RedisPace needs the extras `batch` and `redis`: pip install limits redis"
            ) from missing
        if not hasattr(client, "connection_pool"):
            raise TypeError(
                f"client must be a redis.Redis, got {type(client).__name__};"
                " redis.Redis.from_url(url) makes one"
            )
        self.errors: tuple[type[Exception], ...] = (StorageError, RedisError)
        self._client, self._name, self._prefix = client, name, prefix
        self._rate_key = f"{prefix}:rate:{name}"
        self._make_item = RateLimitItemPerSecond
        pool = client.connection_pool
        self._limiter = MovingWindowRateLimiter(RedisStorage("redis://", connection_pool=pool))
        self._rate: tuple[int, int] | None = None
        self._item: Any = None

    def hit(self) -> bool:
        """Count one call; return False if the window is full. True while no rate is known."""
        return self._item is None or self._limiter.hit(self._item, self._name)

    def set_rate(self, number: int, period: int) -> None:
        if self._rate != (number, period):
            self._rate = number, period
            usable = max(1, number - math.ceil(number * _RESERVE))
            self._item = self._make_item(usable, period, namespace=self._prefix)

    def agree(self, number: int, period: int, used: int) -> None:
        """Use the longest period that any process has seen for this number of calls.

        The process that is first counts the calls that were made before it.
        """
        if self._rate is not None and self._rate[0] == number and self._rate[1] >= period:
            return
        stored: Any = self._client.get(self._rate_key)
        text = stored.decode() if isinstance(stored, bytes) else stored or ""
        known_number, _, known_period = text.partition("/")
        if known_number == str(number) and known_period.isdigit():
            period = max(period, int(known_period))
        self._client.set(self._rate_key, f"{number}/{period}", ex=_DAY)
        self.set_rate(number, period)
        if not text and used > 1:
            self._limiter.hit(self._item, self._name, cost=min(used - 1, self._item.amount))


def _usual_period(reset_in: float | None) -> int | None:
    if reset_in is None:
        return None
    return next((usual for usual in _USUAL_PERIODS if usual >= reset_in - _ROUNDING), _DAY)
