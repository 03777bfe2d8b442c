"""When a token is asked for: once a lifetime, ahead of the end, and nobody waits who need not."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.oauth2.renewal import RENEWAL_TIMEOUT, Renewal
from pokitdok_session.oauth2.token import Token
from pokitdok_session.oauth2.token_response import MAX_RETRY_AFTER, REFUSAL_COOLDOWN
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup, run_in_threads

PassTime = Callable[[float], None]


def status_of(session: PokitDokSession) -> int:
    return session.get(ACTIVITIES_PATH).status_code


def hold_token_requests(sandbox: Sandbox, session: PokitDokSession) -> BlockingTransport:
    held = BlockingTransport(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + TOKEN_PATH, held)
    return held


def wait_for_renewals() -> None:
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(TEST_TIMEOUT)


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
    assert len(sandbox.requests) == 1 + 16  # nobody tried the dead one


def test_expired_token_replaced_meanwhile_is_not_renewed_again(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    with sandbox.session() as other:
        fresh = other.fetch_token()
    session.fetch_token()
    clock.advance(3600)

    class Overtaken(Clock):
        """Another thread is done while this one has just seen that the token is dead."""

        def __call__(self) -> float:
            session.token_source.clock = clock
            session.token = fresh
            return self.now

    session.token_source.clock = Overtaken(clock.now)
    assert status_of(session) == 200
    assert sandbox.requests[-1].token == fresh["access_token"]
    assert sandbox.token_requests == 2


def test_busy_threads_make_one_token_request_per_lifetime() -> None:
    lifetime, lasting = 0.3, 1.5
    with Sandbox(token_lifetime=lifetime) as sandbox, sandbox.session() as session:
        end = time.monotonic() + lasting

        def call_on_and_on() -> set[int]:
            seen = set()
            while time.monotonic() < end:
                seen.add(status_of(session))
            return seen

        assert run_in_threads(4, call_on_and_on) == [{200}] * 4
        assert len(sandbox.requests) > 50
        assert 4 <= sandbox.token_requests <= lasting / lifetime + 1


def test_renewal_ahead_lets_requests_use_the_old_token(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    status_of(session)
    first = session.access_token
    clock.advance(3600 - 60)
    held = hold_token_requests(sandbox, session)
    assert (
        run_in_threads(8, lambda: status_of(session)) == [200] * 8
    )  # the renewal is held all along
    assert held.arrived.wait(TEST_TIMEOUT)
    assert {seen.token for seen in sandbox.requests} == {first}
    held.released.set()
    wait_for_renewals()
    assert status_of(session) == 200
    assert sandbox.requests[-1].token == session.access_token != first
    assert sandbox.token_requests == 2


def test_renewal_that_fails_keeps_the_valid_token(
    sandbox: Sandbox,
    session: PokitDokSession,
    clock: Clock,
    retry_sleeps: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    status_of(session)
    first = session.token
    clock.advance(3600 - 60)
    sandbox.fail(TOKEN_PATH, status=503, times=None)
    assert status_of(session) == 200
    wait_for_renewals()
    assert session.token == first
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "returned 503" in warning.getMessage()
    assert "55 s more" in warning.getMessage()


def test_renewal_that_failed_is_retried_after_a_pause(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, retry_sleeps: list[float]
) -> None:
    def call_five_times() -> None:
        for _ in range(5):
            assert status_of(session) == 200
            wait_for_renewals()

    status_of(session)
    clock.advance(3600 - 145)
    trouble = sandbox.fail(TOKEN_PATH, status=500, times=None)
    call_five_times()
    assert trouble.hits == 3  # the attempts of one renewal
    clock.advance(69)
    call_five_times()
    assert trouble.hits == 3
    clock.advance(1)  # half of what was left is over
    call_five_times()
    assert trouble.hits == 6
    sandbox.clear_faults()
    clock.advance(37)
    call_five_times()
    assert sandbox.token_requests == 1 + 6 + 1


def test_renewal_exception_is_logged_by_its_type_only(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    status_of(session)
    clock.advance(3600 - 60)

    def stumble(response: Any) -> Any:
        raise KeyError("kept to ourselves")

    session.register_compliance_hook("access_token_response", stumble)
    assert status_of(session) == 200
    wait_for_renewals()
    assert "KeyError" in caplog.text
    assert "ourselves" not in caplog.text


def test_expired_token_without_renewal_raises_and_sends_nothing(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime, retry_sleeps: list[float]
) -> None:
    status_of(session)
    pass_time(3600)
    sandbox.fail(TOKEN_PATH, status=503, times=None)
    with pytest.raises(TokenError, match="returned 503"):
        status_of(session)
    assert len(sandbox.requests) == 1
    sandbox.clear_faults()
    assert status_of(session) == 200


def test_renewal_failure_is_raised_in_every_waiting_thread(
    sandbox: Sandbox, session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Renewal] = []
    wait = Renewal.result

    def noted(renewal: Renewal, patience: float) -> Token:
        waiting.append(renewal)
        return wait(renewal, patience)

    monkeypatch.setattr(Renewal, "result", noted)
    held = hold_token_requests(sandbox, session)
    sandbox.fail(TOKEN_PATH, status=200, body="", times=None)  # a failure that nobody remembers
    crowd = ThreadGroup(8, lambda: status_of(session))
    assert held.arrived.wait(TEST_TIMEOUT)
    wait_until(lambda: len(waiting) == 7)  # the eighth sends the token request itself
    held.released.set()
    errors = crowd.join()
    assert {type(error) for error in errors} == {TokenError}
    assert len({id(error) for error in errors}) == 8  # each with its own traceback
    assert len({str(error) for error in errors}) == 1
    assert sandbox.token_requests == 1


def wait_until(held: Callable[[], bool]) -> None:
    tick = threading.Event()
    for _ in range(1000):
        if held():
            return
        tick.wait(0.002)
    pytest.fail("it never came to be")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refused_token_request_is_not_repeated_in_cooldown(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, status: int
) -> None:
    sandbox.fail(TOKEN_PATH, status=status, body={"error": "invalid_client"}, times=None)
    for _ in range(5):
        with pytest.raises(TokenError, match="no new token request for 30 s"):
            status_of(session)
    assert sandbox.token_requests == 1
    clock.advance(REFUSAL_COOLDOWN - 0.1)
    with pytest.raises(TokenError):
        status_of(session)
    assert sandbox.token_requests == 1
    clock.advance(0.2)
    with pytest.raises(TokenError):
        status_of(session)
    assert sandbox.token_requests == 2


def test_wrong_secret_in_16_threads_makes_one_token_request(sandbox: Sandbox) -> None:
    with sandbox.session(client_secret="wrong") as session:
        errors = run_in_threads(16, lambda: status_of(session))
    assert {type(error) for error in errors} == {TokenError}
    assert {error.error for error in errors} == {"invalid_client"}
    assert sandbox.token_requests == 1
    assert len(sandbox.requests) == 0


def test_fetch_token_in_cooldown_sends_and_ends_the_cooldown(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(TOKEN_PATH, status=401)
    with pytest.raises(TokenError):
        status_of(session)
    session.fetch_token()
    assert status_of(session) == 200
    assert sandbox.token_requests == 2


def test_fetch_token_that_is_refused_keeps_the_valid_token(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    first = session.fetch_token()
    sandbox.fail(TOKEN_PATH, status=401, times=2)
    with pytest.raises(TokenError):
        session.fetch_token()
    assert session.token == first
    assert status_of(session) == 200


def test_corrected_secret_works_after_the_cooldown(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    good, session.client_secret = session.client_secret, "wrong"
    with pytest.raises(TokenError):
        status_of(session)
    session.client_secret = good
    clock.advance(REFUSAL_COOLDOWN)
    assert status_of(session) == 200


def test_retry_after_of_the_endpoint_is_kept_up_to_its_maximum(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, retry_sleeps: list[float]
) -> None:
    sandbox.fail(TOKEN_PATH, status=429, headers={"Retry-After": "7200"}, times=None)
    for _ in range(2):
        with pytest.raises(TokenError, match="returned 429"):
            status_of(session)
    asked = sandbox.token_requests
    assert sum(retry_sleeps) <= MAX_RETRY_AFTER
    clock.advance(MAX_RETRY_AFTER)
    sandbox.clear_faults()
    assert status_of(session) == 200
    assert sandbox.token_requests == asked + 1


def test_same_token_granted_near_expiry_is_not_requested_in_a_loop(clock: Clock) -> None:
    with Sandbox(same_token=True) as sandbox, sandbox.session() as session:
        session.token_source.clock = clock
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
    again = {"access_token": first["access_token"], "expires_in": 0}  # whole seconds, rounded down
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
    held = hold_token_requests(sandbox, session)
    assert status_of(session) == 200
    assert held.arrived.wait(TEST_TIMEOUT)
    session.token = kept
    held.released.set()
    wait_for_renewals()
    assert sandbox.token_requests == 2
    assert session.access_token == kept["access_token"]


def test_token_set_during_a_failing_renewal_stays_and_is_used(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    kept = dict(session.fetch_token())
    clock.advance(3600 - 60)
    sandbox.fail(TOKEN_PATH, status=401)
    held = hold_token_requests(sandbox, session)
    assert status_of(session) == 200
    assert held.arrived.wait(TEST_TIMEOUT)
    session.token = kept
    held.released.set()
    wait_for_renewals()
    assert status_of(session) == 200
    assert "was not renewed" not in caplog.text  # nothing that still matters has failed


def test_waiter_of_a_failing_renewal_uses_a_token_set_meanwhile(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = dict(session.fetch_token())
    session.token = None
    held = hold_token_requests(sandbox, session)
    sandbox.fail(TOKEN_PATH, status=401, times=None)
    waiter = ThreadGroup(1, lambda: status_of(session))
    assert held.arrived.wait(TEST_TIMEOUT)
    session.token = token
    held.released.set()
    assert waiter.join() == [200]


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
    renewal._outcome = token  # and who was woken had no time to wake the next
    assert waiter.join() == [token]


def test_log_that_raises_does_not_hide_the_token_error(
    sandbox: Sandbox, session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("pokitdok_session.oauth2.token_source.log.warning", fail)
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    sandbox.fail(TOKEN_PATH, status=401, times=None)
    with pytest.raises(TokenError, match="returned 401"):
        session.get(ACTIVITIES_PATH)


def test_token_updater_runs_in_the_context_of_the_request(sandbox: Sandbox) -> None:
    user = ContextVar("user", default="nobody")
    told: list[str] = []
    with sandbox.session(token_updater=lambda token: told.append(user.get())) as session:
        user.set("jane")
        status_of(session)
    assert told == ["jane"]


def test_renewal_that_hangs_is_abandoned_after_its_timeout(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    dead = hold_token_requests(sandbox, session)
    waiter = ThreadGroup(1, lambda: status_of(session))
    assert dead.arrived.wait(TEST_TIMEOUT)
    clock.advance(RENEWAL_TIMEOUT + 1)
    session.mount(sandbox.base_url + TOKEN_PATH, session.get_adapter(sandbox.base_url + "/"))
    assert status_of(session) == 200
    second = session.access_token
    dead.released.set()
    assert waiter.join() == [200]
    assert sandbox.token_requests == 2
    assert session.access_token == second


@pytest.mark.parametrize("lifetime", [3600, 86_400])
def test_renewal_ahead_that_hangs_is_started_again(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, lifetime: float
) -> None:
    sandbox.options.token_lifetime = lifetime
    status_of(session)
    clock.advance(lifetime - 145)
    dead = hold_token_requests(sandbox, session)
    status_of(session)
    assert dead.arrived.wait(TEST_TIMEOUT)
    session.mount(sandbox.base_url + TOKEN_PATH, session.get_adapter(sandbox.base_url + "/"))
    clock.advance(RENEWAL_TIMEOUT - 20)
    status_of(session)
    assert sandbox.token_requests == 1  # it may still come to an end
    clock.advance(30)
    status_of(session)
    wait_until(lambda: sandbox.token_requests == 2)
    dead.released.set()
    wait_for_renewals()


def test_renewal_without_threads_is_done_by_the_caller(
    sandbox: Sandbox, session: PokitDokSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoMore(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    stand_in = SimpleNamespace(Thread=NoMore, Lock=threading.Lock, Event=threading.Event)
    monkeypatch.setattr("pokitdok_session.oauth2.token_source.threading", stand_in)
    assert status_of(session) == 200
    sandbox.revoke()
    assert status_of(session) == 200
    assert sandbox.token_requests == 2


def test_call_waits_for_its_token_until_its_timeout(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    held = hold_token_requests(sandbox, session)
    patient = ThreadGroup(2, lambda: status_of(session))
    assert held.arrived.wait(TEST_TIMEOUT)
    with pytest.raises(TokenError, match=r"no token was available within 0\.05 s"):
        session.get(ACTIVITIES_PATH, timeout=0.05)
    with pytest.raises(TokenError, match=r"no token was available within 0\.03 s"):
        session.get(ACTIVITIES_PATH, timeout=(0.01, 0.02))
    assert len(sandbox.requests) == 0
    held.released.set()
    assert patient.join() == [200, 200]
    assert sandbox.token_requests == 1


def test_session_timeout_limits_the_wait_for_a_token(sandbox: Sandbox) -> None:
    with sandbox.session(timeout=0.05) as session:
        held = hold_token_requests(sandbox, session)
        with pytest.raises(TokenError, match=r"within 0\.05 s"):
            session.get(ACTIVITIES_PATH)
        held.released.set()
        wait_for_renewals()
        assert session.authorized  # for the next call


def test_total_timeout_without_a_timeout_has_a_maximum(session: PokitDokSession) -> None:
    from pokitdok_session.oauth2.timeouts import total_timeout

    assert [total_timeout(timeout) for timeout in (None, (None, None), (1, None), 10**9)] == [
        RENEWAL_TIMEOUT
    ] * 4
    assert total_timeout(requests.packages.urllib3.Timeout(3)) == 3
    for refused in (("a", "b"), 0, -1, (3, -1), float("nan")):
        assert total_timeout(refused) == RENEWAL_TIMEOUT  # requests says what is wrong with it
    assert total_timeout((3, 4)) == 7
    assert total_timeout(3) == 3


@pytest.mark.parametrize("timeout", [0, -1, (3, -1)])
def test_invalid_timeout_without_a_token_raises_as_in_requests(
    session: PokitDokSession, timeout: Any
) -> None:
    with pytest.raises(ValueError, match="timeout"):
        session.get(ACTIVITIES_PATH, timeout=timeout)


def test_token_updater_gets_every_token(
    sandbox: Sandbox, pass_time: PassTime, clock: Clock
) -> None:
    told: list[dict[str, Any]] = []
    with sandbox.session(token_updater=told.append) as session:
        session.token_source.clock = clock
        status_of(session)
        assert told == [session.token]
        pass_time(3600)
        status_of(session)
        sandbox.revoke()
        status_of(session)
        session.fetch_token()
    assert told[-1] == session.token
    assert len({token["access_token"] for token in told}) == len(told) == 4


def test_token_updater_can_use_the_session(
    sandbox: Sandbox,
) -> None:
    seen: list[int] = []
    with sandbox.session(token_updater=lambda token: seen.append(status_of(session))) as session:
        assert status_of(session) == 200
    assert seen == [200]
    assert sandbox.token_requests == 1


def test_token_updater_that_raises_is_logged_by_type_only(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(token: dict[str, Any]) -> None:
        raise OSError(token["access_token"])

    with sandbox.session(token_updater=stumble) as session:
        assert status_of(session) == 200
        assert "token_updater raised OSError" in caplog.text
        assert str(session.access_token) not in caplog.text


def test_token_updater_cannot_change_the_token(sandbox: Sandbox) -> None:
    with sandbox.session(token_updater=dict.clear) as session:
        assert status_of(session) == 200
        assert session.authorized


def test_token_getter_never_mixes_two_tokens(sandbox: Sandbox, session: PokitDokSession) -> None:
    first = session.fetch_token()
    second = session.fetch_token()
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
        assert token["expires_at"] == pytest.approx(ends.pop(), abs=0.01)
        assert session.token_source.current is not None
    stop.set()
    swapping.join()


def test_token_updater_that_is_slow_delays_only_its_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    told, done = threading.Event(), threading.Event()

    def slow(token: dict[str, Any]) -> None:
        told.set()
        done.wait(TEST_TIMEOUT)

    session.token_updater = slow
    fetching = ThreadGroup(1, lambda: status_of(session))
    assert told.wait(TEST_TIMEOUT)
    assert status_of(session) == 200
    done.set()
    assert fetching.join() == [200]


def test_token_updater_that_exits_ends_only_its_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    def fatal(token: dict[str, Any]) -> None:
        raise SystemExit

    session.token_updater = fatal
    with pytest.raises(SystemExit):
        status_of(session)
    assert status_of(session) == 200
    assert sandbox.token_requests == 1
