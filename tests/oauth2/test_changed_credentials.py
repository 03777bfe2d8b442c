"""New credentials, another token endpoint and another scope on a session in use."""

from __future__ import annotations

import pytest
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import ClientCredentialsSession, TokenError
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer

GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')


def test_refusal_of_old_credentials_is_not_remembered_for_new_ones(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    def refuse(request: ReceivedRequest) -> ScriptedResponse:
        held.client_secret = "better"  # while the request with the old one is under way
        server.script["/token"] = GRANTED
        return ScriptedResponse(401)

    server.script["/token"] = refuse
    with pytest.raises(TokenError):
        held.get("/x")
    assert held.get("/x").status_code == 200


def test_refusal_at_the_old_token_url_is_not_remembered_for_a_new_one(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    held.token_url = f"{server.url}/wrong"
    server.script["/wrong"] = ScriptedResponse(404)
    with pytest.raises(TokenError, match="returned 404"):
        held.get("/x")
    held.token_url = f"{server.url}/token"
    assert held.get("/x").status_code == 200


def test_new_token_url_is_an_origin_if_none_was_given(server: ScriptedServer) -> None:
    with ClientCredentialsSession("id", "secret", "https://wrong.example/token") as session:
        with pytest.raises(InsecureTransportError, match="token_url must begin with https"):
            session.token_url = "http://wrong.example/token"
        session.token_url = f"{server.url}/token"
        assert session.is_token_origin(server.url)
        assert not session.is_token_origin("https://wrong.example/")
        session.get(f"{server.url}/x")
    assert server.requests[-1].authorization == "Bearer t"


def test_token_of_the_old_token_url_does_not_go_to_the_new_one(server: ScriptedServer) -> None:
    elsewhere = ScriptedResponse(body=b'{"access_token": "other", "expires_in": 3600}')
    with ScriptedServer({"/token": elsewhere}) as other:
        with ClientCredentialsSession("id", "secret", f"{server.url}/token") as session:
            session.get(f"{server.url}/x")
            session.token_url = f"{other.url}/token"
            session.get(f"{other.url}/x")
        assert other.requests[-1].authorization == "Bearer other"


def test_token_is_kept_if_the_new_token_url_changes_no_origin(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    held.get("/x")
    held.token_url = "https://id.example/token"
    assert held.get("/x").status_code == 200


def test_token_url_that_is_set_replaces_the_one_of_the_metadata(server: ScriptedServer) -> None:
    with ClientCredentialsSession.discover("id", "secret", fhir_base=server.url) as session:
        with pytest.raises(TokenError, match="no token_endpoint was found"):
            session.get("/x")
        session.token_url = f"{server.url}/token"
        assert session.get("/x").status_code == 200


def test_refusal_of_the_old_scope_is_not_remembered_for_a_new_one(
    server: ScriptedServer, held: ClientCredentialsSession
) -> None:
    server.script["/token"] = ScriptedResponse(400, b'{"error": "invalid_scope"}')
    held.scope = ["wrong"]
    with pytest.raises(TokenError, match="invalid_scope"):
        held.get("/x")
    held.scope = ["right"]
    server.script["/token"] = GRANTED
    assert held.get("/x").status_code == 200
    assert server.requests[-2].body.endswith(b"scope=right")


def test_another_client_id_forgets_the_token_of_the_old_client(
    held: ClientCredentialsSession,
) -> None:
    held.get("/x")
    held.client_id = "id"
    assert held.authorized
    held.client_id = "another"
    assert not held.authorized
