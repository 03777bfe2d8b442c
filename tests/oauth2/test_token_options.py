"""What one provider's token endpoint needs: format, headers, readers and fetchers."""

from __future__ import annotations

import json
import logging
import pickle
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from pokitdok_session import ClientCredentialsSession, FileTokenStore, PrivateKeyJWT, TokenError
from support.clock import Clock
from support.http_server import ScriptedResponse, ScriptedServer


def session_for(endpoint: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_id", "client")
    options.setdefault("client_secret", "secret")
    options.setdefault("token_url", f"{endpoint.url}/token")
    return ClientCredentialsSession(**options)


# The request


def test_token_request_format_json_sends_a_json_object(endpoint: ScriptedServer) -> None:
    with session_for(
        endpoint,
        token_request_format="json",
        token_endpoint_auth_method="client_secret_post",
        token_params={"audience": "https://api.example/"},
    ) as session:
        session.fetch_token()
    (seen,) = endpoint.seen
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Accept"] == "application/json"
    assert json.loads(seen.body) == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "secret",
        "audience": "https://api.example/",
    }


def test_token_headers_are_sent_with_the_token_request_only(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, token_headers={"X-Service": "orders"}) as session:
        session.get(f"{endpoint.url}/api")
    token_request, api_request = endpoint.seen
    assert token_request.headers["X-Service"] == "orders"
    assert token_request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "X-Service" not in api_request.headers


def test_include_client_id_sends_the_id_beside_the_header(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, include_client_id=True) as session:
        session.fetch_token()
    (seen,) = endpoint.seen
    assert seen.body == b"grant_type=client_credentials&client_id=client"
    assert str(seen.authorization).startswith("Basic ")


# The response


@pytest.mark.parametrize("token_type", ["BearerToken", "Application Access Token", "JWT", "x" * 99])
def test_token_type_that_means_bearer_is_used_and_logged(
    endpoint: ScriptedServer, caplog: pytest.LogCaptureFixture, token_type: str
) -> None:
    body = json.dumps({"access_token": "granted", "token_type": token_type}).encode()
    endpoint.script["/token"] = ScriptedResponse(body=body)
    with caplog.at_level(logging.DEBUG), session_for(endpoint) as session:
        session.get(f"{endpoint.url}/api")
    assert endpoint.seen[1].authorization == "Bearer granted"
    assert f"using a token of type {token_type.lower()} as a bearer token" in caplog.text


def test_unprintable_token_type_is_not_logged(
    endpoint: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.script["/token"] = ScriptedResponse(
        body=b'{"access_token": "a", "token_type": "s3cr3t/="}'
    )
    with caplog.at_level(logging.DEBUG), session_for(endpoint) as session:
        session.fetch_token()
    assert "s3cr3t" not in caplog.text
    assert "of type that is not shown" in caplog.text


def test_token_response_reads_other_names_nested_objects_and_text(
    endpoint: ScriptedServer, clock: Clock
) -> None:
    def read(response: requests.Response) -> dict[str, Any]:
        token, seconds = response.text.split(";")
        return {"access_token": token, "expires_in": seconds}

    endpoint.script["/token"] = ScriptedResponse(
        body=b"by-text;60", headers={"Content-Type": "text/plain"}
    )
    with session_for(endpoint, token_response=read) as session:
        session._token_source.clock = clock
        session.get(f"{endpoint.url}/api")
        clock.advance(61)
        session.get(f"{endpoint.url}/api")
    assert [seen.path for seen in endpoint.seen] == ["/token", "/api"] * 2
    assert endpoint.seen[1].authorization == "Bearer by-text"


def test_token_response_is_not_called_for_an_error(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = ScriptedResponse(401, b'{"error": "invalid_client"}')
    with (
        session_for(endpoint, token_response=pytest.fail) as session,
        pytest.raises(TokenError, match="invalid_client"),
    ):
        session.fetch_token()


def raise_key_error(response: requests.Response) -> dict[str, Any]:
    raise KeyError("accessToken")


def raise_token_error(response: Any) -> dict[str, Any]:
    raise TokenError("the broker is closed")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (
            raise_key_error,
            "token_response raised KeyError; __cause__ has its text; no new token",
        ),
        (raise_token_error, "the broker is closed"),
        (lambda response: "granted", "token_response must return a dict .*, got str"),
        (lambda response: {}, "not a token response"),
        (lambda response: {"token": "x"}, "it has no access_token"),
    ],
)
def test_token_response_that_fails_is_a_token_error(
    endpoint: ScriptedServer, read: Any, text: str
) -> None:
    with (
        session_for(endpoint, token_response=read) as session,
        pytest.raises(TokenError, match=text),
    ):
        session.fetch_token()


