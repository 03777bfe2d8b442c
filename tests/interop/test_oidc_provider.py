"""The session against oidc-provider: every authentication method, revocation and discovery."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession, PrivateKeyJWT, TokenError
from support.interop_clients import ALGORITHMS, SECRET, Keys, Server

SECRET_METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt"]
THREADS = 16


def session_for(server: Server, client_id: str, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_secret", None)
    session = ClientCredentialsSession(
        client_id, token_url=f"{server.url}/token", base_url=server.url, **options
    )
    session.verify = server.ca_file
    return session


def options_for(client_id: str, keys: Keys, authority: Path) -> dict[str, Any]:
    if client_id in SECRET_METHODS:
        return {"token_endpoint_auth_method": client_id, "client_secret": SECRET}
    if client_id in ALGORITHMS:
        assertion = PrivateKeyJWT(keys.private[client_id], kid=f"key-{client_id}", alg=client_id)
        return {"token_endpoint_auth_method": "private_key_jwt", "client_assertion": assertion}
    pem = authority / "client.pem" if client_id == "tls_client_auth" else keys.self_signed_pem
    return {"token_endpoint_auth_method": client_id, "token_cert": str(pem)}


CLIENTS = [*SECRET_METHODS, *ALGORITHMS, "tls_client_auth", "self_signed_tls_client_auth"]


@pytest.mark.parametrize("client_id", CLIENTS)
def test_client_is_authenticated_and_its_token_accepted(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    options = options_for(client_id, keys, authority)
    with session_for(oidc_provider, client_id, scope="read", **options) as session:
        response = session.get("/api")
        assert (response.status_code, response.json()["client_id"]) == (200, client_id)
        assert session.token["scope"] == "read" or session.token["scope"] == ["read"]


@pytest.mark.parametrize("client_id", CLIENTS)
def test_client_that_cannot_prove_itself_is_refused(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    options = options_for(client_id, keys, authority)
    if client_id in SECRET_METHODS:
        options["client_secret"] = SECRET[:-1] + "x"
    elif client_id in ALGORITHMS:
        wrong = {"client_assertion": PrivateKeyJWT(keys.private["ES256"], kid="key-ES256")}
        other = {
            "client_assertion": PrivateKeyJWT(keys.private["RS256"], kid="key-RS256", alg="RS512")
        }
        options |= other if client_id == "ES256" else wrong
    else:
        options["token_cert"] = None
    with (
        session_for(oidc_provider, client_id, **options) as session,
        pytest.raises(TokenError, match="invalid_client"),
    ):
        session.get("/api")


def test_assertion_that_is_sent_twice_is_refused(oidc_provider: Server, keys: Keys) -> None:
    once = PrivateKeyJWT(keys.private["ES384"], kid="key-ES384")
    jwt = once.sign("ES384", f"{oidc_provider.url}/token")
    with session_for(
        oidc_provider,
        "ES384",
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=lambda: jwt,
    ) as session:
        session.fetch_token()
        with pytest.raises(TokenError, match=r"invalid_client.*clock"):
            session.fetch_token()


def test_resource_indicators_give_a_token_for_the_resource(
    oidc_provider: Server, keys: Keys, authority: Path
) -> None:
    with session_for(
        oidc_provider,
        "client_secret_post",
        token_params={"resource": "https://api.clinic.example/"},
        **options_for("client_secret_post", keys, authority),
    ) as session:
        assert session.get("/api").json()["audience"] == "https://api.clinic.example/"


@pytest.mark.parametrize("client_id", ["client_secret_basic", "RS384"])
def test_sixteen_threads_through_two_expiries_get_one_token_per_lifetime(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    def granted() -> int:
        statistics: dict[str, Any] = oidc_provider.get("/statistics")
        return int(statistics.get(client_id, {}).get("granted", 0))

    lifetime, before, started = 3.0, granted(), time.monotonic()
    with session_for(
        oidc_provider, client_id, **options_for(client_id, keys, authority)
    ) as session:

        def work(_: int) -> set[int]:
            statuses = set()
            while time.monotonic() - started < 3 * lifetime:
                statuses.add(session.get("/api").status_code)
            return statuses

        with ThreadPoolExecutor(THREADS) as pool:
            assert set().union(*pool.map(work, range(THREADS))) == {200}
    # The server counts in whole seconds: a token ends up to one second before its lifetime.
    lifetimes = (time.monotonic() - started) / (lifetime - 1)
    assert 3 <= granted() - before <= lifetimes + 1
