"""`revoke_token`: what is sent (RFC 7009), and what the error says if the provider refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession, TokenError
from support.http_server import ScriptedResponse, ScriptedServer


def session_for(endpoint: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_secret", "secret")
    return ClientCredentialsSession("client", token_url=f"{endpoint.url}/token", **options)


def test_revoke_token_revokes_and_forgets_the_token(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, revocation_url=f"{endpoint.url}/revoke") as session:
        session.revoke_token()  # no token yet
        session.fetch_token()
        session.revoke_token()
        assert session.access_token is None
        assert session.get(f"{endpoint.url}/api").status_code == 200
    paths = [seen.path for seen in endpoint.seen]
    assert paths == ["/token", "/revoke", "/token", "/api"]
    revocation = endpoint.seen[1]
    assert revocation.body == b"token=granted&token_type_hint=access_token"
    assert revocation.authorization == endpoint.seen[0].authorization


def test_revoke_token_of_another_keeps_the_own(endpoint: ScriptedServer) -> None:
    with session_for(endpoint) as session:
        session.fetch_token()
        session.revoke_token("another", revocation_url=f"{endpoint.url}/revoke")
        assert session.access_token == "granted"


@pytest.mark.parametrize(
    ("answer", "text", "error"),
    [
        (
            ScriptedResponse(401, b'{"error": "invalid_client"}'),
            "check client_id",
            "invalid_client",
        ),
        (
            ScriptedResponse(400, b'{"error": "unsupported_token_type"}'),
            "returned 400: this provider does not revoke access tokens$",
            "unsupported_token_type",
        ),
        (
            ScriptedResponse(404),
            "^the token was not revoked: .* returned 404: check revocation_url",
            None,
        ),
        (
            ScriptedResponse(400, b'{"error": "no\\u00a0code\\n"}'),
            "returned 400: check revocation_url",
            None,
        ),
        (
            ScriptedResponse(503, b""),
            "^the provider did not confirm that the token is revoked: .* 503: try again later",
            None,
        ),
    ],
)
def test_revoke_token_that_is_refused_is_a_token_error(
    endpoint: ScriptedServer, answer: ScriptedResponse, text: str, error: str | None
) -> None:
    endpoint.script["/revoke"] = answer
    with session_for(endpoint, revocation_url=f"{endpoint.url}/revoke") as session:
        session.fetch_token()
        with pytest.raises(TokenError, match=text) as caught:
            session.revoke_token()
        assert caught.value.error == error
        assert session.access_token == "granted"


def test_revoke_token_without_a_response_is_a_token_error(endpoint: ScriptedServer) -> None:
    with (
        session_for(endpoint, revocation_url="http://127.0.0.1:9/revoke") as session,
        pytest.raises(
            TokenError,
            match=r"no response from http://127\.0\.0\.1:9/revoke.*: the provider did not confirm",
        ),
    ):
        session.revoke_token("granted")


def test_revoke_token_without_a_url_says_what_to_give(endpoint: ScriptedServer) -> None:
    with session_for(endpoint) as session, pytest.raises(ValueError, match="revocation_url must"):
        session.revoke_token("granted")


def test_revoke_token_refused_without_a_secret_does_not_name_token_cert(
    endpoint: ScriptedServer,
) -> None:
    endpoint.script["/revoke"] = ScriptedResponse(401)
    with (
        session_for(
            endpoint,
            client_secret=None,
            token_fetcher=lambda session: {"access_token": "fetched"},
            revocation_url=f"{endpoint.url}/revoke",
        ) as session,
        pytest.raises(TokenError, match=r"401: check client_id and client_secret$"),
    ):
        session.revoke_token("fetched")
    assert b"client_id=client" in endpoint.seen[0].body
