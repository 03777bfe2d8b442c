"""RedisTokenStore: the conformance tests, and what concerns Redis."""

from __future__ import annotations

import copy
import functools
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pokitdok_session import RedisTokenStore
from support.redis_server import RedisServer, unused_port
from support.store_conformance import HOUR, TokenStoreConformance, token
from support.subprocesses import FORKS_WITH_THREADS, PROCESS_TIMEOUT, wait_until

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)


class TestRedisTokenStore(TokenStoreConformance):
    @pytest.fixture(params=[False, True], ids=["bytes", "decoded"])
    def client(self, redis_server: RedisServer, request: Any) -> Iterator[redis.Redis]:
        with redis_server.client(decode_responses=request.param) as client:
            client.flushall()
            yield client

    def test_store_with_a_url_as_client_raises_and_says_what_to_do(self) -> None:
        with pytest.raises(TypeError, match=r"got str; RedisTokenStore\.from_url\(url\)"):
            RedisTokenStore("redis://localhost")

    @pytest.fixture
    def make(self, client: redis.Redis, redis_server: RedisServer) -> Callable[..., Any]:
        decoded = client.get_connection_kwargs()["decode_responses"]
        return lambda **options: RedisTokenStore.from_url(
            redis_server.url, decode_responses=decoded, **options
        )

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

    def test_store_from_url_waits_a_second_for_the_server_by_default(self) -> None:
        options = RedisTokenStore.from_url("redis://:pw@127.0.0.1:1/2").client
        options = options.get_connection_kwargs()
        assert (options["socket_timeout"], options["socket_connect_timeout"]) == (1, 1)
        assert (options["db"], options["password"]) == (2, "pw")
        own = RedisTokenStore.from_url("redis://127.0.0.1:1", socket_timeout=7).client
        assert own.get_connection_kwargs()["socket_timeout"] == 7

    def test_store_without_its_extra_raises_and_names_the_extra(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "redis", None)
        with pytest.raises(ImportError, match="pip install redis"):
            RedisTokenStore.from_url("redis://127.0.0.1:1")

    @pytest.mark.parametrize("arguments", [{}, {"client": object(), "factory": object}])
    def test_store_without_a_client_or_with_two_raises(self, arguments: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match="either a client or a factory"):
            RedisTokenStore(**arguments)

    @pytest.mark.parametrize(
        ("url", "location"),
        [
            ("redis://user:pw@127.0.0.1:1/2", "127.0.0.1:1"),
            ("rediss://redis.example:2", "redis.example:2"),
            ("unix:///run/redis.sock", "/run/redis.sock"),
        ],
    )
    def test_repr_shows_the_location_and_no_password(self, url: str, location: str) -> None:
        store = RedisTokenStore.from_url(url)
        assert store.location == location
        assert repr(store) == f"<RedisTokenStore {location}>"

    def test_connection_problem_is_none_for_a_server_that_answers(self, store: Any) -> None:
        assert store.connection_problem() is None

    def test_connection_problem_of_a_closed_port_is_refused(self, closed_port: int) -> None:
        store = RedisTokenStore.from_url(f"redis://127.0.0.1:{closed_port}")
        assert store.connection_problem() == "Connection refused"

    def test_connection_problem_of_an_unknown_host_names_the_error(self) -> None:
        store = RedisTokenStore.from_url("redis://host.invalid:1")
        assert store.connection_problem() in ("gaierror", "Unknown error -2", "Unknown error -3")

    def test_connection_problem_of_a_unix_socket_is_unknown(self, tmp_path: Path) -> None:
        store = RedisTokenStore.from_url(f"unix://{tmp_path}/redis.sock")
        assert store.connection_problem() is None

    # Pickling

    def test_pickled_store_from_url_has_the_same_options(self, redis_server: RedisServer) -> None:
        store = RedisTokenStore.from_url(
            redis_server.url + "/1", prefix="p:", lock_timeout=3, max_connections=5
        )
        store.save("key", token())
        twin = pickle.loads(pickle.dumps(store))
        assert twin.load("key")["access_token"] == "one"
        assert (twin.prefix, twin.lock_timeout) == ("p:", 3)
        assert twin.client.connection_pool.max_connections == 5

    def test_pickled_store_with_a_factory_calls_the_factory(
        self, redis_server: RedisServer
    ) -> None:
        factory = functools.partial(connect, redis_server.port)
        store = RedisTokenStore(factory=factory, prefix="q:")
        store.save("key", token())
        twin = pickle.loads(pickle.dumps(store))
        assert twin.load("key")["access_token"] == "one"
        assert twin.client is not store.client
        assert type(twin.client.connection_pool) is redis.BlockingConnectionPool
        for each in (store, twin):
            each.client.close()
            each.client.connection_pool.disconnect()

    def test_pickle_of_a_store_with_a_client_names_what_to_use(self, client: redis.Redis) -> None:
        text = r"RedisTokenStore\.from_url\(url\) or RedisTokenStore\(factory=make_client\)"
        with pytest.raises(pickle.PicklingError, match=text):
            pickle.dumps(RedisTokenStore(client))

    def test_deepcopy_of_a_store_shares_the_client(self, client: redis.Redis) -> None:
        store = RedisTokenStore(client)
        assert copy.deepcopy(store).client is client

    def test_store_with_a_sentinel_client_is_refused_when_pickled(self, closed_port: int) -> None:
        sentinel = redis.Sentinel([("127.0.0.1", closed_port)])
        store = RedisTokenStore(sentinel.master_for("tokens"))
        assert repr(store) == "<RedisTokenStore >"
        with pytest.raises(pickle.PicklingError, match="factory=make_client"):
            pickle.dumps(store)


def connect(port: int) -> redis.Redis:
    pool = redis.BlockingConnectionPool(host="127.0.0.1", port=port, timeout=2)
    return redis.Redis(connection_pool=pool)


def test_store_with_a_cluster_client_works_and_is_refused_when_pickled(
    tmp_path: Path,
) -> None:
    bus = f"--cluster-enabled yes --cluster-port {unused_port()} --dir {tmp_path}"
    with RedisServer(*bus.split()) as server:
        server.client().execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: b"cluster_state:ok" in cluster_info(server), PROCESS_TIMEOUT)
        factory = functools.partial(connect_to_cluster, server.port)
        store = RedisTokenStore(factory())
        store.save("key", token())
        with store.lock("key"):
            assert store.load("key") is not None
        with pytest.raises(pickle.PicklingError, match="factory=make_client"):
            pickle.dumps(store)
        twin = pickle.loads(pickle.dumps(RedisTokenStore(factory=factory)))
        assert twin.load("key") == store.load("key")
        for each in (store, twin):
            each.client.close()


def cluster_info(server: RedisServer) -> bytes:
    info: bytes = server.client().execute_command("CLUSTER", "INFO", NEVER_DECODE=True)
    return info if isinstance(info, bytes) else repr(info).encode()


def connect_to_cluster(port: int) -> redis.RedisCluster:
    return redis.RedisCluster(host="127.0.0.1", port=port)
