"""A 401 was not processed: the token is replaced once, the request replayed whole or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.oauth2.rejections import REJECTED_TOKEN_COOLDOWN
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.clock import Clock
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer, redirect
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup, run_in_threads

PassTime = Callable[[float], None]


def refused_once(sandbox: Sandbox, path: str = "/eligibility/") -> None:
    sandbox.fail(path, status=401)
    sandbox.fail(path, status=200, body={"data": {}})


def tokens(sandbox: Sandbox) -> list[str | None]:
    return [seen.token for seen in sandbox.requests]


# The token is replaced, and once


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

    class Late(Transport):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            if response.status_code == 401:
                assert (
                    session.get(ACTIVITIES_PATH).status_code == 200
                )  # another call has it replaced
            return response

    session.mount(sandbox.base_url + "/api/v4/tradingpartners/", Late(verify=sandbox.ca_file))
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
        session.token_source.clock = running_out = Clock(clock.now)
        clock.advance(10)

        def run_out(response: Any, running_out: Clock = running_out) -> Any:
            running_out.advance(2)
            return response

        session.register_compliance_hook("access_token_response", run_out)
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
    sandbox: Sandbox, session: PokitDokSession
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
    held = BlockingTransport(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + TOKEN_PATH, held)
    patient = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH).status_code)
    assert held.arrived.wait(TEST_TIMEOUT)
    with pytest.raises(TokenError, match=r"within 0\.2 s"):
        session.get(ACTIVITIES_PATH, timeout=0.2)
    held.released.set()
    assert patient.join() == [200]


def test_response_403_is_neither_renewed_nor_replayed(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(ACTIVITIES_PATH, status=403)
    assert session.get(ACTIVITIES_PATH).status_code == 403
    assert (len(sandbox.requests), sandbox.token_requests) == (1, 1)


# What is replayed


class Unseekable(io.RawIOBase):
    """Text that can be read once."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(size)

    def seekable(self) -> bool:
        return False


def from_the_middle(content: bytes) -> io.BytesIO:
    file = io.BytesIO(b"skipped" + content)
    file.seek(len(b"skipped"))
    return file


WHOLE: list[tuple[str, dict[str, Any], bytes | None]] = [
    ("none", {}, b""),
    ("bytes", {"data": b"\x00\xffbytes"}, b"\x00\xffbytes"),
    ("empty bytes", {"data": b""}, b""),
    ("str", {"data": "stra\xdfe"}, "stra\xdfe".encode()),
    ("json", {"json": {"name": "Zo\xeb"}}, None),
    ("form", {"data": {"name": "Zo\xeb"}}, b"name=Zo%C3%AB"),
    ("files", {"files": {"file": ("a.x12", b"ISA*00")}, "data": {"a": "b"}}, None),
    ("file", {"data": io.BytesIO(b"whole file")}, b"whole file"),
    ("file read in part", {"data": from_the_middle(b"the rest")}, b"the rest"),
]


@pytest.mark.parametrize(
    ("body", "sent"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE]
)
def test_replayed_body_is_complete(
    sandbox: Sandbox, session: PokitDokSession, body: dict[str, Any], sent: bytes | None
) -> None:
    refused_once(sandbox)
    response = session.post("/eligibility/", **body)
    assert response.status_code == 200
    first, again = sandbox.requests
    assert first.body == again.body
    assert sent is None or again.body == sent
    assert sent is not None or len(again.body) > 10
    assert {**first.headers, "authorization": ""} == {**again.headers, "authorization": ""}
    assert first.token != again.token == session.access_token


def test_replayed_file_starts_at_its_former_position(
    sandbox: Sandbox, session: PokitDokSession, tmp_path: Path
) -> None:
    path = tmp_path / "claim.x12"
    path.write_bytes(b"skipped" + b"x" * 300_000)
    refused_once(sandbox)
    with path.open("rb") as file:
        file.seek(len(b"skipped"))
        assert session.post("/eligibility/", data=file).status_code == 200
    first, again = sandbox.requests
    assert first.size == again.size == 300_000
    assert first.sha256 == again.sha256


def lines() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize(
    "body",
    [lines, lambda: Unseekable(b"onetwo"), lambda: bytearray(b"onetwo")],
    ids=["generator", "no position", "bytearray"],
)
def test_body_that_cannot_rewind_returns_the_401(
    sandbox: Sandbox, session: PokitDokSession, body: Callable[[], Any]
) -> None:
    refused_once(sandbox)
    response = session.post("/eligibility/", data=body())
    assert (response.status_code, response.history) == (401, [])
    assert [seen.body for seen in sandbox.requests] == [b"onetwo"]
    refused = sandbox.requests[0].token
    assert session.post("/eligibility/", data=body()).status_code == 200
    assert sandbox.requests[1].body == b"onetwo"
    assert sandbox.requests[1].token != refused
    assert sandbox.token_requests == 2


