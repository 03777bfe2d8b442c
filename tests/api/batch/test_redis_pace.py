"""One rate limit for several processes: what they count in Redis, and what they do without it."""

from __future__ import annotations

import logging
import sys
import threading
import uuid
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pokitdok_session.api.batch import redis_pace
from pokitdok_session.api.batch.pacing import Grant, Pace
from pokitdok_session.api.batch.redis_pace import RedisPace
from pokitdok_session.api.quota import Quota
from support.batches import granted
from support.clock import Clock
from support.rate_limit_simulation import Server, simulate
from support.redis_server import RedisServer
from support.threads import TEST_TIMEOUT

pytest.importorskip("limits")


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def redis_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library count by the test's clock. Redis itself forgets keys by its own."""
    from limits.storage import redis as storage

    class Time:
        time = staticmethod(lambda: 1_764_000_000.0 + clock.now)

    monkeypatch.setattr(storage, "time", Time)


@pytest.mark.usefixtures("redis_time")
def test_redis_pace_of_four_processes_uses_one_window(
    client: redis.Redis, name: str, clock: Clock
) -> None:
    paces: list[Pace] = [RedisPace(client, name=name, clock=clock) for _ in range(4)]
    server = Server(600, 10)
    seconds = simulate(paces, clock, server, rows=2000, threads=16, latency=0.1)
    assert seconds <= 30 * 1.15
    assert server.refused <= 20


@pytest.mark.usefixtures("redis_time")
def test_redis_pace_with_a_rate_shares_it(client: redis.Redis, name: str, clock: Clock) -> None:
    first, second = (RedisPace(client, "10/minute", name=name, clock=clock) for _ in range(2))
    first.finish(granted(first))
    second.finish(granted(second), Quota(cap=5, remaining=4, reset_in=60.0))  # not listened to
    for _ in range(7):  # one call stays in reserve
        granted(first)
    assert first.ask() == second.ask() == redis_pace._ASK_AGAIN
    assert first.ask() == pytest.approx(redis_pace._ASK_AGAIN)  # not asked in Redis again
    clock.advance(61)
    assert isinstance(second.ask(), Grant)


def test_redis_pace_with_another_prefix_is_not_shared(client: redis.Redis, name: str) -> None:
    paces = [RedisPace(client, "2/minute", name=name, prefix=prefix) for prefix in ("a", "a", "b")]
    assert [pace._window_count.hit() for pace in paces] == [True, False, True]


@pytest.mark.usefixtures("redis_time")
def test_redis_pace_counts_what_was_used_before_the_first_call(
    client: redis.Redis, name: str, clock: Clock
) -> None:
    first, second = (RedisPace(client, name=name, clock=clock) for _ in range(2))
    first.finish(granted(first), Quota(cap=100, remaining=10, reset_in=59.0))
    second.finish(granted(second), Quota(cap=100, remaining=90, reset_in=59.0))
    assert len([1 for _ in range(20) if isinstance(second.ask(), Grant)]) == 98 - 89


@pytest.mark.usefixtures("redis_time")
def test_redis_pace_uses_the_longest_period_that_any_process_saw(
    client: redis.Redis, name: str, clock: Clock
) -> None:
    first, second = (RedisPace(client, name=name, clock=clock) for _ in range(2))
    first.finish(granted(first), Quota(cap=100, remaining=99, reset_in=61.0))
    second.finish(granted(second), Quota(cap=100, remaining=98, reset_in=4.0))
    assert second._window_count._rate == (100, 60)
    first.finish(granted(first), Quota(cap=200, remaining=98, reset_in=4.0, period=10.0))
    assert first._window_count._rate == (200, 10)
    second.finish(granted(second), Quota(cap=100, remaining=97, reset_in=4.0))  # known already
    assert second._window_count._rate == (100, 60)


def test_redis_pace_of_replies_without_a_limit_counts_nothing(
    client: redis.Redis, name: str, clock: Clock
) -> None:
    pace = RedisPace(client, name=name, clock=clock)
    for _ in range(5):
        pace.finish(granted(pace), Quota(remaining=None))
    assert list(client.scan_iter(f"*{name}*")) == []


def test_redis_pace_rounds_the_end_of_a_window_to_a_usual_period() -> None:
    ends = (0.4, 9.2, 10.0, 11.9, 12.1, 61.0, 86401.0, 1e6)
    periods = [redis_pace._usual_period(end) for end in ends]
    assert periods == [1, 10, 10, 10, 15, 60, 86400, 86400]


def test_redis_pace_without_redis_keeps_its_own(
    clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RedisServer() as server:
        pace = RedisPace(server.client(retry=Retry(NoBackoff(), 0)), clock=clock)
        pace.finish(granted(pace), Quota(cap=3, remaining=2, reset_in=60.0))
        server.stop()
        with caplog.at_level(logging.WARNING):
            granted(pace), granted(pace)
            assert pace.ask() == 60
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "keeps a pace of its own" in caplog.text
        clock.advance(redis_pace._REDIS_COOLDOWN)
        pace.finish(Grant(), Quota(cap=4, remaining=0, reset_in=60.0))
        assert len(caplog.records) == 2


def test_redis_pace_does_not_wait_for_a_thread_that_hangs_in_redis(
    client: redis.Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = RedisPace(client, clock=clock)
    arrived, released = threading.Semaphore(0), threading.Event()

    def hang(*_: Any) -> None:
        arrived.release()
        assert released.wait(TEST_TIMEOUT)

    monkeypatch.setattr(pace._window_count, "agree", hang)
    told = Quota(cap=84, remaining=83, reset_in=60.0)
    threads = [threading.Thread(target=pace.finish, args=(Grant(), told)) for _ in range(2)]
    try:
        threads[0].start()
        assert arrived.acquire(timeout=TEST_TIMEOUT)
        threads[1].start()
        threads[1].join(TEST_TIMEOUT)
        assert not threads[1].is_alive()
    finally:
        released.set()
        for thread in threads:
            thread.join(TEST_TIMEOUT)
    assert not arrived.acquire(blocking=False)  # one told it
    pace.finish(Grant(), told)
    assert arrived.acquire(blocking=False)


def test_redis_pace_tells_redis_nothing_while_it_is_down(
    client: redis.Redis, name: str, clock: Clock
) -> None:
    pace = RedisPace(client, name=name, clock=clock)
    pace._note_failure(redis.ConnectionError())
    told = Quota(cap=84, remaining=83, reset_in=60.0)
    pace.finish(Grant(), told)
    assert pace._window_count._rate is None
    clock.advance(redis_pace._REDIS_COOLDOWN)
    pace.finish(Grant(), told)
    assert pace._window_count._rate == (84, 60)


def test_redis_pace_without_the_extra_names_it(
    monkeypatch: pytest.MonkeyPatch, client: redis.Redis
) -> None:
    monkeypatch.setitem(sys.modules, "limits", None)
    with pytest.raises(ImportError, match=r"needs the extras `batch` and `redis`: pip install"):
        RedisPace(client)


def test_redis_pace_of_a_url_says_what_it_takes() -> None:
    url: Any = "redis://127.0.0.1"
    with pytest.raises(TypeError, match=r"must be a redis.Redis, got str; .*from_url\(url\)"):
        RedisPace(url)


def test_redis_pace_refuses_a_rate_of_another_form(client: redis.Redis) -> None:
    rate: Any = "often"
    with pytest.raises(ValueError, match="pace must be a rate"):
        RedisPace(client, rate)
