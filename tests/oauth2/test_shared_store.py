"""One token for all threads and processes that share a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from pokitdok_session import FileTokenStore, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.http_server import ScriptedServer
from support.paths import TOKEN_PATH
from support.shared_stores import HOUR, key_in, let_the_saved_token_age
from support.subprocesses import (
    FORKS_WITH_THREADS,
    PROCESS_TIMEOUT,
    Workers,
    call,
    token_of,
    wait_until,
)
from support.threads import run_in_threads

PassTime = Callable[[float], None]


# Several processes


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
@pytest.mark.parametrize(("method", "size"), [("fork", 8), ("spawn", 1)])
def test_processes_that_share_a_store_make_one_token_request(
    sandbox: Sandbox, store: Any, method: str, size: int
) -> None:
    sandbox.options.token_latency = 0.1
    with sandbox.session(store=store) as session, Workers(method, size, session) as workers:
        assert workers.run(call, 3) == [[200] * 3] * size
        assert call(session) == [200]
        assert sandbox.token_requests == 1
        assert {*workers.run(token_of)} == {session.access_token}


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_token_refused_in_all_processes_is_replaced_once(sandbox: Sandbox, store: Any) -> None:
    with sandbox.session(store=store) as session:
        call(session)  # the store has been used before the fork
        with Workers("fork", 4, session) as workers:
            workers.run(call)
            sandbox.revoke()
            sandbox.options.token_latency = 0.1
            assert workers.run(call, 2) == [[401, 200, 200]] * 4
        assert call(session) == [401, 200]
    assert sandbox.token_requests == 2


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_processes_renew_once_per_token_lifetime(sandbox: Sandbox, store: Any) -> None:
    with sandbox.session(store=store) as session, Workers("fork", 4, session) as workers:
        workers.run(use_a_clock)
        for lifetimes in (1, 2, 3):
            assert workers.run(call, 3) == [[200] * 3] * 4
            assert sandbox.token_requests == lifetimes
            sandbox.clock.advance(HOUR)
            let_the_saved_token_age(session, HOUR)
            workers.run(advance_the_clock, HOUR)


def use_a_clock(session: Any) -> None:
    session._token_source.clock = Clock()


def advance_the_clock(session: Any, seconds: float) -> None:
    session._token_source.clock.advance(seconds)


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_process_killed_during_a_renewal_delays_others_by_the_lock_ttl(
    sandbox: Sandbox, make_store: Callable[..., Any]
) -> None:
    sandbox.fail(TOKEN_PATH, delay=PROCESS_TIMEOUT)
    with (
        sandbox.session(store=make_store(lock_timeout=0.5)) as session,
        Workers("fork", 4, session) as workers,
    ):
        workers.submit(call, only=0)
        wait_until(lambda: sandbox.token_requests == 1)
        for number in (1, 2, 3):
            workers.submit(call, only=number)
        workers.kill(0)
        assert [workers.results(only=number) for number in (1, 2, 3)] == [[[200]]] * 3
    assert sandbox.token_requests == 2


@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_process_stopped_during_a_renewal_delays_others_by_the_lock_ttl(
    sandbox: Sandbox, make_store: Callable[..., Any]
) -> None:
    sandbox.fail(TOKEN_PATH, delay=PROCESS_TIMEOUT)
    with (
        sandbox.session(store=make_store(lock_timeout=0.5)) as session,
        Workers("fork", 2, session) as workers,
    ):
        workers.submit(call, only=0)
        wait_until(lambda: sandbox.token_requests == 1)
        workers.submit(call, only=1)
        assert workers.results(only=1, timeout=PROCESS_TIMEOUT / 2) == [[200]]
        workers.kill(0)


# Several sessions


def test_sessions_of_one_process_make_one_token_request(
    sandbox: Sandbox, make_store: Callable[..., Any]
) -> None:
    sandbox.options.token_latency = 0.1

    def one() -> int:
        with sandbox.session(store=make_store()) as session:
            return session.get("/activities/").status_code

    assert run_in_threads(20, one) == [200] * 20
    assert sandbox.token_requests == 1


def test_renewal_uses_the_token_of_another_session(
    sandbox: Sandbox, pair: list[PokitDokSession], pass_time: PassTime
) -> None:
    one, two = pair
    call(one), call(two)
    pass_time(HOUR * 23.5 / 24)
    assert one.get("/activities/").status_code == two.get("/activities/").status_code == 200
    wait_until(lambda: sandbox.token_requests == 2)
    wait_until(lambda: one.access_token == two.access_token != sandbox.requests[0].token)
    assert call(one) == call(two) == [200]
    assert sandbox.token_requests == 2


def test_refused_token_is_replaced_by_the_newer_one_of_the_store(
    sandbox: Sandbox, pair: list[PokitDokSession]
) -> None:
    one, two = pair
    call(one), call(two)
    sandbox.revoke(one.access_token)
    assert call(one) == [401, 200]
    assert call(two) == [401, 200]
    assert one.access_token == two.access_token
    assert sandbox.token_requests == 2


def test_stored_token_that_is_refused_too_is_replaced_at_once(
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


def test_stored_token_that_is_refused_when_new_is_replaced_once(
    sandbox: Sandbox, pair: list[PokitDokSession]
) -> None:
    one, two = pair
    call(one), call(two)
    sandbox.fail("*", status=401, times=None)
    assert call(one) == [401, 401]
    assert call(two) == [401, 401]
    assert call(one) == call(two) == [401]
    assert sandbox.token_requests == 2


def test_fetch_token_stores_the_token(sandbox: Sandbox, pair: list[PokitDokSession]) -> None:
    one, two = pair
    one.fetch_token()
    assert call(two) == [200]
    assert one.access_token == two.access_token
    assert sandbox.token_requests == 1


def test_stored_token_near_the_expiry_is_used_and_renewed(
    sandbox: Sandbox, pair: list[PokitDokSession], pass_time: PassTime
) -> None:
    one, two = pair
    call(one)
    first = one.access_token
    pass_time(HOUR * 23.5 / 24)
    let_the_saved_token_age(one, HOUR * 23.5 / 24)
    assert call(two, 2) == [200, 200]
    assert sandbox.requests[-2].token == first
    wait_until(lambda: sandbox.token_requests == 2)


def test_client_set_during_the_lock_stores_no_token_for_the_old_one(
    sandbox: Sandbox, file_store: FileTokenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = sandbox.add_app("other", "words")

    @contextmanager
    def change_the_client(key: str) -> Iterator[None]:
        session.client_id, session.client_secret = other.client_id, other.client_secret
        yield

    with sandbox.session(store=file_store) as session:
        old = key_in(session)
        monkeypatch.setattr(file_store, "lock", change_the_client)
        assert call(session) == [200]
        assert file_store.load(old) is None


@pytest.fixture
def revocation_url(other_origin: ScriptedServer) -> str:
    return f"{other_origin.url}/revoke"


def test_revoked_token_is_removed_from_the_store(
    sandbox: Sandbox, make_store: Callable[..., Any], revocation_url: str
) -> None:
    with sandbox.session(store=make_store()) as one, sandbox.session(store=make_store()) as two:
        call(one)
        revoked = one.access_token
        one.revoke_token(revocation_url=revocation_url)
        assert (one.store.load(key_in(one)) or {}).get("access_token") != revoked
        assert call(two) == call(one) == [200]
        assert revoked != two.access_token == one.access_token
    assert sandbox.token_requests == 2


def test_revoked_token_that_was_replaced_stays_replaced(
    sandbox: Sandbox, pair: list[PokitDokSession], revocation_url: str
) -> None:
    one, two = pair
    call(one)
    two.fetch_token()
    one.revoke_token(revocation_url=revocation_url)
    assert call(one) == [200]
    assert one.access_token == two.access_token
    assert sandbox.token_requests == 2


def test_revoked_token_that_is_replaced_during_the_lock_stays_replaced(
    sandbox: Sandbox, pair: list[PokitDokSession], revocation_url: str
) -> None:
    one, two = pair
    call(one)

    @contextmanager
    def replace_first(key: str) -> Iterator[None]:
        one.store.save(key, {**one.store.load(key), "access_token": "of another"})
        yield

    lock, one.store.lock = one.store.lock, replace_first
    one.revoke_token(revocation_url=revocation_url)
    one.store.lock = lock
    assert one.store.load(key_in(two))["access_token"] == "of another"


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
def test_key_differs_by_client_endpoint_scope_and_parameters(
    sandbox: Sandbox, file_store: FileTokenStore, options: dict[str, Any]
) -> None:
    with (
        sandbox.session(store=file_store) as one,
        sandbox.session(store=file_store, **options) as other,
    ):
        assert key_in(one) != key_in(other)


def test_key_is_the_same_for_another_secret_or_order_of_scopes(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    one = sandbox.session(store=file_store, scope="b a")
    two = sandbox.session(store=file_store, scope=["a", "b"], client_secret="renewed")
    assert key_in(one) == key_in(two)


def test_key_does_not_show_the_client_or_the_secret(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    with sandbox.session(store=file_store) as session:
        call(session)
        text = file_store.path.read_text()
    for word in (sandbox.client_id, sandbox.client_secret, sandbox.base_url):
        assert word not in text


# Clocks


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_host_with_a_clock_an_hour_off_makes_good_calls(
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


def test_stored_token_without_the_expiry_is_not_used(
    sandbox: Sandbox, file_store: FileTokenStore
) -> None:
    dead = {"access_token": "dead", "token_type": "bearer", "expires_in": HOUR}
    with sandbox.session(store=file_store) as session:
        for end in (None, "soon", float("nan"), float("inf"), 10**400):
            file_store.save(key_in(session), {**dead, "expires_at": end})
            session.token = None
            assert call(session) == [200]
        assert all(seen.token != "dead" for seen in sandbox.requests)


def test_stored_token_with_the_expiry_as_text_is_used(sandbox: Sandbox, store: Any) -> None:
    with sandbox.session() as session:
        granted = {**session.fetch_token(), "expires_at": str(time.time() + HOUR)}
    with sandbox.session(store=store) as session:
        store.save(key_in(session), granted)
        assert call(session) == [200]
    assert sandbox.token_requests == 1
