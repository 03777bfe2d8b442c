"""Options of sessions for the type checkers alone, as in ``typing_api.py``: nothing here is run.

A type checker knows which options exclude each other by the overloads of the constructors. Two of
its limits are decisions:

- ``token_fetcher`` goes with ``token_url``, because the URL says what a token belongs to: in a
  store, and without ``base_url`` for the origin.
- A subclass that hands its own arguments on calls the constructor through ``Any``, as `APISession`
  does. Their types are unions, and each overload takes only one part of them.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import Any

import requests

from pokitdok_session import (
    APISession,
    ClientCredentialsSession,
    FileTokenStore,
    PokitDokSession,
    PrivateKeyJWT,
)

URL = "https://id.example/token"


def fetch(session: requests.Session) -> dict[str, Any]:
    return {}


def read(response: requests.Response) -> dict[str, Any]:
    return {}


def sign() -> str:
    return ""


def has_expired(response: requests.Response) -> bool:
    return response.status_code == 403


def options_of_every_client() -> None:
    ClientCredentialsSession("id", "secret", URL)
    ClientCredentialsSession(
        "id",
        "secret",
        URL,
        base_url="https://api.example",
        scope=["a"],
        token_header="X-Token",
        token_prefix=None,
        origin_headers={"Client-Id": "id"},
        expired_statuses=(401, 403),
        insecure_hosts=("keycloak",),
        store=FileTokenStore("/tmp/tokens"),
        timeout=(5, 60),
    )
    APISession("id", "secret", URL, expired_statuses=has_expired, max_rate_limit_wait=15)
    PokitDokSession(insecure_hosts=["mock"])

    ClientCredentialsSession("id", "secret", URL, scop="a")  # type: ignore[call-overload]
    ClientCredentialsSession("id", "secret", URL, token_prefix=1)  # type: ignore[call-overload]
    ClientCredentialsSession("id", "secret", URL, origin_headers=["X"])  # type: ignore[call-overload]
    ClientCredentialsSession("id", "secret", URL, expired_statuses=403)  # type: ignore[call-overload]
    APISession("id", "secret", URL, max_rate_limit_wait="15")  # type: ignore[call-overload]
    ClientCredentialsSession("id", "secret", URL, max_rate_limit_wait=1)  # type: ignore[call-overload]


def a_secret_excludes_an_assertion(key: PrivateKeyJWT, environment: dict[str, Any]) -> None:
    ClientCredentialsSession("id", "secret", URL, token_endpoint_auth_method="client_secret_jwt")
    ClientCredentialsSession(
        "id", None, URL, client_assertion=key, token_endpoint_auth_method="private_key_jwt"
    )
    APISession("id", None, URL, client_assertion=sign, token_endpoint_auth_method="private_key_jwt")
    ClientCredentialsSession("id", None, URL, token_endpoint_auth_method="tls_client_auth")
    APISession("id", "secret", URL, **environment)

    ClientCredentialsSession("id", None, URL)  # type: ignore[call-overload]
    ClientCredentialsSession("id", None, URL, client_assertion=key)  # type: ignore[call-overload]
    ClientCredentialsSession("id", "secret", URL, client_assertion=key)  # type: ignore[call-overload]
    APISession("id", "secret", URL, token_endpoint_auth_method="private_key_jwt")  # type: ignore[call-overload]
    APISession("id", "secret", URL, token_endpoint_auth_method="tls_client_auth")  # type: ignore[call-overload]
    APISession("id", None, URL, token_endpoint_auth_method="client_secret_post")  # type: ignore[call-overload]
    APISession("id", "secret", URL, token_endpoint_auth_method="none")  # type: ignore[call-overload]


def a_fetcher_excludes_a_reader() -> None:
    ClientCredentialsSession("id", "secret", URL, token_response=read)
    ClientCredentialsSession("id", None, URL, token_fetcher=fetch)
    APISession("id", "secret", URL, token_fetcher=fetch)

    ClientCredentialsSession("id", "secret", URL, token_fetcher=fetch, token_response=read)  # type: ignore[call-overload]
    APISession("id", None, URL, token_fetcher=fetch, client_assertion=sign)  # type: ignore[call-overload]


def an_issuer_excludes_a_fhir_base(key: PrivateKeyJWT) -> None:
    found: ClientCredentialsSession = ClientCredentialsSession.discover(
        "id", "secret", issuer="https://id.example", trusted_token_hosts=["login.example"]
    )
    api: APISession = APISession.discover(
        "id",
        fhir_base="https://fhir.example",
        client_assertion=key,
        token_endpoint_auth_method="private_key_jwt",
        max_rate_limit_wait=15,
    )
    found.get("/a")
    api.call("GET", "/a")

    ClientCredentialsSession.discover("id", "secret")  # type: ignore[call-overload]
    ClientCredentialsSession.discover("id", "secret", issuer="a", fhir_base="b")  # type: ignore[call-overload]
    ClientCredentialsSession.discover("id", "secret", issuer="a", scop="b")  # type: ignore[call-overload]
    ClientCredentialsSession.discover("id", "secret", issuer="a", token_url="b")  # type: ignore[call-overload]
    APISession.discover("id", "secret", issuer="a", timeout="5")  # type: ignore[call-overload]
