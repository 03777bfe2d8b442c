"""When a token is requested: once per lifetime, ahead of the expiry, without blocking others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.oauth2.renewal import RENEWAL_TIMEOUT, Renewal
from pokitdok_session.oauth2.token import Token
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.renewals import block_token_requests, status_of, wait_for_renewals
from support.subprocesses import wait_until
from support.threads import TEST_TIMEOUT, ThreadGroup, run_in_threads

PassTime = Callable[[float], None]


def test_session_constructor_sends_nothing(sandbox: Sandbox) -> None:
    with sandbox.session():
        pass
    assert (sandbox.token_requests, sandbox.connections) == (0, 0)


def test_first_request_fetches_the_token_for_all(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert [status_of(session) for _ in range(5)] == [200] * 5
    assert sandbox.token_requests == 1


def test_missing_token_in_16_threads_makes_one_token_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert run_in_threads(16, lambda: status_of(session)) == [200] * 16
    assert sandbox.token_requests == 1


def test_expired_token_in_16_threads_makes_one_token_request(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime
) -> None:
    status_of(session)
    pass_time(3600)
    assert run_in_threads(16, lambda: status_of(session)) == [200] * 16
    assert sandbox.token_requests == 2
    assert len(sandbox.requests) == 1 + 16  # none with the expired token


def test_expired_token_replaced_meanwhile_is_not_renewed_again(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    with sandbox.session() as other:
        fresh = other.fetch_token()
    session.fetch_token()
    clock.advance(3600)

    class ReplacingClock(Clock):
        """A clock that replaces the token when it is read, as another thread could."""

        def __call__(self) -> float:
            session._token_source.clock = clock
            session.token = fresh
            return self.now

    session._token_source.clock = ReplacingClock(clock.now)
    assert status_of(session) == 200
    assert sandbox.requests[-1].token == fresh["access_token"]
    assert sandbox.token_requests == 2


def test_busy_threads_make_one_token_request_per_lifetime(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime
) -> None:
    stop = threading.Event()

    def call_until_the_end() -> set[int]:
        seen = set()
        while not stop.is_set():
            seen.add(status_of(session))
        return seen

    threads = ThreadGroup(4, call_until_the_end)
    for lifetimes in range(1, 5):
        wait_until(lambda: sandbox.token_requests)
        wait_until(lambda count=20 * lifetimes: len(sandbox.requests) > count)
        wait_for_renewals()
        assert sandbox.token_requests == lifetimes
        pass_time(3600 - 60)
        wait_until(lambda count=lifetimes: sandbox.token_requests > count)
    stop.set()
    assert threads.join() == [{200}] * 4
    wait_for_renewals()
    assert sandbox.token_requests == 5


def test_renewal_ahead_lets_requests_use_the_old_token(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    status_of(session)
    first = session.access_token
    clock.advance(3600 - 60)
    blocking = block_token_requests(sandbox, session)
    assert (
        run_in_threads(8, lambda: status_of(session)) == [200] * 8
    )  # the renewal is blocked meanwhile
    assert blocking.arrived.wait(TEST_TIMEOUT)
    assert {seen.token for seen in sandbox.requests} == {first}
    blocking.released.set()
    wait_for_renewals()
    assert status_of(session) == 200
    assert sandbox.requests[-1].token == session.access_token != first
    assert sandbox.token_requests == 2


def test_renewal_ahead_is_started_once_by_two_threads_that_race(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    status_of(session)
    clock.advance(3600 - 60)
    blocking = block_token_requests(sandbox, session)
    source = session._token_source

    class OvertakenLock:
        """A lock that another thread gets first."""

        def __init__(self) -> None:
            self._lock, source._lock = source._lock, self

        def __enter__(self) -> None:
            source._lock = self._lock
            assert status_of(session) == 200
            self._lock.acquire()

        def __exit__(self, *error: object) -> None:
            self._lock.release()

    OvertakenLock()
    assert status_of(session) == 200
    blocking.released.set()
    wait_for_renewals()
    assert sandbox.token_requests == 2


def test_same_token_granted_near_expiry_is_not_requested_in_a_loop(clock: Clock) -> None:
    with Sandbox(same_token=True) as sandbox, sandbox.session() as session:
        session._token_source.clock = clock
        status_of(session)
        clock.advance(3600 - 2)
        sandbox.clock.advance(3600 - 2)
        for _ in range(10):
            assert status_of(session) == 200
            wait_for_renewals()
        assert sandbox.token_requests == 2
        clock.advance(3)
        sandbox.clock.advance(3)
        assert status_of(session) == 200
        assert sandbox.token_requests == 3
        assert len({seen.token for seen in sandbox.requests}) == 2


def test_same_token_granted_without_time_left_is_used_for_1_s(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    first = session.fetch_token()
    clock.advance(3599.5)
    again = {"access_token": first["access_token"], "expires_in": 0}  # rounded down
    sandbox.fail(TOKEN_PATH, body=again, times=None)
    assert [status_of(session) for _ in range(5)] == [200] * 5
    assert sandbox.token_requests == 2
    clock.advance(1)
    assert status_of(session) == 200
    assert sandbox.token_requests == 3


def test_token_set_during_a_renewal_stays(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    kept = dict(session.fetch_token())
    clock.advance(3600 - 60)
    blocking = block_token_requests(sandbox, session)
    assert status_of(session) == 200
    assert blocking.arrived.wait(TEST_TIMEOUT)
    session.token = kept
    blocking.released.set()
    wait_for_renewals()
    assert sandbox.token_requests == 2
    assert session.access_token == kept["access_token"]


def test_waiter_that_missed_its_wakeup_returns_after_a_poll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pokitdok_session.oauth2.renewal.WAIT_POLL_INTERVAL", 0.01)
    token = Token.from_response({"access_token": "x"}, requested_at=0, now=0)
    renewal = Renewal(0.0, None)
    waiter = ThreadGroup(1, lambda: renewal.result(TEST_TIMEOUT))
    renewal.finish(token)
    assert waiter.join() == [token]
    renewal = Renewal(0.0, None)
    waiter = ThreadGroup(1, lambda: renewal.result(10 * TEST_TIMEOUT))
    renewal._outcome = token  # without waking the waiter
    assert waiter.join() == [token]


def test_renewal_ahead_without_threads_is_done_by_the_caller(
    session: PokitDokSession, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_start(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("can't start new thread")

    assert status_of(session) == 200
    first = session.access_token
    clock.advance(3600 - 60)
    monkeypatch.setattr("pokitdok_session.oauth2.renewal.threading.Thread.start", fail_to_start)
    session.get_access_token()
    assert session.access_token != first


def test_interrupt_reaches_a_caller_that_renews_ahead_without_threads(
    session: PokitDokSession, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(*args: Any) -> None:
        raise RuntimeError("can't start new thread")

    def interrupt(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    assert status_of(session) == 200
    clock.advance(3600 - 60)
    monkeypatch.setattr("pokitdok_session.oauth2.token_source.start_helper", no_thread)
    monkeypatch.setattr(session, "refresh_token", interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.get_access_token()


def test_call_waits_for_its_token_until_its_timeout(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    blocking = block_token_requests(sandbox, session)
    waiting = ThreadGroup(2, lambda: status_of(session))
    assert blocking.arrived.wait(TEST_TIMEOUT)
    with pytest.raises(TokenError, match=r"no token was available within 0\.05 s"):
        session.get(ACTIVITIES_PATH, timeout=0.05)
    with pytest.raises(TokenError, match=r"no token was available within 0\.03 s"):
        session.get(ACTIVITIES_PATH, timeout=(0.01, 0.02))
    assert len(sandbox.requests) == 0
    blocking.released.set()
    assert waiting.join() == [200, 200]
    assert sandbox.token_requests == 1


def test_session_timeout_limits_the_wait_for_a_token(sandbox: Sandbox) -> None:
    with sandbox.session(timeout=0.05) as session:
        blocking = block_token_requests(sandbox, session)
        with pytest.raises(TokenError, match=r"no token was available within 0\.05 s") as caught:
            session.get(ACTIVITIES_PATH)
        assert isinstance(caught.value.__cause__, TokenError)  # its own token request ended
        blocking.released.set()
        wait_for_renewals()
        assert session.authorized  # for the next call


def test_total_timeout_without_a_timeout_has_a_maximum(session: PokitDokSession) -> None:
    from pokitdok_session.oauth2.timeouts import total_timeout

    assert [total_timeout(timeout) for timeout in (None, (None, None), (1, None), 10**9)] == [
        RENEWAL_TIMEOUT
    ] * 4
    assert total_timeout(requests.packages.urllib3.Timeout(3)) == 3
    for refused in (("a", "b"), 0, -1, (3, -1), float("nan")):
        assert total_timeout(refused) == RENEWAL_TIMEOUT  # requests raises for it
    assert total_timeout((3, 4)) == 7
    assert total_timeout(3) == 3


@pytest.mark.parametrize("timeout", [0, -1, (3, -1)])
def test_invalid_timeout_without_a_token_raises_as_in_requests(
    session: PokitDokSession, timeout: Any
) -> None:
    with pytest.raises(ValueError, match="timeout"):
        session.get(ACTIVITIES_PATH, timeout=timeout)


def test_token_getter_never_mixes_two_tokens(sandbox: Sandbox, session: PokitDokSession) -> None:
    first = session.fetch_token()
    second = session.fetch_token()
    second["expires_at"] -= 1000  # so that a mix shows, however busy the machine is
    wholes = {(token["access_token"], token["expires_at"]) for token in (first, second)}
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            session.token = first
            session.token = second

    swapping = ThreadGroup(1, swap)
    for _ in range(2000):
        token = session.token
        ends = {end for text, end in wholes if text == token["access_token"]}
        assert len(ends) == 1
        assert token["expires_at"] == pytest.approx(ends.pop(), abs=100)
        assert session._token_source.current is not None
    stop.set()
    swapping.join()
