"""A token request that fails, is refused, or hangs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
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
from support.renewals import block_token_requests, status_of, wait_for_renewals
from support.subprocesses import wait_until
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup, run_in_threads

PassTime = Callable[[float], None]


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[Renewal]:
    """Return a list that gets the renewal of each thread that begins to wait for one."""
    waiting: list[Renewal] = []
    wait = Renewal.result

    def recorded(renewal: Renewal, timeout: float) -> Token:
        waiting.append(renewal)
        return wait(renewal, timeout)

    monkeypatch.setattr(Renewal, "result", recorded)
    return waiting


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
    fault = sandbox.fail(TOKEN_PATH, status=500, times=None)
    call_five_times()
    assert fault.hits == 3  # the attempts of one renewal
    clock.advance(69)
    call_five_times()
    assert fault.hits == 3
    clock.advance(1)  # half of the remaining time
    call_five_times()
    assert fault.hits == 6
    sandbox.clear_faults()
    clock.advance(37)
    call_five_times()
    assert sandbox.token_requests == 1 + 6 + 1


@pytest.mark.parametrize(
    ("lifetime", "refusal"),
    [(600, {"status": 401}), (3600, {"status": 503, "headers": {"Retry-After": "3600"}})],
    ids=["refused", "busy for an hour"],
)
def test_renewal_ahead_that_is_refused_leaves_the_valid_token_in_use(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, lifetime: float, refusal: Any
) -> None:
    sandbox.options.token_lifetime = lifetime
    status_of(session)
    token = session._token_source.current
    assert token is not None
    sandbox.fail(TOKEN_PATH, **refusal, times=None)
    clock.advance(token.renew_from - clock())
    while clock() < token.usable_until:
        assert status_of(session) == 200
        wait_for_renewals()
        clock.advance((token.usable_until - token.renew_from) / 8)
    session.client_secret = sandbox.client_secret
    sandbox.clear_faults()
    assert status_of(session) == 200


def test_renewal_ahead_with_a_new_secret_is_tried_at_once(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    status_of(session)
    clock.advance(3600 - 140)
    fault = sandbox.fail(TOKEN_PATH, status=401, times=None)
    status_of(session)
    wait_for_renewals()
    assert fault.hits == 2  # good credentials are sent once more
    session.client_secret = sandbox.client_secret
    status_of(session)
    wait_for_renewals()
    assert fault.hits == 4


def test_renewal_exception_is_logged_by_its_type_only(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    status_of(session)
    clock.advance(3600 - 60)

    def fail(response: Any) -> Any:
        raise KeyError("not to be logged")

    session.register_compliance_hook("access_token_response", fail)
    assert status_of(session) == 200
    wait_for_renewals()
    assert "KeyError" in caplog.text
    assert "to be logged" not in caplog.text


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
    sandbox: Sandbox, session: PokitDokSession, waiting: list[Renewal]
) -> None:
    blocking = block_token_requests(sandbox, session)
    sandbox.fail(TOKEN_PATH, status=200, body="", times=None)  # this failure has no cooldown
    threads = ThreadGroup(8, lambda: status_of(session))
    assert blocking.arrived.wait(TEST_TIMEOUT)
    wait_until(lambda: len(waiting) == 7)  # the eighth sends the token request
    blocking.released.set()
    errors = threads.join()
    assert {type(error) for error in errors} == {TokenError}
    assert len({id(error) for error in errors}) == 8  # each with its own traceback
    assert len({str(error) for error in errors}) == 1
    assert sandbox.token_requests == 1


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
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
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


def test_retry_after_of_the_token_endpoint_is_followed_up_to_an_hour(
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


def test_token_set_during_a_failing_renewal_stays_and_is_used(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    kept = dict(session.fetch_token())
    clock.advance(3600 - 60)
    sandbox.fail(TOKEN_PATH, status=401)
    blocking = block_token_requests(sandbox, session)
    assert status_of(session) == 200
    assert blocking.arrived.wait(TEST_TIMEOUT)
    session.token = kept
    blocking.released.set()
    wait_for_renewals()
    assert status_of(session) == 200
    assert "was not renewed" not in caplog.text  # nothing that still matters has failed


def test_waiter_of_a_failing_renewal_uses_a_token_set_meanwhile(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = dict(session.fetch_token())
    session.token = None
    blocking = block_token_requests(sandbox, session)
    sandbox.fail(TOKEN_PATH, status=401, times=None)
    waiter = ThreadGroup(1, lambda: status_of(session))
    assert blocking.arrived.wait(TEST_TIMEOUT)
    session.token = token
    blocking.released.set()
    assert waiter.join() == [200]


def test_log_that_raises_does_not_hide_the_token_error(
    sandbox: Sandbox,
    session: PokitDokSession,
    clock: Clock,
    waiting: list[Renewal],
    retry_sleeps: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr("pokitdok_session.oauth2.renewal.log.warning", fail)
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    status_of(session)
    clock.advance(3600 - 60)
    blocking = block_token_requests(sandbox, session)
    status_of(session)  # starts the renewal
    assert blocking.arrived.wait(TEST_TIMEOUT)
    sandbox.revoke()
    sandbox.fail(TOKEN_PATH, status=401, times=None)
    threads = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH, timeout=TEST_TIMEOUT / 2))
    wait_until(lambda: len(waiting) == 1)
    blocking.released.set()
    (error,) = threads.join()
    assert "returned 401" in str(error)
    wait_for_renewals()
    assert [args.exc_type for args in raised] == [RuntimeError]


def test_renewal_that_hangs_is_abandoned_after_its_timeout(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    hanging = block_token_requests(sandbox, session)
    waiter = ThreadGroup(1, lambda: status_of(session))
    assert hanging.arrived.wait(TEST_TIMEOUT)
    clock.advance(RENEWAL_TIMEOUT + 1)
    session.mount(sandbox.base_url + TOKEN_PATH, session.get_adapter(sandbox.base_url + "/"))
    assert status_of(session) == 200
    second = session.access_token
    hanging.released.set()
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
    hanging = block_token_requests(sandbox, session)
    status_of(session)
    assert hanging.arrived.wait(TEST_TIMEOUT)
    session.mount(sandbox.base_url + TOKEN_PATH, session.get_adapter(sandbox.base_url + "/"))
    clock.advance(RENEWAL_TIMEOUT - 20)
    status_of(session)
    assert sandbox.token_requests == 1  # it may still come to an end
    clock.advance(30)
    status_of(session)
    wait_until(lambda: sandbox.token_requests == 2)
    hanging.released.set()
    wait_for_renewals()


def test_waiter_of_an_interrupted_renewal_is_served_after_a_new_secret(
    sandbox: Sandbox, session: PokitDokSession, waiting: list[Renewal]
) -> None:
    class Interrupted(BlockingTransport):
        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            is_first = not self.arrived.is_set()
            self.arrived.set()
            assert self.released.wait(TEST_TIMEOUT)
            if is_first:
                raise KeyboardInterrupt
            return super().send(request, **options)

    def send_until_interrupted() -> None:
        with pytest.raises(KeyboardInterrupt):
            status_of(session)

    blocking = Interrupted(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + TOKEN_PATH, blocking)
    first = ThreadGroup(1, send_until_interrupted)
    assert blocking.arrived.wait(TEST_TIMEOUT)
    waiter = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH, timeout=TEST_TIMEOUT / 2))
    wait_until(lambda: len(waiting) == 1)
    session.client_secret = sandbox.client_secret
    blocking.released.set()
    first.join()
    (response,) = waiter.join()
    assert response.status_code == 200
