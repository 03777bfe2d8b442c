"""The session against glewlwyd: authentication methods, discovery and resource indicators.

It cannot check self-signed certificates in TLS sessions, and it finds every token of a client
inactive, so those are tested with oidc-provider only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest

from pokitdok_session import ClientCredentialsSession, PrivateKeyJWT, TokenError
from support.glewlwyd import ISSUER_PATH
from support.interop_clients import ALGORITHMS, SECRET, SECRET_METHODS, Keys, Server

CLIENTS = [*SECRET_METHODS, *ALGORITHMS, "tls_client_auth"]


def discover(server: Server, client_id: str, **options: Any) -> ClientCredentialsSession:
    session = ClientCredentialsSession.discover(
        client_id,
        issuer=server.url + ISSUER_PATH,
        base_url=server.url + ISSUER_PATH,
        scope="read",
        **options,
    )
    session.verify = server.ca_file
    return session


@pytest.mark.parametrize("client_id", CLIENTS)
def test_client_is_authenticated(
    glewlwyd: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    with discover(glewlwyd, client_id, **keys.session_options(client_id, authority)) as session:
        token = session.fetch_token()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert (claims["client_id"], token["scope"]) == (client_id, ["read"])


@pytest.mark.parametrize("client_id", SECRET_METHODS)
def test_wrong_secret_is_refused(
    glewlwyd: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    options = keys.session_options(client_id, authority)
    options["client_secret"] = SECRET[:-1] + "x"
    with (
        discover(glewlwyd, client_id, **options) as session,
        pytest.raises(TokenError, match="check client_id"),
    ):
        session.fetch_token()


def test_assertion_that_is_sent_twice_is_refused(glewlwyd: Server, keys: Keys) -> None:
    assertion = PrivateKeyJWT(keys.private["ES384"], kid="key-ES384")
    text = assertion.sign("ES384", f"{glewlwyd.url}{ISSUER_PATH}/token")
    with discover(
        glewlwyd,
        "ES384",
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=lambda: text,
    ) as session:
        session.fetch_token()
        with pytest.raises(TokenError):
            session.fetch_token()


def test_resource_indicators_give_a_token_for_the_resource(
    glewlwyd: Server, keys: Keys, authority: Path
) -> None:
    options = keys.session_options("client_secret_post", authority)
    with discover(
        glewlwyd,
        "client_secret_post",
        token_params={"resource": "https://api.clinic.example/"},
        **options,
    ) as session:
        token = session.fetch_token()
    claims = jwt.decode(token["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "https://api.clinic.example/"
