"""After a 401 the token is renewed once, and the request is replayed once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession, TokenError
from pokitdok_session.oauth2.rejections import REJECTED_TOKEN_COOLDOWN
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.clock import Clock
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.recording import BEARER, RecordingAdapter, session_for
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup, run_in_threads

PassTime = Callable[[float], None]


def tokens(sandbox: Sandbox) -> list[str | None]:
    return [seen.token for seen in sandbox.requests]


# The renewal


def test_revoked_token_is_renewed_and_the_request_replayed(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    response = session.get(ACTIVITIES_PATH)
    assert response.status_code == 200
    assert sandbox.token_requests == 2
    first, again, replayed = tokens(sandbox)
    assert first == again != replayed == session.access_token


def test_revoked_token_in_16_threads_makes_one_token_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    assert run_in_threads(16, lambda: session.get(ACTIVITIES_PATH).status_code) == [200] * 16
    assert sandbox.token_requests == 2


def test_late_401_uses_the_token_renewed_meanwhile(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()

    class LateResponse(Transport):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            if response.status_code == 401:
                assert session.get(ACTIVITIES_PATH).status_code == 200  # another call renewed it
            return response

    session.mount(
        sandbox.base_url + "/api/v4/tradingpartners/", LateResponse(verify=sandbox.ca_file)
    )
    assert session.get("/tradingpartners/").status_code == 200
    assert sandbox.token_requests == 2


def test_lasting_401_is_returned_after_one_replay(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=401, times=None)
    response = session.get(ACTIVITIES_PATH)
    assert response.status_code == 401
    assert [earlier.status_code for earlier in response.history] == [401]
    assert len(sandbox.requests) == 2
    assert sandbox.token_requests == 2


def test_new_token_that_is_rejected_is_not_renewed_in_cooldown(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=401, times=None)
    for _ in range(5):
        assert session.get(ACTIVITIES_PATH).status_code == 401
    assert sandbox.token_requests == 2
    clock.advance(REJECTED_TOKEN_COOLDOWN - 1)
    session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 2
    clock.advance(1)
    session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 3


def test_lasting_401_in_16_threads_makes_one_renewal(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.fail(ACTIVITIES_PATH, status=401, times=None)
    assert run_in_threads(16, lambda: session.get(ACTIVITIES_PATH).status_code) == [401] * 16
    assert sandbox.token_requests == 2


def test_token_rejected_by_one_path_still_serves_others(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail("/claims/*", status=401, times=None)
    session.get("/claims/status")
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_short_token_that_expires_in_transit_is_not_distrusted(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock
) -> None:
    sandbox.options.token_lifetime = 1
    for count in (1, 2, 3):
        fault = sandbox.fail(ACTIVITIES_PATH, status=401)
        session._token_source.clock = other_clock = Clock(clock.now)
        clock.advance(10)

        def expire_in_transit(response: Any, other_clock: Clock = other_clock) -> Any:
            other_clock.advance(2)
            return response

        session.register_compliance_hook("access_token_response", expire_in_transit)
        session.get(ACTIVITIES_PATH)
        session.compliance_hook["access_token_response"].clear()
        assert fault.hits == 1
        assert sandbox.token_requests >= count * 2


def test_same_token_granted_after_a_401_is_not_replayed() -> None:
    with Sandbox(same_token=True) as sandbox, sandbox.session() as session:
        session.get(ACTIVITIES_PATH)
        sandbox.fail(ACTIVITIES_PATH, status=401, times=None)
        response = session.get(ACTIVITIES_PATH)
        assert (response.status_code, response.history) == (401, [])
        assert len(sandbox.requests) == 2
        session.get(ACTIVITIES_PATH)
        assert sandbox.token_requests == 2


def test_rejected_token_that_cannot_be_renewed_raises_token_error(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    sandbox.fail(TOKEN_PATH, status=401, times=None)
    for _ in range(3):
        with pytest.raises(TokenError, match="returned 401"):
            session.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 3  # credentials that worked before are sent twice


def test_wait_for_a_renewal_after_401_ends_at_the_call_timeout(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    blocking = BlockingTransport(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + TOKEN_PATH, blocking)
    waiting = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH).status_code)
    assert blocking.arrived.wait(TEST_TIMEOUT)
    with pytest.raises(TokenError, match=r"within 0\.2 s"):
        session.get(ACTIVITIES_PATH, timeout=0.2)
    blocking.released.set()
    assert waiting.join() == [200]


def test_response_403_is_neither_renewed_nor_replayed(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=403)
    assert session.get(ACTIVITIES_PATH).status_code == 403
    assert (len(sandbox.requests), sandbox.token_requests) == (1, 1)


# The replay


def test_replay_keeps_the_401_in_history_and_its_connection(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    connections = sandbox.connections
    response = session.get(ACTIVITIES_PATH)
    (refused,) = response.history
    assert refused.status_code == 401
    assert refused.json() == {"message": "Unauthorized"}  # the body was read
    # The replay uses the connection of the 401. The renewal can add one, because it starts
    # while the 401 still holds its connection.
    assert sandbox.connections <= connections + 1
    assert response.elapsed >= refused.elapsed
    assert response.request.headers["Authorization"] == f"Bearer {session.access_token}"


def test_replay_sends_and_stores_a_cookie_of_the_401(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=401, headers={"Set-Cookie": "route=7; Path=/"})
    assert session.get(ACTIVITIES_PATH).status_code == 200
    first, again = sandbox.requests
    assert "Cookie" not in first.headers
    assert again.headers["Cookie"] == "route=7"
    assert session.cookies["route"] == "7"


def test_replay_with_stream_leaves_the_body_to_the_caller(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    with session.get(ACTIVITIES_PATH, stream=True) as response:
        assert json.loads(b"".join(response.iter_content(16)))["meta"]


def test_caller_hooks_see_the_replayed_response(sandbox: Sandbox, session: PokitDokSession) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    seen: list[int] = []

    def record_status(response: requests.Response, **kwargs: Any) -> None:
        seen.append(response.status_code)

    response = session.get(ACTIVITIES_PATH, hooks={"response": record_status})
    assert [refused.status_code for refused in response.history] == [401]
    assert seen == [200]
    session.hooks["response"] = [record_status]
    sandbox.revoke()
    response = session.get(ACTIVITIES_PATH)
    assert [refused.status_code for refused in response.history] == [401]
    assert seen == [200, 200]


def test_caller_headers_dict_is_not_changed(sandbox: Sandbox, session: PokitDokSession) -> None:
    headers = {"X-Own": "1"}
    sandbox.fail(ACTIVITIES_PATH, status=401)
    session.get(ACTIVITIES_PATH, headers=headers)
    assert headers == {"X-Own": "1"}
    assert "Authorization" not in session.headers


def test_prepared_request_that_was_rejected_can_be_sent_again(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    prepared = session.prepare_request(requests.Request("GET", ACTIVITIES_PATH))
    sandbox.revoke()
    assert [session.send(prepared).status_code for _ in range(2)] == [200, 200]
    assert sandbox.token_requests == 2


def test_prepared_request_with_an_old_token_is_replayed_twice(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime
) -> None:
    prepared = session.prepare_request(requests.Request("GET", ACTIVITIES_PATH))
    session.fetch_token()
    pass_time(60)
    sandbox.revoke()
    response = session.send(prepared)
    assert response.status_code == 200
    assert [refused.status_code for refused in response.history] == [401, 401]
    assert len(set(tokens(sandbox))) == 3
    assert sandbox.token_requests == 3


def test_prepared_request_with_an_old_token_is_sent_3_times_at_most(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime
) -> None:
    prepared = session.prepare_request(requests.Request("GET", ACTIVITIES_PATH))
    session.fetch_token()
    pass_time(60)
    sandbox.fail(ACTIVITIES_PATH, status=401, times=None)
    assert session.send(prepared).status_code == 401
    assert len(sandbox.requests) == 3
    assert sandbox.token_requests == 3


def test_prepared_request_skips_a_later_token_that_expired_too(
    sandbox: Sandbox, session: PokitDokSession, pass_time: PassTime
) -> None:
    prepared = session.prepare_request(requests.Request("GET", ACTIVITIES_PATH))
    session.fetch_token()
    pass_time(3600)
    assert session.send(prepared).status_code == 200
    assert sandbox.token_requests == 3


def test_replayed_request_can_be_sent_and_replayed_again(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    replayed = session.get(ACTIVITIES_PATH).request
    sandbox.revoke()
    assert session.send(replayed).status_code == 200


def test_caller_credentials_401_is_returned_without_replay(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert session.get(ACTIVITIES_PATH, auth=("user", "words")).status_code == 401
    assert session.get(ACTIVITIES_PATH, withhold_token=True).status_code == 401
    assert (
        session.get(ACTIVITIES_PATH, headers={"X": "1"}, auth=lambda request: request).status_code
        == 401
    )
    assert len(sandbox.requests) == 3
    assert sandbox.token_requests == 0


def test_caller_header_401_is_returned_without_replay(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    prepared = session.prepare_request(requests.Request("GET", ACTIVITIES_PATH))
    prepared.headers["Authorization"] = "Bearer of-the-caller"
    assert session.send(prepared).status_code == 401
    assert sandbox.token_requests == 1
    assert len(sandbox.requests) == 1


def test_session_auth_replays_a_plain_request_too(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    url = sandbox.base_url + "/api/v4" + ACTIVITIES_PATH
    session.fetch_token()
    sandbox.revoke()
    response = requests.get(url, auth=session.auth, verify=sandbox.ca_file)
    assert response.status_code == 200
    assert sandbox.token_requests == 2


def test_new_token_is_not_distrusted_for_the_rejected_one(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=401, times=2)
    assert session.get(ACTIVITIES_PATH).status_code == 401  # in cooldown from now on
    session.fetch_token()
    sandbox.revoke()
    assert session.get(ACTIVITIES_PATH).status_code == 200


def test_undecodable_401_is_replayed(sandbox: Sandbox, session: PokitDokSession) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=401, body="plain", headers={"Content-Encoding": "gzip"})
    assert session.get(ACTIVITIES_PATH).status_code == 200


def test_replay_without_a_token_releases_its_connection(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.mount(
        f"{sandbox.base_url}/api/", requests.adapters.HTTPAdapter(pool_maxsize=1, pool_block=True)
    )
    session.verify = str(sandbox.ca_file)
    session.get(ACTIVITIES_PATH)
    sandbox.fail("/oauth2/token", status=400, times=None)
    sandbox.revoke()
    for _ in range(3):
        with pytest.raises(TokenError):
            session.get(ACTIVITIES_PATH, timeout=5)


def test_401_of_an_adapter_that_is_not_named_is_returned() -> None:
    """An adapter may leave ``connection`` out of a response, as requests-wsgi-adapter does."""
    recorder = RecordingAdapter()
    send = recorder.send

    def refuse_the_first(request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        response = send(request, **kwargs)
        if request.url == "https://auth.example/token":
            response._content = b'{"access_token": "next"}'
        elif request.headers["Authorization"] == BEARER:
            response.status_code = 401
        return response

    recorder.send = refuse_the_first  # type: ignore[method-assign]
    with session_for() as session:
        session.mount("https://", recorder)
        assert session.get("/x").status_code == 401
        assert session.get("/x").status_code == 200