def test_token_response_decides_about_a_member_error(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = ScriptedResponse(body=b'{"error": 0, "token": "granted"}')
    with session_for(
        endpoint, token_response=lambda response: {"access_token": response.json()["token"]}
    ) as session:
        assert session.fetch_token()["access_token"] == "granted"


def test_granted_scope_is_a_list_that_knows_what_is_missing(endpoint: ScriptedServer) -> None:
    body = b'{"access_token": "a", "scope": "claims:read-only other"}'
    endpoint.script["/token"] = ScriptedResponse(body=body)
    with session_for(endpoint, scope="claims:read other") as session:
        token: Any = session.fetch_token()
    assert token["scope"] == ["claims:read-only", "other"]
    assert "claims:read" not in token["scope"]
    assert token.scope_changed
    assert token.missing_scopes == ["claims:read"]


def test_changed_scope_is_logged_and_never_raised(
    endpoint: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.script["/token"] = ScriptedResponse(body=b'{"access_token": "a", "scope": "read"}')
    with (
        caplog.at_level(logging.INFO),
        session_for(endpoint, scope="read write") as session,
    ):
        assert session.get(f"{endpoint.url}/api").status_code == 200
    assert "lacks scopes that were requested: write" in caplog.text


# A fetcher instead of the token request


def test_token_fetcher_replaces_the_token_request(endpoint: ScriptedServer, clock: Clock) -> None:
    sessions: list[Any] = []

    def fetch(session: ClientCredentialsSession) -> dict[str, Any]:
        sessions.append(session)
        return {"access_token": f"fetched-{len(sessions)}", "expires_in": 60}

    with session_for(endpoint, client_secret=None, token_fetcher=fetch) as session:
        session._token_source.clock = clock
        for _ in range(3):
            session.get(f"{endpoint.url}/api")
        clock.advance(61)
        session.get(f"{endpoint.url}/api")
        assert session.fetch_token()["access_token"] == "fetched-3"
    assert sessions == [session] * 3
    bearers = [seen.authorization for seen in endpoint.seen]
    assert bearers == ["Bearer fetched-1"] * 3 + ["Bearer fetched-2"]


@pytest.mark.parametrize(
    ("fetch", "text", "is_permanent"),
    [
        (raise_key_error, "token_fetcher raised KeyError; __cause__ has its text", False),
        (raise_token_error, "the broker is closed", False),
        (lambda session: "granted", "token_fetcher must return a dict .*, got str", True),
        (lambda session: {"token": 1}, "token that cannot be used: it has no access_token", True),
    ],
)
def test_token_fetcher_that_fails_is_a_token_error(
    endpoint: ScriptedServer, fetch: Any, text: str, is_permanent: bool
) -> None:
    with (
        session_for(endpoint, token_fetcher=fetch) as session,
        pytest.raises(TokenError, match=text) as caught,
    ):
        session.get(f"{endpoint.url}/api")
    assert caught.value.is_permanent is is_permanent
    assert endpoint.seen == []


# The store


def test_store_keeps_tokens_of_different_claims_apart(
    endpoint: ScriptedServer, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048)
    store = FileTokenStore(tmp_path / "tokens.json")
    for patient in ("one", "two", "one"):
        assertion = PrivateKeyJWT(key, audience="https://id.example", claims={"patient": patient})
        with session_for(
            endpoint,
            client_secret=None,
            token_endpoint_auth_method="private_key_jwt",
            client_assertion=assertion,
            store=store,
        ) as session:
            session.get(f"{endpoint.url}/api")
    assert [seen.path for seen in endpoint.seen].count("/token") == 2


def test_store_with_claims_by_a_callable_is_refused(
    endpoint: ScriptedServer, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    with pytest.raises(ValueError, match="store must be None with a callable as claims"):
        session_for(
            endpoint,
            client_secret=None,
            token_endpoint_auth_method="private_key_jwt",
            client_assertion=PrivateKeyJWT(key, claims=dict),
            store=FileTokenStore(tmp_path / "tokens.json"),
        )


def test_options_travel_in_a_pickle(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, token_headers={"X-Service": "orders"}) as session:
        copied = pickle.loads(pickle.dumps(session))
        copied.fetch_token()
    assert endpoint.seen[0].headers["X-Service"] == "orders"


# Certificates


def test_expired_certificate_of_the_token_endpoint_is_named(tmp_path: Path) -> None:
    import datetime as dt

    ca = trustme.CA()
    expired = ca.issue_cert("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    expired.configure_cert(context)
    bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    with ScriptedServer(context=context) as server, session_for(server) as session:
        session.verify = str(bundle)
        with pytest.raises(TokenError, match="expired: check this machine's clock"):
            session.fetch_token()


# Misuse


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"token_request_format": "xml"}, ValueError, "token_request_format must be one of"),
        ({"token_headers": ["X"]}, TypeError, "token_headers must be a dict"),
        ({"token_headers": {"X": 1}}, TypeError, r"token_headers\['X'\] must be a string, got int"),
        ({"token_headers": {1: "x"}}, TypeError, "names in token_headers must be strings, got int"),
        ({"token_headers": {"authorization": "x"}}, ValueError, "must not contain Authorization"),
        ({"token_response": "x"}, TypeError, "token_response must be callable, got str"),
        ({"token_fetcher": "x"}, TypeError, "token_fetcher must be callable, got str"),
        (
            {"token_fetcher": dict, "token_response": dict},
            ValueError,
            "token_response must be None",
        ),
        ({"include_client_id": "yes"}, TypeError, "include_client_id must be True or False"),
        ({"token_cert": ("a", "b", "c")}, TypeError, "token_cert must be the path"),
        ({"revocation_url": "/revoke"}, requests.RequestException, "revocation_url must be"),
    ],
)
def test_option_that_cannot_work_is_an_error(
    endpoint: ScriptedServer, options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session_for(endpoint, **options)
