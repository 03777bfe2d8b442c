"""What the error of a refused client authentication says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pokitdok_session import ClientCredentialsSession, TokenError
from pokitdok_session.oauth2.client_auth.assertion import PrivateKeyJWT
from pokitdok_session.oauth2.client_auth.private_key import to_pem
from support.http_server import ScriptedResponse, ScriptedServer

REFUSED = ScriptedResponse(
    401, b'{"error": "invalid_client"}', {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}
)
SECRET = "a-secret-of-thirty-two-bytes-or-more"
RSA_KEY = rsa.generate_private_key(65537, 2048)
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def session_for(endpoint: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_id", "client")
    options.setdefault("client_secret", SECRET)
    return ClientCredentialsSession(token_url=f"{endpoint.url}/token", **options)


def test_refused_assertion_names_the_usual_causes_and_the_clock(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = REFUSED
    with (
        session_for(
            endpoint,
            client_secret=None,
            token_endpoint_auth_method="private_key_jwt",
            client_assertion=PrivateKeyJWT(RSA_KEY),
        ) as session,
        pytest.raises(TokenError, match=r"audience.*kid.*clock here, which is \d{10} s ahead"),
    ):
        session.fetch_token()


def test_refused_secret_jwt_names_the_secret_and_the_clock(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = ScriptedResponse(
        401, b"", {"Date": "Fri, 31 Dec 2100 23:59:59 GMT"}
    )
    with (
        session_for(endpoint, token_endpoint_auth_method="client_secret_jwt") as session,
        pytest.raises(TokenError, match=r"client_secret and the clock here, .* s behind the Date"),
    ):
        session.fetch_token()


def test_refused_certificate_names_token_cert(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = REFUSED
    with (
        session_for(
            endpoint, client_secret=None, token_endpoint_auth_method="tls_client_auth"
        ) as session,
        pytest.raises(TokenError, match="token_cert"),
    ):
        session.fetch_token()


def test_refused_secret_in_the_form_says_what_to_check(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = REFUSED
    with (
        session_for(endpoint, token_endpoint_auth_method="client_secret_post") as session,
        pytest.raises(TokenError, match="check client_id and client_secret"),
    ):
        session.fetch_token()


def test_client_secret_jwt_without_pyjwt_says_what_to_install(
    endpoint: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    with (
        session_for(endpoint, token_endpoint_auth_method="client_secret_jwt") as session,
        pytest.raises(ImportError, match="pip install pyjwt"),
    ):
        session.fetch_token()


def test_assertion_that_cannot_be_made_is_a_token_error(
    endpoint: ScriptedServer, tmp_path: Path
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(to_pem(RSA_KEY))
    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=PrivateKeyJWT(path),
    ) as session:
        path.unlink()
        with pytest.raises(TokenError, match="client_assertion raised ValueError") as caught:
            session.get(f"{endpoint.url}/api")
        assert "no such file can be read" in str(caught.value.__cause__)
        assert (caught.value.processed, caught.value.is_permanent) == (False, False)
        path.write_bytes(to_pem(RSA_KEY))
        assert session.get(f"{endpoint.url}/api").status_code == 200


def test_assertion_by_a_callable_that_raises_a_token_error_is_that_error(
    endpoint: ScriptedServer,
) -> None:
    def refuse() -> str:
        raise TokenError("the vault is sealed", is_permanent=True)

    with (
        session_for(
            endpoint,
            client_secret=None,
            token_endpoint_auth_method="private_key_jwt",
            client_assertion=refuse,
        ) as session,
        pytest.raises(TokenError, match="the vault is sealed") as caught,
    ):
        session.get(f"{endpoint.url}/api")
    assert caught.value.is_permanent
