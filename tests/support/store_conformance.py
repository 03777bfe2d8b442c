"""What every token store does, as a class of tests that each store's tests inherit."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.subprocesses import Workers
from support.threads import TEST_TIMEOUT, run_in_threads

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


class TokenStoreConformance:
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

    def test_save_by_one_store_is_loaded_by_another(self, store: Any, other: Any) -> None:
        saved = token()
        store.save("key", saved)
        assert other.load("key") == saved

    def test_load_without_a_saved_token_returns_none(self, store: Any) -> None:
        assert store.load("key") is None

    def test_load_after_two_saves_returns_the_last(self, store: Any, other: Any) -> None:
        store.save("key", token("one"))
        other.save("key", token("two"))
        assert store.load("key")["access_token"] == "two"

    def test_save_keeps_the_tokens_of_other_keys(self, store: Any, other: Any) -> None:
        store.save("key", token("one"))
        other.save("other key", token("two"))
        assert store.load("key")["access_token"] == "one"
        assert store.load("other key")["access_token"] == "two"

    def test_save_of_any_mapping_stores_a_json_object(self, store: Any) -> None:
        from types import MappingProxyType

        saved = {**token(), "scope": "a b", "x": {"é": ["\ud800", None, 1.5]}}
        store.save("key", MappingProxyType(saved))
        assert store.load("key") == saved

    @pytest.mark.parametrize("left", FOREIGN)
    def test_load_of_foreign_content_returns_none(
        self, store: Any, plant: Callable[[bytes], None], left: str
    ) -> None:
        plant(FOREIGN[left])
        assert store.load("key") is None

    @pytest.mark.parametrize("left", FOREIGN)
    def test_save_replaces_foreign_content(
        self, store: Any, plant: Callable[[bytes], None], left: str
    ) -> None:
        plant(FOREIGN[left])
        store.save("key", token())
        assert store.load("key")["access_token"] == "one"

    def test_lock_waits_for_the_release(self, store: Any, other: Any) -> None:
        order = []
        waits = threading.Event()

        def wait() -> None:
            waits.set()
            with other.lock("key"):
                order.append("waited")

        with store.lock("key"):
            waiter = threading.Thread(target=wait, daemon=True)
            waiter.start()
            assert waits.wait(TEST_TIMEOUT)
            waiter.join(0.2)
            order.append("gave back")
        waiter.join(TEST_TIMEOUT)
        assert order == ["gave back", "waited"]

    def test_lock_is_held_by_one_thread_at_a_time(self, make: Callable[..., Any]) -> None:
        inside = []
        most = []

        def enter() -> None:
            with make().lock("key"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

        run_in_threads(8, enter)
        assert most == [1] * 8

    def test_lock_raises_when_the_wait_is_too_long(
        self, store: Any, make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pokitdok_session.oauth2.stores.redis.LOCK_GRACE", 0.1)
        impatient = make(lock_timeout=0.2)
        with store.lock("key"), pytest.raises(Exception, match="lock"), impatient.lock("key"):
            pass

    def test_lock_of_a_killed_process_is_released(self, make: Callable[..., Any]) -> None:
        store = make(lock_timeout=0.5)  # it raises if the lock is not free by then
        with Workers("fork", 1, store) as workers:
            workers.run(take_the_lock)
            workers.kill(0)
            with store.lock("key"):
                pass

    def test_store_that_was_pickled_works(self, make: Callable[..., Any], other: Any) -> None:
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
