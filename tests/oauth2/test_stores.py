"""Stores: one contract for all of them, then what concerns a file and what concerns Redis."""

from __future__ import annotations

import json
import os
import pickle
import resource
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pokitdok_session import FileTokenStore, RedisTokenStore
from support.redis_server import RedisServer
from support.subprocesses import FORKS_WITH_THREADS, START, Workers
from support.threads import PATIENCE, at_once

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)

HOUR = 3600.0

# What somebody else may have left where a token should be.
FOREIGN = {
    "nothing": b"",
    "zeros": bytes(64),
    "half a token": b'{"access_token": "half',
    "no text": b"\xff\xfe\xfa\x80",
    "html": b"<html></html>",
    "a number": b"12",
    "null": b"null",
    "a list": b'[{"access_token": "x"}]',
    "text": b'"token"',
    "too deep": b"[" * 100_000,
    "a number too long": b"9" * 5000,
}


def token(name: str = "one", *, lives: float = HOUR) -> dict[str, Any]:
    return {
        "access_token": name,
        "token_type": "bearer",
        "expires_in": HOUR,
        "expires_at": time.time() + lives,
    }


class Contract:
    """What every store does. Two objects at one place stand for two processes."""

    @pytest.fixture
    def make(self) -> Callable[..., Any]:
        raise NotImplementedError

    @pytest.fixture
    def plant(self) -> Callable[[bytes], None]:
        """Leave something where the token of ``key`` should be."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, make: Callable[..., Any]) -> Any:
        return make()

    @pytest.fixture
    def other(self, make: Callable[..., Any]) -> Any:
        return make()

    def test_what_one_saves_another_loads(self, store: Any, other: Any) -> None:
        saved = token()
        store.save("key", saved)
        assert other.load("key") == saved

    def test_nothing_saved_is_none(self, store: Any) -> None:
        assert store.load("key") is None

    def test_the_last_one_saved_counts(self, store: Any, other: Any) -> None:
        store.save("key", token("one"))
        other.save("key", token("two"))
        assert store.load("key")["access_token"] == "two"

    def test_each_key_has_its_own_token(self, store: Any, other: Any) -> None:
        store.save("key", token("one"))
        other.save("other key", token("two"))
        assert store.load("key")["access_token"] == "one"
        assert store.load("other key")["access_token"] == "two"

    def test_a_token_of_any_mapping_is_saved_as_a_json_object(self, store: Any) -> None:
        from types import MappingProxyType

        saved = {**token(), "scope": "a b", "x": {"é": ["\ud800", None, 1.5]}}
        store.save("key", MappingProxyType(saved))
        assert store.load("key") == saved

    @pytest.mark.parametrize("left", FOREIGN)
    def test_what_is_no_token_is_as_good_as_none(
        self, store: Any, plant: Callable[[bytes], None], left: str
    ) -> None:
        plant(FOREIGN[left])
        assert store.load("key") is None

    @pytest.mark.parametrize("left", FOREIGN)
    def test_what_is_no_token_is_written_over(
        self, store: Any, plant: Callable[[bytes], None], left: str
    ) -> None:
        plant(FOREIGN[left])
        store.save("key", token())
        assert store.load("key")["access_token"] == "one"

    def test_the_lock_waits_until_it_is_given_back(self, store: Any, other: Any) -> None:
        order = []
        waits = threading.Event()

        def wait() -> None:
            waits.set()
            with other.lock("key"):
                order.append("waited")

        with store.lock("key"):
            waiter = threading.Thread(target=wait, daemon=True)
            waiter.start()
            assert waits.wait(PATIENCE)
            waiter.join(0.2)
            order.append("gave back")
        waiter.join(PATIENCE)
        assert order == ["gave back", "waited"]

    def test_one_at_a_time_has_the_lock(self, make: Callable[..., Any]) -> None:
        inside = []
        most = []

        def enter() -> None:
            with make().lock("key"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

        at_once(8, enter)
        assert most == [1] * 8

    def test_waiting_for_the_lock_has_an_end(self, store: Any, make: Callable[..., Any]) -> None:
        impatient = make(lock_timeout=0.2)
        with store.lock("key"):
            started = time.monotonic()
            with pytest.raises(Exception, match="lock"), impatient.lock("key"):
                pass
            assert time.monotonic() - started < 3

    def test_a_lock_whose_holder_was_killed_comes_free(self, make: Callable[..., Any]) -> None:
        store = make(lock_timeout=0.5)
        with Workers("fork", 1, store) as workers:
            workers.all(take_the_lock)
            workers.kill(0)
            started = time.monotonic()
            with store.lock("key"):
                waited = time.monotonic() - started
        assert waited < 0.5 + 1.0

    def test_a_store_travels(self, make: Callable[..., Any], other: Any) -> None:
        store = make(lock_timeout=7.0)
        there = pickle.loads(pickle.dumps(store))
        store.save("key", token())
        assert there.load("key") == other.load("key")
        assert there.lock_timeout == 7.0
        with there.lock("key"):
            pass


def take_the_lock(store: Any) -> None:
    held.append(store.lock("key"))
    held[0].__enter__()


held: list[Any] = []


class TestFileTokenStore(Contract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path / "tokens.json"

    @pytest.fixture
    def make(self, place: Path) -> Callable[..., Any]:
        return lambda **options: FileTokenStore(place, **options)

    @pytest.fixture
    def plant(self, place: Path) -> Callable[[bytes], None]:
        def plant(left: bytes) -> None:
            place.write_bytes(left)

        return plant

    @pytest.mark.parametrize("entry", [None, "text", 1, [], {}, {"expires_at": 10**400}])
    def test_an_entry_of_another_kind_is_in_nobodys_way(
        self, store: Any, place: Path, entry: Any
    ) -> None:
        place.write_text(json.dumps({"other": entry, "key": entry}))
        assert store.load("key") in (None, entry)
        store.save("key", token())
        assert list(json.loads(place.read_text())) == ["key"]

    @pytest.mark.parametrize("end", ["NaN", "Infinity", "1e999", '"soon"', "true"])
    def test_an_entry_without_an_end_in_time_is_swept_out(
        self, store: Any, place: Path, end: str
    ) -> None:
        place.write_text(f'{{"other": {{"access_token": "x", "expires_at": {end}}}}}')
        store.save("key", token())
        assert list(json.loads(place.read_text())) == ["key"]

    def test_tokens_that_have_ended_are_swept_out(self, store: Any, place: Path) -> None:
        store.save("ended", token(lives=-1))
        store.save("living", token())
        store.save("key", token())
        assert sorted(json.loads(place.read_text())) == ["key", "living"]

    def test_nobody_else_can_read_it_whatever_the_umask(self, store: Any, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            store.save("key", token())
            with store.lock("key"):
                files = list(tmp_path.iterdir())
        finally:
            os.umask(before)
        assert {file.name for file in files} == {"tokens.json", "tokens.json.lock"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    def test_nobody_else_can_read_it_from_the_first_byte(
        self, store: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = []
        write = os.fdopen

        def fdopen(handle: int, *args: Any, **options: Any) -> Any:
            opened.append((stat.S_IMODE(os.fstat(handle).st_mode), os.fstat(handle).st_size))
            return write(handle, *args, **options)

        monkeypatch.setattr(os, "fdopen", fdopen)
        before = os.umask(0)
        try:
            store.save("key", token())
        finally:
            os.umask(before)
        assert opened == [(0o600, 0)]

    def test_a_file_that_others_could_read_is_closed_to_them(self, store: Any, place: Path) -> None:
        place.write_text("{}")
        place.chmod(0o644)
        store.save("key", token())
        assert stat.S_IMODE(place.stat().st_mode) == 0o600

    def test_a_folder_is_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            FileTokenStore(tmp_path / "new" / "tokens.json").save("key", token())
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700

    def test_who_reads_while_others_write_sees_a_whole_file(self, store: Any, place: Path) -> None:
        with Workers("fork", 2, store) as workers:
            workers.all(save_for, 0.0)  # both are awake
            workers.tell(save_for, 0.7)
            seen = []
            end = time.monotonic() + 0.7
            while time.monotonic() < end:
                seen.append(json.loads(place.read_bytes())["key"]["access_token"])
            workers.hear()
        assert len(set(seen)) > 10, "nobody wrote"

    def test_nothing_is_left_beside_it(self, store: Any, tmp_path: Path) -> None:
        store.save("key", token())
        with pytest.raises(TypeError):
            store.save("key", {"access_token": object()})
        assert [file.name for file in tmp_path.iterdir()] == ["tokens.json"]

    def test_a_full_disk_leaves_the_last_file_as_it_was(self, store: Any, tmp_path: Path) -> None:
        store.save("key", token())
        with Workers("fork", 1, store) as workers:
            assert workers.all(save_where_there_is_no_room) == ["OSError"]
        assert store.load("key")["access_token"] == "one"
        assert [file.name for file in tmp_path.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("path", ["file/tokens.json", "file/deeper/tokens.json", "folder"])
    def test_a_place_that_cannot_be_written_is_an_error_to_save_and_none_to_load(
        self, tmp_path: Path, path: str
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        (tmp_path / "folder").mkdir()
        store = FileTokenStore(tmp_path / path)
        assert store.load("key") is None
        with pytest.raises(OSError, match=r"\[Errno"):
            store.save("key", token())

    def test_a_path_may_begin_at_home(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert FileTokenStore("~/tokens.json").path == tmp_path / "tokens.json"

    def test_a_missing_extra_is_named_when_the_store_is_made(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "filelock", None)
        with pytest.raises(ImportError, match="pip install filelock"):
            FileTokenStore(place)

    def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(self, store: Any) -> None:
        with Workers("fork", 1, store) as workers:
            (pid,) = workers.all(fork_while_a_thread_has_the_lock)
            try:
                workers.kill(0)
                started = time.monotonic()
                with store.lock("key"):
                    waited = time.monotonic() - started
            finally:
                os.kill(pid, 9)
        assert waited < 1


def save_for(store: FileTokenStore, seconds: float) -> None:
    end = time.monotonic() + seconds
    store.save("key", token())
    while time.monotonic() < end:
        store.save("key", token(f"token-{time.monotonic()}" * 100))


def save_where_there_is_no_room(store: FileTokenStore) -> str:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        store.save("key", token("longer than there is room for" * 10))
    except OSError as error:
        return type(error).__name__
    return "saved"


def fork_while_a_thread_has_the_lock(store: FileTokenStore) -> int:
    """Give the id of a child that lives on and never touches the store."""
    import warnings

    has_it = threading.Event()
    never = threading.Event()

    def hold() -> None:
        with store.lock("key"):
            has_it.set()
            never.wait()

    threading.Thread(target=hold, daemon=True).start()
    assert has_it.wait(PATIENCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        never.wait(START)
        os._exit(0)
    return pid


class TestRedisTokenStore(Contract):
    @pytest.fixture(params=[False, True], ids=["bytes", "decoded"])
    def client(self, redis_server: RedisServer, request: Any) -> Iterator[redis.Redis]:
        with redis_server.client(decode_responses=request.param) as client:
            client.flushall()
            yield client

    def test_a_url_in_place_of_a_client_is_an_error_that_says_how_one_is_made(self) -> None:
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
    def test_a_key_of_another_type_is_as_good_as_none(
        self, store: Any, client: redis.Redis, command: str
    ) -> None:
        client.execute_command(command, "pokitdok_session:key", "x")
        assert store.load("key") is None
        store.save("key", token())
        assert store.load("key")["access_token"] == "one"

    def test_a_server_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        client = redis.Redis(
            unix_socket_path=str(tmp_path / "none"), retry=Retry(NoBackoff(), retries=0)
        )
        with pytest.raises(redis.exceptions.ConnectionError):
            RedisTokenStore(client).load("key")

    def test_a_token_ends_there_with_its_life(self, store: Any, client: redis.Redis) -> None:
        store.save("key", token(lives=100))
        assert 98_000 < client.pttl("pokitdok_session:key") <= 100_000

    def test_a_token_that_is_over_ends_there_at_once(self, store: Any, client: redis.Redis) -> None:
        store.save("key", token(lives=-HOUR))
        assert client.pttl("pokitdok_session:key") <= 1000

    def test_the_lock_ends_there_by_itself(self, make: Any, client: redis.Redis) -> None:
        with make(lock_timeout=20.0).lock("key"):
            assert 18_000 < client.pttl("pokitdok_session:key:lock") <= 20_000
        assert not client.exists("pokitdok_session:key:lock")

    def test_a_lock_that_has_ended_is_not_taken_from_its_next_holder(
        self, make: Any, client: redis.Redis
    ) -> None:
        slow = make(lock_timeout=0.1).lock("key")
        slow.__enter__()
        with make().lock("key"):  # which has waited for the end of it
            with pytest.raises(redis.exceptions.LockError):
                slow.__exit__(None, None, None)
            assert client.exists("pokitdok_session:key:lock")

    def test_prefixes_keep_applications_apart(self, make: Any) -> None:
        make(prefix="a:").save("key", token())
        assert make(prefix="b:").load("key") is None
        assert make(prefix="a:").load("key")

    def test_nothing_of_it_is_kept_open_in_a_pickle(
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

    def test_what_a_user_gave_and_cannot_travel_is_said(self, redis_server: RedisServer) -> None:
        client = redis_server.client(redis_connect_func=lambda connection: None)
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
            pickle.dumps(RedisTokenStore(client))
