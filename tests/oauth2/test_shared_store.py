"""One token for all: processes that share a store, and what a store that is ill does to them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pokitdok_session import FileTokenStore, PokitDokSession, RedisTokenStore
from pokitdok_session.oauth2.stores import shared as sharing
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.redis_server import RedisServer
from support.subprocesses import FORKS_WITH_THREADS, Workers, call, call_for, eventually, token_of
from support.threads import PATIENCE, at_once

TOKEN = "/oauth2/token"
HOUR = 3600.0

MakeStore = Callable[..., Any]
PassTime = Callable[[float], None]


@pytest.fixture(params=["file", "redis"])
def make_store(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> MakeStore:
    if request.param == "file":
        return lambda **options: FileTokenStore(tmp_path / "tokens.json", **options)
    client = redis_server.client()
    return lambda **options: RedisTokenStore(client, **options)


@pytest.fixture
def store(make_store: MakeStore) -> Any:
    return make_store()


@pytest.fixture
def file_store(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


@pytest.fixture
def pair(sandbox: Sandbox, clock: Clock, file_store: FileTokenStore) -> Iterator[list[Any]]:
    """Two sessions of one clock that share a store."""
    sessions = [sandbox.session(store=file_store) for _ in range(2)]
    for session in sessions:
        session.token_source.clock = clock
    yield sessions
    for session in sessions:
        session.close()


def key_in(session: Any) -> str:
    return sharing.key_of(session._identity())


def let_the_saved_token_age(session: Any, seconds: float) -> None:
    """Do to the store what ``pass_time``, which moves no wall clock, does to the sessions."""
    saved = session.store.load(key_in(session))
    session.store.save(key_in(session), {**saved, "expires_at": saved["expires_at"] - seconds})


# Several processes


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
@pytest.mark.parametrize(("method", "size"), [("fork", 8), ("spawn", 2)])
def test_processes_make_one_token_request_between_them(
    sandbox: Sandbox, store: Any, method: str, size: int
) -> None:
    sandbox.options.token_latency = 0.1
    with sandbox.session(store=store) as session, Workers(method, size, session) as workers:
        assert workers.all(call, 3) == [[200] * 3] * size
        assert sandbox.token_requests == 1
        assert len(set(workers.all(token_of))) == 1


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_a_token_that_is_refused_in_all_processes_is_replaced_once(
    sandbox: Sandbox, store: Any
) -> None:
    with sandbox.session(store=store) as session:
        call(session)  # the store has been used before the fork
        with Workers("fork", 4, session) as workers:
            workers.all(call)
            sandbox.revoke()
            sandbox.options.token_latency = 0.1
            assert workers.all(call, 2) == [[401, 200, 200]] * 4
        assert call(session) == [401, 200]
    assert sandbox.token_requests == 2


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_processes_renew_once_a_lifetime_and_no_caller_sees_it(
    sandbox: Sandbox, store: Any
) -> None:
    sandbox.options.token_lifetime = lifetime = 1.0
    with sandbox.session(store=store) as session, Workers("fork", 4, session) as workers:
        started = time.monotonic()
        statuses = workers.all(call_for, 1.7)
        lives = (time.monotonic() - started) / lifetime
    assert [set(each) for each in statuses] == [{200}] * 4
    assert 2 <= sandbox.token_requests <= lives * 24 / 23 + 1


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_a_process_killed_while_it_asks_delays_the_others_by_the_locks_end_at_most(
    sandbox: Sandbox, make_store: MakeStore
) -> None:
    sandbox.fail(TOKEN, delay=PATIENCE)
    with (
        sandbox.session(store=make_store(lock_timeout=1.0)) as session,
        Workers("fork", 4, session) as workers,
    ):
        workers.tell(call, only=0)
        eventually(lambda: sandbox.token_requests == 1)
        for number in (1, 2, 3):
            workers.tell(call, only=number)
        workers.kill(0)
        started = time.monotonic()
        assert [workers.hear(only=number) for number in (1, 2, 3)] == [[[200]]] * 3
        assert time.monotonic() - started < 1.0 + 1.5
    assert sandbox.token_requests == 2


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_a_process_that_stands_still_while_it_asks_delays_the_others_by_the_locks_end_at_most(
    sandbox: Sandbox, make_store: MakeStore
) -> None:
    sandbox.fail(TOKEN, delay=PATIENCE)
    with (
        sandbox.session(store=make_store(lock_timeout=0.5)) as session,
        Workers("fork", 2, session) as workers,
    ):
        workers.tell(call, only=0)
        eventually(lambda: sandbox.token_requests == 1)
        started = time.monotonic()
        workers.tell(call, only=1)
        assert workers.hear(only=1) == [[200]]
        assert time.monotonic() - started < 0.5 + 2.0
        workers.kill(0)


# Several sessions


def test_twenty_sessions_of_one_process_make_one_token_request(
    sandbox: Sandbox, make_store: MakeStore
) -> None:
    sandbox.options.token_latency = 0.1

    def one() -> int:
        with sandbox.session(store=make_store()) as session:
            return session.get("/activities/").status_code

    assert at_once(20, one) == [200] * 20
    assert sandbox.token_requests == 1


def test_a_renewal_takes_the_token_that_another_session_has_fetched(
    sandbox: Sandbox, pair: list[PokitDokSession], pass_time: PassTime
) -> None:
    one, two = pair
    call(one), call(two)
    pass_time(HOUR * 23.5 / 24)
    assert one.get("/activities/").status_code == two.get("/activities/").status_code == 200
    eventually(lambda: sandbox.token_requests == 2)
    eventually(lambda: one.access_token == two.access_token != sandbox.requests[0].token)
    assert call(one) == call(two) == [200]
    assert sandbox.token_requests == 2


def test_a_refused_token_is_replaced_by_the_newer_one_of_the_store(
    sandbox: Sandbox, pair: list[PokitDokSession]
) -> None:
    one, two = pair
    call(one), call(two)
    sandbox.revoke(one.access_token)
    assert call(one) == [401, 200]
    assert call(two) == [401, 200]
    assert one.access_token == two.access_token
    assert sandbox.token_requests == 2


def test_a_token_of_the_store_that_is_refused_too_is_replaced_at_once(
    sandbox: Sandbox, pair: list[PokitDokSession], pass_time: PassTime
) -> None:
    one, two = pair
    call(one), call(two)
    sandbox.revoke()
    assert call(one) == [401, 200]
    pass_time(HOUR / 2)
    let_the_saved_token_age(one, HOUR / 2)
    sandbox.revoke()  # two has the first token, the store the second, and neither is good
    assert call(two) == [401, 401, 200]
    assert call(two) == [200]
    assert call(one) == [401, 200]
    assert sandbox.token_requests == 3


def test_a_token_of_the_store_that_is_refused_when_fresh_is_not_asked_for_for_ever(
    sandbox: Sandbox, pair: list[PokitDokSession]
) -> None:
    one, two = pair
    call(one), call(two)
    sandbox.fail("*", status=401, times=None)
    assert call(one) == [401, 401]
    assert call(two) == [401, 401]
    assert call(one) == call(two) == [401]
    assert sandbox.token_requests == 2


def test_a_token_fetched_by_hand_is_told_to_the_others(
    sandbox: Sandbox, pair: list[PokitDokSession]
) -> None:
    one, two = pair
    one.fetch_token()
    assert call(two) == [200]
    assert one.access_token == two.access_token
    assert sandbox.token_requests == 1


def test_a_new_session_takes_a_token_that_is_nearly_over_and_renews_it_ahead(
    sandbox: Sandbox, pair: list[PokitDokSession], pass_time: PassTime
) -> None:
    one, two = pair
    call(one)
    first = one.access_token
    pass_time(HOUR * 23.5 / 24)
    let_the_saved_token_age(one, HOUR * 23.5 / 24)
    assert call(two, 2) == [200, 200]
    assert sandbox.requests[-2].token == first
    eventually(lambda: sandbox.token_requests == 2)


@pytest.mark.parametrize(
    "options",
    [
        {"client_id": "another"},
        {"base_url": "https://another.example"},
        {"scope": "user_schedule"},
        {"token_params": {"audience": "another"}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_another_client_endpoint_scope_or_parameter_has_another_token(
    sandbox: Sandbox, file_store: FileTokenStore, options: dict[str, Any]
) -> None:
    with (
        sandbox.session(store=file_store) as one,
        sandbox.session(store=file_store, **options) as other,
    ):
        assert key_in(one) != key_in(other)


def test_the_order_of_scopes_and_the_secret_make_no_other_token(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    one = sandbox.session(store=file_store, scope="b a")
    two = sandbox.session(store=file_store, scope=["a", "b"], client_secret="renewed")
    assert key_in(one) == key_in(two)


def test_the_key_says_nothing_of_what_it_stands_for(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    with sandbox.session(store=file_store) as session:
        call(session)
        text = file_store.path.read_text()
    for word in (sandbox.client_id, sandbox.client_secret, sandbox.base_url):
        assert word not in text


# Clocks


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_a_host_whose_clock_is_an_hour_off_makes_good_calls(
    sandbox: Sandbox,
    pair: list[PokitDokSession],
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    skew: float,
) -> None:
    right, wrong = pair
    for _ in range(6):
        for session, off in ((right, 0.0), (wrong, skew)):
            stand_in = SimpleNamespace(
                time=lambda off=off: time.time() + off, monotonic=time.monotonic
            )
            monkeypatch.setattr("pokitdok_session.oauth2.token.time", stand_in)
            monkeypatch.setattr("pokitdok_session.oauth2.stores.file.time", stand_in)
            assert session.get("/activities/").status_code == 200
        pass_time(HOUR * 0.4)
    assert sandbox.token_requests <= 7


def test_a_stored_lifetime_without_its_end_raises_no_dead(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    dead = {"access_token": "dead", "token_type": "bearer", "expires_in": HOUR}
    with sandbox.session(store=file_store) as session:
        for end in (None, "soon", float("nan"), float("inf"), 10**400):
            file_store.save(key_in(session), {**dead, "expires_at": end})
            session.token = None
            assert call(session) == [200]
        assert all(seen.token != "dead" for seen in sandbox.requests)


# A store that is ill


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


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith("pokitdok_session")
    ]


@pytest.mark.parametrize("ill", ["load", "save", "lock"])
def test_a_store_that_fails_is_named_once_and_stops_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, ill: str
) -> None:
    store = Patient()
    store.ills[ill] = fail
    with caplog.at_level(logging.DEBUG), sandbox.session(store=store) as session:
        for _ in range(3):
            session.token = None
            store.tokens.clear()
            assert call(session) == [200]
    assert warnings_in(caplog) == ["Patient failed, continuing without it: RuntimeError"]
    assert "do not repeat" not in caplog.text


@pytest.mark.parametrize("ill", ["load", "save", "lock"])
def test_a_store_that_fails_again_is_named_again(
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
def test_a_store_that_hangs_stops_nothing_for_long(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, ill: str
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    recovers = threading.Event()
    store = Patient()
    store.ills[ill] = lambda: recovers.wait(PATIENCE)
    with sandbox.session(store=store) as session:
        started = time.monotonic()
        for _ in range(8):
            session.token = None
            store.tokens.clear()
            assert call(session) == [200]
        assert time.monotonic() - started < 2.0, "each renewal has waited for the store"
        assert len(warnings_in(caplog)) == 1
        hanging = [each for each in threading.enumerate() if each.name == "token-store"]
        assert len(hanging) == 1
        recovers.set()
        hanging[0].join(PATIENCE)
        for _ in range(2):
            session.token = None
            call(session)
        assert len(warnings_in(caplog)) == 1
        assert store.tokens


@pytest.mark.parametrize("left", [[], "text", 7, ["access_token"], {"access_token": 1}, object()])
def test_a_store_that_gives_what_is_no_token_gives_none(sandbox: Sandbox, left: Any) -> None:
    store = Patient()
    with sandbox.session(store=store) as session:
        store.tokens[key_in(session)] = left
        assert call(session) == [200]


@pytest.mark.parametrize("access_token", [None, "", 1, "two\twords", "ü\n", "\u20ac"])
def test_a_saved_token_that_no_header_can_hold_is_as_good_as_none(
    sandbox: Sandbox, access_token: Any
) -> None:
    store = Patient()
    with sandbox.session(store=store) as session:
        store.tokens[key_in(session)] = {
            "access_token": access_token,
            "expires_at": time.time() + HOUR,
        }
        assert call(session) == [200]


def test_a_token_that_is_not_to_be_had_is_the_same_error_with_a_store(
    sandbox: Sandbox, store: Any
) -> None:
    from pokitdok_session import TokenError

    with sandbox.session(store=store, client_secret="wrong") as session:
        with pytest.raises(TokenError, match="invalid_client"):
            session.get("/activities/")
        with store.lock(key_in(session)):
            pass


def test_a_redis_that_is_down_stops_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    with RedisServer() as server, sandbox.session(store=RedisTokenStore(server.client())) as one:
        call(one)
        for rounds in (1, 2):
            server.stop()
            started = time.monotonic()
            for _ in range(3):
                one.token = None
                assert call(one) == [200]
            assert time.monotonic() - started < 3
            assert len(warnings_in(caplog)) == rounds
            server.start()
            eventually(lambda: is_kept_anew(one))


def is_kept_anew(session: Any) -> bool:
    session.token = None
    assert call(session) == [200]
    saved = session.store.load(key_in(session))
    return saved is not None and saved["access_token"] == session.access_token


def test_a_redis_that_hangs_stops_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    client_that_waits_for_ever = {"socket_timeout": None, "socket_connect_timeout": None}
    with RedisServer() as server:
        client = server.client(**client_that_waits_for_ever)
        with sandbox.session(store=RedisTokenStore(client)) as session:
            call(session)
            server.hang()
            started = time.monotonic()
            for _ in range(4):
                session.token = None
                assert call(session) == [200]
            assert time.monotonic() - started < sharing.STORE_TIMEOUT + 1.5
            server.wake()
    assert len(warnings_in(caplog)) == 1


def test_a_redis_that_hangs_does_not_hold_up_a_token_fetched_by_hand(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "STORE_TIMEOUT", 0.3)
    with RedisServer() as server:
        client = server.client(socket_timeout=None)
        with sandbox.session(store=RedisTokenStore(client)) as session:
            call(session)
            server.hang()
            started = time.monotonic()
            session.fetch_token()
            assert time.monotonic() - started < sharing.STORE_TIMEOUT + 1
            server.wake()


def test_a_file_that_cannot_be_written_stops_nothing(
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
def test_a_full_disk_stops_nothing(sandbox: Sandbox, file_store: FileTokenStore) -> None:
    with sandbox.session(store=file_store) as session, Workers("fork", 1, session) as workers:
        assert workers.all(call_without_room) == [[200, 200]]
    assert not file_store.path.exists()


def call_without_room(session: Any) -> list[int]:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    first = call(session)
    session.token = None
    return first + call(session)


def test_no_word_of_a_store_says_a_token_or_a_key(
    sandbox: Sandbox, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), sandbox.session(store=store) as session:
        call(session)
        sandbox.revoke()
        call(session)
        tokens = {seen.token for seen in sandbox.requests}
        # What oauthlib says here is the sandbox's end of it.
        said = [each.getMessage() for each in caplog.records if each.name[:8] != "oauthlib"]
        shown = f"{said} {session!r} {store!r} {session.token_source.current!r}"
        for word in (*tokens, sandbox.client_secret):
            assert word
            assert word not in shown
