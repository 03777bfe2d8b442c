"""The session against oidc-provider: every authentication method, revocation and discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession, PrivateKeyJWT, TokenError
from support.clock import Clock
from support.interop_clients import ALGORITHMS, SECRET, SECRET_METHODS, Keys, Server
from support.threads import run_in_threads

TLS_METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]
CLIENTS = [*SECRET_METHODS, *ALGORITHMS, *TLS_METHODS]
THREADS = 16

#: Seconds that a token of the server lives. An assertion lives 240 s, and the test that sets the
#: server's clock ahead sends the last one three lifetimes later.
LIFETIME = 60


def session_for(server: Server, client_id: str, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_secret", None)
    session = ClientCredentialsSession(
        client_id, token_url=f"{server.url}/token", base_url=server.url, **options
    )
    session.verify = server.ca_file
    return session


@pytest.fixture
def pass_time(oidc_provider: Server) -> Iterator[Callable[[float], None]]:
    """Yield a function that advances the clock of the server; it is set back in the end."""
    ahead = 0.0

    def pass_time(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds
        oidc_provider.get(f"/clock?ahead={ahead}")

    yield pass_time
    pass_time(-ahead)


@pytest.mark.parametrize("client_id", CLIENTS)
def test_client_is_authenticated_and_its_token_accepted(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    options = keys.session_options(client_id, authority)
    with session_for(oidc_provider, client_id, scope="read", **options) as session:
        response = session.get("/api")
        assert (response.status_code, response.json()["client_id"]) == (200, client_id)
        assert session.token["scope"] == ["read"]


@pytest.mark.parametrize("client_id", CLIENTS)
def test_client_that_cannot_prove_itself_is_refused(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    options = keys.session_options(client_id, authority)
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
        **keys.session_options("client_secret_post", authority),
    ) as session:
        assert session.get("/api").json()["audience"] == "https://api.clinic.example/"


@pytest.mark.parametrize("client_id", ["client_secret_basic", "RS384", "tls_client_auth"])
def test_revoked_token_is_refused_and_replaced(
    oidc_provider: Server, keys: Keys, authority: Path, client_id: str
) -> None:
    with session_for(
        oidc_provider,
        client_id,
        revocation_url=f"{oidc_provider.url}/token/revocation",
        **keys.session_options(client_id, authority),
    ) as session:
        session.get("/api")
        revoked = {"Authorization": f"Bearer {session.access_token}"}
        session.revoke_token()
        assert session.get("/api", auth=lambda sent: sent, headers=revoked).status_code == 401
        assert session.get("/api").status_code == 200


def discovered(server: Server, client_id: str, **options: Any) -> ClientCredentialsSession:
    session = ClientCredentialsSession.discover(
        client_id, issuer=server.url, base_url=server.url, **options
    )
    session.verify = server.ca_file
    return session


def test_discover_finds_the_token_and_the_revocation_endpoint(
    oidc_provider: Server, keys: Keys, authority: Path
) -> None:
    options = keys.session_options("ES384", authority)
    with discovered(oidc_provider, "ES384", **options) as session:
        assert session.get("/api").json()["client_id"] == "ES384"
        session.revoke_token()
        assert session.token == {}


def test_discover_with_a_certificate_uses_the_mtls_alias(
    oidc_provider: Server, keys: Keys, authority: Path
) -> None:
    options = keys.session_options("tls_client_auth", authority)
    urls: list[str] = []
    with discovered(
        oidc_provider, "tls_client_auth", trusted_token_hosts=["localhost"], **options
    ) as session:
        session.register_compliance_hook(
            "access_token_response", lambda response: urls.append(response.url) or response
        )
        assert session.get("/api").json()["client_id"] == "tls_client_auth"
    assert urls == [oidc_provider.url.replace("127.0.0.1", "localhost") + "/token"]


@pytest.mark.parametrize("client_id", ["client_secret_basic", "client_secret_jwt", "RS384"])
def test_sixteen_threads_get_one_token_per_lifetime(
    oidc_provider: Server,
    keys: Keys,
    authority: Path,
    pass_time: Callable[[float], None],
    client_id: str,
) -> None:
    def granted() -> int:
        return int(oidc_provider.get("/statistics").get(client_id, {}).get("granted", 0))

    clock, before = Clock(), granted()
    with session_for(
        oidc_provider, client_id, **keys.session_options(client_id, authority)
    ) as session:
        session._token_source.clock = clock
        for knows_of_expiry in (True, True, False, False):
            tokens = granted()
            statuses = run_in_threads(THREADS, lambda: session.get("/api").status_code)
            assert statuses == [200] * THREADS
            assert granted() - tokens == 1
            # A client whose clock is behind learns of the expiry by a 401.
            clock.advance(LIFETIME if knows_of_expiry else LIFETIME / 2)
            pass_time(LIFETIME + 1)
    assert granted() - before == 4
