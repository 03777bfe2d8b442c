"""A 401 after or before a redirect, and the 401 of another origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer, redirect
from support.paths import TOKEN_PATH


def session_on(
    server: ScriptedServer, sandbox: Sandbox, **options: Any
) -> ClientCredentialsSession:
    """Return a session on the scripted server, with tokens from the sandbox."""
    session = ClientCredentialsSession(
        sandbox.client_id,
        sandbox.client_secret,
        sandbox.base_url + TOKEN_PATH,
        base_url=server.url,
        **options,
    )
    session.mount(sandbox.base_url + "/", Transport(verify=sandbox.ca_file))
    return session


def reject_first_token(response: ScriptedResponse) -> Callable[[ReceivedRequest], ScriptedResponse]:
    seen: list[str | None] = []

    def script(request: ReceivedRequest) -> ScriptedResponse:
        seen.append(request.authorization)
        return ScriptedResponse(401) if request.authorization == seen[0] else response

    return script


def test_redirect_after_a_replay_has_the_new_token(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/old"] = reject_first_token(redirect("/new"))
    with session_on(other_origin, sandbox) as session:
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
    other_origin.script["/new"] = reject_first_token(ScriptedResponse())
    with session_on(other_origin, sandbox) as session:
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
    other_origin.script["/new"] = reject_first_token(ScriptedResponse())
    seen: list[int] = []

    def record_status(response: requests.Response, **kwargs: Any) -> None:
        seen.append(response.status_code)
        response.raise_for_status()

    with session_on(other_origin, sandbox) as session:
        assert session.get("/old", hooks={"response": record_status}).status_code == 200
    assert seen == [302, 200]


@pytest.mark.parametrize(
    "hooks", [None, {}, {"response": None}, {"response": lambda response, **kwargs: None}]
)
def test_redirect_works_with_hooks_replaced_by_the_caller(
    sandbox: Sandbox, other_origin: ScriptedServer, hooks: Any
) -> None:
    other_origin.script["/old"] = redirect("/new")
    with session_on(other_origin, sandbox) as session:
        prepared = session.prepare_request(requests.Request("GET", "/old"))
        prepared.hooks = hooks
        assert session.send(prepared).status_code == 200


def test_redirect_to_another_origin_does_not_replay_its_401(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    other_origin.script["/"] = ScriptedResponse(401)
    leave = {"/leave": redirect(other_origin.url + "/")}
    with ScriptedServer(leave) as api, session_on(api, sandbox) as session:
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
