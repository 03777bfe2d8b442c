"""A store that fails or hangs: the session continues without it, and logs that once."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import redis
from redis import RedisError
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from pokitdok_session import FileTokenStore, RedisTokenStore, TokenError
from pokitdok_session.oauth2.stores import shared as sharing
from pokitdok_session.sandbox import Sandbox
from support.redis_server import RedisServer
from support.shared_stores import HOUR, key_in, warnings_in
from support.subprocesses import FORKS_WITH_THREADS, Workers, call, wait_until
from support.threads import TEST_TIMEOUT, ThreadGroup


class Patient:
    """A store of which any method can be made to fail, or to hang."""

    def __init__(self) -> None:
        self.tokens: dict[str, Any] = {}
        self.ills: dict[str, Callable[[], Any]] = {}

    def load(self, key: str) -> Any:
        self.ills.get("load", int)()
        return self.tokens.get(key)

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        self.ills.get("save", int)()
        self.tokens[key] = token

    def lock(self, key: str) -> AbstractContextManager[Any]:
        self.ills.get("lock", int)()
        return nullcontext()


def fail() -> None:
    raise RuntimeError("ill: do not repeat this")


@pytest.mark.parametrize("ill", ["load", "save", "lock"])
def test_store_that_fails_is_logged_once_and_stops_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, ill: str
) -> None:
    store = Patient()
    store.ills[ill] = fail
    with caplog.at_level(logging.DEBUG), sandbox.session(store=store) as session:
        for _ in range(3):
            session.token = None
            store.tokens.clear()
            assert call(session) == [200]
    action = {"lock": "waiting for the lock"}.get(ill, ill)
    assert warnings_in(caplog) == [
        f"Patient: {action} failed (RuntimeError), continuing without it"
    ]
    assert "do not repeat" not in caplog.text


@pytest.mark.parametrize("ill", ["load", "save", "lock"])
def test_store_that_fails_again_is_logged_again(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, ill: str
) -> None:
    store = Patient()
    with sandbox.session(store=store) as session:
        for ills in ({ill: fail}, {ill: fail}, {}, {ill: fail}, {ill: fail}):
            store.ills = ills
            session.token = None
            store.tokens.clear()
            call(session)
    assert len(warnings_in(caplog)) == 2


@pytest.mark.parametrize("ill", ["load", "save"])
def test_store_that_hangs_is_waited_for_once(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ill: str
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    recovers = threading.Event()
    store = Patient()
    store.ills[ill] = lambda: recovers.wait(TEST_TIMEOUT)
    with sandbox.session(store=store) as session:
        for _ in range(8):
            session.token = None
            store.tokens.clear()
            assert call(session) == [200]
        assert len(warnings_in(caplog)) == 1
        (hanging,) = store_threads()  # later renewals did not call the store
        recovers.set()
        hanging.join(TEST_TIMEOUT)
        for _ in range(2):
            session.token = None
            call(session)
        assert len(warnings_in(caplog)) == 1
        assert store.tokens


def store_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "token-store"]


@pytest.mark.parametrize("left", [[], "text", 7, ["access_token"], {"access_token": 1}, object()])
def test_store_that_returns_something_else_counts_as_empty(sandbox: Sandbox, left: Any) -> None:
    store = Patient()
    with sandbox.session(store=store) as session:
        store.tokens[key_in(session)] = left
        assert call(session) == [200]


def test_store_that_times_out_by_itself_is_logged_with_its_reason(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def time_out() -> None:
        raise TimeoutError(errno.ETIMEDOUT, "do not repeat this")

    store = Patient()
    store.ills["load"] = time_out
    with sandbox.session(store=store) as session:
        assert call(session) == [200]
    reason = f"TimeoutError: {os.strerror(errno.ETIMEDOUT)}"
    assert warnings_in(caplog) == [
        f"Patient: load failed ({reason}), continuing without it",
    ]


@pytest.mark.parametrize("access_token", [None, "", 1, "two\twords", "ü\n", "\u20ac"])
def test_stored_token_that_no_header_can_hold_is_not_used(
    sandbox: Sandbox, access_token: Any
) -> None:
    store = Patient()
    with sandbox.session(store=store) as session:
        store.tokens[key_in(session)] = {
            "access_token": access_token,
            "expires_at": time.time() + HOUR,
        }
        assert call(session) == [200]


def test_token_error_is_the_same_with_a_store(sandbox: Sandbox, store: Any) -> None:
    from pokitdok_session import TokenError

    with sandbox.session(store=store, client_secret="wrong") as session:
        with pytest.raises(TokenError, match="invalid_client"):
            session.get("/activities/")
        with store.lock(key_in(session)):
            pass


def test_redis_that_is_down_stops_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    with RedisServer() as server, sandbox.session(store=RedisTokenStore(server.client())) as one:
        call(one)
        for rounds in (1, 2):
            server.stop()
            for _ in range(3):
                one.token = None
                assert call(one) == [200]
            assert len(warnings_in(caplog)) == rounds
            server.start()
            wait_until(lambda: is_kept_anew(one))


def is_kept_anew(session: Any) -> bool:
    session.token = None
    assert call(session) == [200]
    saved = session.store.load(key_in(session))
    return saved is not None and saved["access_token"] == session.access_token


def test_redis_that_hangs_stops_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    client_that_waits_for_ever = {"socket_timeout": None, "socket_connect_timeout": None}
    with RedisServer() as server:
        client = server.client(**client_that_waits_for_ever)
        with sandbox.session(store=RedisTokenStore(client)) as session:
            call(session)
            server.hang()
            for _ in range(4):
                session.token = None
                assert call(session) == [200]
            assert len(store_threads()) == 1
            server.wake()
    assert len(warnings_in(caplog)) == 1


def test_redis_that_hangs_does_not_delay_fetch_token(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    with RedisServer() as server:
        client = server.client(socket_timeout=None)
        with sandbox.session(store=RedisTokenStore(client)) as session:
            call(session)
            server.hang()
            fetching = ThreadGroup(1, session.fetch_token)
            assert fetching.join() != []
            server.wake()


def test_refused_redis_is_logged_with_its_address_and_the_reason(
    sandbox: Sandbox, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    store = RedisTokenStore.from_url(f"redis://:password@127.0.0.1:{closed_port}")
    with sandbox.session(store=store) as session:
        call(session)
    assert warnings_in(caplog) == [
        f"RedisTokenStore 127.0.0.1:{closed_port}: load failed "
        "(ConnectionError: Connection refused), continuing without it"
    ]


def test_refused_redis_with_a_client_that_retries_is_logged_as_refused(
    sandbox: Sandbox,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.1)
    # redis-py before 6 retries only its own exceptions unless it is told.
    retry = Retry(ConstantBackoff(0.1), retries=3, supported_errors=(OSError, RedisError))
    with (
        redis.Redis(port=closed_port, retry=retry) as client,
        sandbox.session(store=RedisTokenStore(client)) as session,
    ):
        call(session)
        for thread in store_threads():
            thread.join(TEST_TIMEOUT)
    assert warnings_in(caplog) == [
        f"RedisTokenStore localhost:{closed_port}: load failed "
        "(no response within 0.1 s: Connection refused), continuing without it"
    ]


def test_file_that_cannot_be_opened_is_logged_with_its_path(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "missing" / "folder" / "tokens.json"
    with sandbox.session(store=FileTokenStore(path)) as session:
        call(session)
    assert warnings_in(caplog) == [
        f"FileTokenStore {path}: waiting for the lock failed "
        "(FileNotFoundError: No such file or directory), continuing without it"
    ]


def test_lock_that_is_not_released_is_logged_as_what_was_waited_for(
    sandbox: Sandbox, make_store: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    holder, store = make_store(lock_timeout=30.0), make_store(lock_timeout=0.1)
    with (
        caplog.at_level(logging.DEBUG),
        sandbox.session(store=store) as session,
        holder.lock(key_in(session)),
    ):
        call(session)
    assert f"waiting for the lock of {type(store).__name__} {store.location}" in caplog.text
    assert len(warnings_in(caplog)) == 1
    assert "waiting for the lock failed (" in warnings_in(caplog)[0]


def test_file_that_cannot_be_written_stops_nothing(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FileTokenStore(tmp_path / "file" / "tokens.json")
    with sandbox.session(store=store) as session:
        for _ in range(3):
            session.token = None
            assert call(session) == [200]
    assert len(warnings_in(caplog)) == 1


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_full_disk_stops_nothing(sandbox: Sandbox, file_store: FileTokenStore) -> None:
    with sandbox.session(store=file_store) as session, Workers("fork", 1, session) as workers:
        assert workers.run(call_without_room) == [[200, 200]]
    assert not file_store.path.exists()


def call_without_room(session: Any) -> list[int]:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    first = call(session)
    session.token = None
    return first + call(session)


def test_logs_and_reprs_of_a_store_show_no_token(
    sandbox: Sandbox, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), sandbox.session(store=store) as session:
        call(session)
        sandbox.revoke()
        call(session)
        tokens = {seen.token for seen in sandbox.requests}
        # What oauthlib says here is the sandbox's end of it.
        said = [each.getMessage() for each in caplog.records if each.name[:8] != "oauthlib"]
        shown = f"{said} {session!r} {store!r} {session._token_source.current!r}"
        for word in (*tokens, sandbox.client_secret):
            assert word
            assert word not in shown


def test_store_lock_is_awaited_within_the_timeout_of_the_call(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    store = FileTokenStore(tmp_path / "tokens.json")
    with sandbox.session(store=store) as session, store.lock(key_in(session)):
        with pytest.raises(TokenError, match=r"within 0\.2 s"):
            session.get("/activities/", timeout=0.2)
        assert sandbox.token_requests == 0