def test_body_file_that_was_closed_returns_the_401(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    file = io.BytesIO(b"content")
    refused_once(sandbox)

    class Closing(Transport):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            file.close()
            return response

    session.mount(sandbox.base_url + "/api/", Closing(verify=sandbox.ca_file))
    assert session.post("/eligibility/", data=file).status_code == 401


def test_body_that_cannot_rewind_returns_the_401_without_a_token(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.fetch_token()
    refused_once(sandbox)
    sandbox.fail(TOKEN_PATH, status=401)
    assert session.post("/eligibility/", data=lines()).status_code == 401


# How it is replayed


def test_replay_keeps_the_401_in_history_and_its_connection(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    connections = sandbox.connections
    response = session.get(ACTIVITIES_PATH)
    (refused,) = response.history
    assert refused.status_code == 401
    assert refused.json() == {"message": "Unauthorized"}  # drained, not lost
    # The replay takes the 401's own connection. The renewal's, made by another thread while
    # the 401 still had its own, may be one more.
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

    def look(response: requests.Response, **kwargs: Any) -> None:
        seen.append(response.status_code)

    session.get(ACTIVITIES_PATH, hooks={"response": look})
    session.hooks["response"] = [look]
    sandbox.revoke()
    session.get(ACTIVITIES_PATH)
    assert seen[-1] == 200
    assert 200 in seen[:-1]


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


# Redirects


def api_on(server: ScriptedServer, sandbox: Sandbox, **options: Any) -> ClientCredentialsSession:
    """A session whose API is the scripted server, with tokens from the sandbox."""
    session = ClientCredentialsSession(
        sandbox.client_id,
        sandbox.client_secret,
        sandbox.base_url + TOKEN_PATH,
        base_url=server.url,
        **options,
    )
    session.mount(sandbox.base_url + "/", Transport(verify=sandbox.ca_file))
    return session


def refuse_the_first(answer: ScriptedResponse) -> Callable[[ReceivedRequest], ScriptedResponse]:
    seen: list[str | None] = []

    def script(request: ReceivedRequest) -> ScriptedResponse:
        seen.append(request.authorization)
        return ScriptedResponse(401) if request.authorization == seen[0] else answer

    return script


def test_redirect_after_a_replay_has_the_new_token(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/old"] = refuse_the_first(redirect("/new"))
    with api_on(other_origin, sandbox) as session:
        response = session.get("/old")
        assert [seen.path for seen in other_origin.requests] == ["/old", "/old", "/new"]
        refused, again, redirected = [seen.authorization for seen in other_origin.requests]
        assert refused != again == redirected == f"Bearer {session.access_token}"
    assert [earlier.status_code for earlier in response.history] == [302]
    assert response.ok


def test_redirect_within_the_origin_is_replayed_at_its_target(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/old"] = redirect("/new", 307)
    other_origin.script["/new"] = refuse_the_first(ScriptedResponse())
    with api_on(other_origin, sandbox) as session:
        assert session.post("/old", data=b"body").status_code == 200
    assert [(seen.path, seen.body) for seen in other_origin.requests] == [
        ("/old", b"body"),
        ("/new", b"body"),
        ("/new", b"body"),
    ]
    assert sandbox.token_requests == 2


def test_redirect_that_is_replayed_hides_the_401_from_hooks(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/old"] = redirect("/new")
    other_origin.script["/new"] = refuse_the_first(ScriptedResponse())
    seen: list[int] = []

    def look(response: requests.Response, **kwargs: Any) -> None:
        seen.append(response.status_code)
        response.raise_for_status()

    with api_on(other_origin, sandbox) as session:
        assert session.get("/old", hooks={"response": look}).status_code == 200
    assert seen == [302, 200]


@pytest.mark.parametrize(
    "hooks", [None, {}, {"response": None}, {"response": lambda response, **kwargs: None}]
)
def test_redirect_works_with_hooks_replaced_by_the_caller(
    sandbox: Sandbox, other_origin: ScriptedServer, hooks: Any
) -> None:
    other_origin.script["/old"] = redirect("/new")
    with api_on(other_origin, sandbox) as session:
        prepared = session.prepare_request(requests.Request("GET", "/old"))
        prepared.hooks = hooks
        assert session.send(prepared).status_code == 200


def test_redirect_to_another_origin_does_not_replay_its_401(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/"] = ScriptedResponse(401)
    leave = {"/leave": redirect(other_origin.url + "/")}
    with ScriptedServer(leave) as api, api_on(api, sandbox) as session:
        assert session.get("/leave").status_code == 401
        assert [seen.authorization for seen in other_origin.requests] == [None]
        assert sandbox.token_requests == 1
        assert len(api.requests) == 1


def test_other_origin_401_is_neither_renewed_nor_replayed(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer
) -> None:
    other_origin.script["/"] = ScriptedResponse(401)
    session.fetch_token()
    assert session.get(other_origin.url + "/").status_code == 401
    assert len(other_origin.requests) == 1
    assert sandbox.token_requests == 1


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
    assert session.get(ACTIVITIES_PATH).status_code == 401  # distrusted from now on
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
