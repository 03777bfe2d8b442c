"""RedisTokenStore: the conformance tests, and what concerns Redis."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pokitdok_session import RedisTokenStore
from support.redis_server import RedisServer
from support.store_conformance import HOUR, TokenStoreConformance, token
from support.subprocesses import FORKS_WITH_THREADS

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)


class TestRedisTokenStore(TokenStoreConformance):
    @pytest.fixture(params=[False, True], ids=["bytes", "decoded"])
    def client(self, redis_server: RedisServer, request: Any) -> Iterator[redis.Redis]:
        with redis_server.client(decode_responses=request.param) as client:
            client.flushall()
            yield client

    def test_store_with_a_url_as_client_raises_and_says_what_to_do(self) -> None:
        with pytest.raises(TypeError, match=r"redis\.Redis\.from_url\(url\)"):
            RedisTokenStore("redis://localhost")

    @pytest.fixture
    def make(self, client: redis.Redis) -> Callable[..., Any]:
        return lambda **options: RedisTokenStore(client, **options)

    @pytest.fixture
    def plant(self, client: redis.Redis) -> Callable[[bytes], None]:
        def plant(left: bytes) -> None:
            client.set("pokitdok_session:key", left)

        return plant

    @pytest.mark.parametrize("command", ["LPUSH", "SADD"])
    def test_load_of_a_key_of_another_type_returns_none(
        self, store: Any, client: redis.Redis, command: str
    ) -> None:
        client.execute_command(command, "pokitdok_session:key", "x")
        assert store.load("key") is None
        store.save("key", token())
        assert store.load("key")["access_token"] == "one"

    def test_load_from_a_missing_server_raises(self, tmp_path: Path) -> None:
        client = redis.Redis(
            unix_socket_path=str(tmp_path / "none"), retry=Retry(NoBackoff(), retries=0)
        )
        with pytest.raises(redis.exceptions.ConnectionError):
            RedisTokenStore(client).load("key")

    def test_saved_token_is_deleted_at_the_expiry(self, store: Any, client: redis.Redis) -> None:
        store.save("key", token(lives=100))
        assert 98_000 < client.pttl("pokitdok_session:key") <= 100_000

    def test_saved_token_that_has_expired_is_deleted_at_once(
        self, store: Any, client: redis.Redis
    ) -> None:
        store.save("key", token(lives=-HOUR))
        assert client.pttl("pokitdok_session:key") <= 1000

    def test_lock_has_a_ttl(self, make: Any, client: redis.Redis) -> None:
        with make(lock_timeout=20.0).lock("key"):
            assert 18_000 < client.pttl("pokitdok_session:key:lock") <= 20_000
        assert not client.exists("pokitdok_session:key:lock")

    def test_lock_past_the_ttl_is_not_released_for_the_next_holder(
        self, make: Any, client: redis.Redis
    ) -> None:
        slow = make(lock_timeout=0.1).lock("key")
        slow.__enter__()
        with make().lock("key"):  # which has waited for the end of it
            with pytest.raises(redis.exceptions.LockError):
                slow.__exit__(None, None, None)
            assert client.exists("pokitdok_session:key:lock")

    def test_prefix_separates_applications(self, make: Any) -> None:
        make(prefix="a:").save("key", token())
        assert make(prefix="b:").load("key") is None
        assert make(prefix="a:").load("key")

    def test_pickled_store_opens_connections_of_the_same_kind(
        self, redis_server: RedisServer, client: redis.Redis
    ) -> None:
        pool = redis.BlockingConnectionPool(
            host="127.0.0.1", port=redis_server.port, max_connections=3, timeout=2, db=1
        )
        store = RedisTokenStore(redis.Redis(connection_pool=pool), prefix="p:", lock_timeout=3)
        store.save("key", token())
        there = pickle.loads(pickle.dumps(store))
        pool.disconnect()
        assert there.load("key")["access_token"] == "one"
        assert (there.prefix, there.lock_timeout) == ("p:", 3)
        theirs = there.client.connection_pool
        assert type(theirs) is redis.BlockingConnectionPool
        assert (theirs.max_connections, theirs.timeout) == (3, 2)
        assert theirs.connection_kwargs["db"] == 1
        there.client.close()

    def test_pickle_names_the_option_that_cannot_be_pickled(
        self, redis_server: RedisServer
    ) -> None:
        client = redis_server.client(redis_connect_func=lambda connection: None)
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
            pickle.dumps(RedisTokenStore(client))
