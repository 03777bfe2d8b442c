"""`discover`: the token endpoint from the metadata that a provider publishes."""

from __future__ import annotations

import json
import pickle
from operator import methodcaller
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, ClientCredentialsSession, PokitDokSession, TokenError
from support.http_server import ScriptedResponse, ScriptedServer

GRANTED = ScriptedResponse(body=b'{"access_token": "granted", "token_type": "bearer"}')
OPENID = "/realm/.well-known/openid-configuration"
RFC_8414 = "/.well-known/oauth-authorization-server/realm"
SMART = "/fhir/.well-known/smart-configuration"


def publish(server: ScriptedServer, path: str, **metadata: Any) -> None:
    metadata = {
        "issuer": f"{server.url}/realm",
        "token_endpoint": f"{server.url}/token",
        **metadata,
    }
    server.script["/token"] = GRANTED
    server.script[path] = ScriptedResponse(body=json.dumps(metadata).encode())


def paths(server: ScriptedServer) -> list[str]:
    return [seen.path for seen in server.requests]


def by_issuer(server: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    return ClientCredentialsSession.discover(
        "client", "secret", issuer=f"{server.url}/realm", **options
    )


def test_discover_by_issuer_reads_the_metadata_once(other_origin: ScriptedServer) -> None:
    publish(other_origin, OPENID)
    with by_issuer(other_origin) as session:
        assert other_origin.requests == []
        session.get(f"{other_origin.url}/api")
        session.fetch_token()
    assert paths(other_origin) == [OPENID, "/token", "/api", "/token"]
    assert other_origin.requests[0].authorization is None


def test_discover_by_issuer_falls_back_to_rfc_8414(other_origin: ScriptedServer) -> None:
    other_origin.script[OPENID] = ScriptedResponse(404)
    publish(other_origin, RFC_8414)
    with by_issuer(other_origin) as session:
        session.fetch_token()
    assert paths(other_origin) == [OPENID, RFC_8414, "/token"]


def test_discover_by_fhir_base_makes_it_the_base_url(other_origin: ScriptedServer) -> None:
    publish(other_origin, SMART, issuer="https://login.example")
    with ClientCredentialsSession.discover(
        "client", "secret", fhir_base=f"{other_origin.url}/fhir/"
    ) as session:
        copied = pickle.loads(pickle.dumps(session))
        copied.get("/Patient")
    assert paths(other_origin) == [SMART, "/token", "/fhir/Patient"]


def test_discovered_mtls_alias_is_used_with_a_certificate(other_origin: ScriptedServer) -> None:
    publish(
        other_origin, OPENID, mtls_endpoint_aliases={"token_endpoint": f"{other_origin.url}/mtls"}
    )
    other_origin.script["/mtls"] = GRANTED
    with ClientCredentialsSession.discover(
        "client", issuer=f"{other_origin.url}/realm", token_endpoint_auth_method="tls_client_auth"
    ) as session:
        session.fetch_token()
    assert paths(other_origin) == [OPENID, "/mtls"]


def test_discovered_revocation_endpoint_is_used(other_origin: ScriptedServer) -> None:
    publish(other_origin, OPENID, revocation_endpoint=f"{other_origin.url}/revoke")
    with by_issuer(other_origin) as session:
        session.fetch_token()
        session.revoke_token()
    assert paths(other_origin) == [OPENID, "/token", "/revoke"]


def test_moved_token_endpoint_is_found_after_a_404(other_origin: ScriptedServer) -> None:
    publish(other_origin, OPENID)
    with by_issuer(other_origin) as session:
        session.fetch_token()
        publish(other_origin, OPENID, token_endpoint=f"{other_origin.url}/moved")
        other_origin.script["/token"] = ScriptedResponse(404)
        other_origin.script["/moved"] = GRANTED
        session.fetch_token()
    assert paths(other_origin) == [OPENID, "/token", "/token", OPENID, "/moved"]


def test_token_endpoint_that_is_missing_and_has_not_moved_is_an_error(
    other_origin: ScriptedServer,
) -> None:
    publish(other_origin, OPENID)
    other_origin.script["/token"] = ScriptedResponse(404)
    with by_issuer(other_origin) as session, pytest.raises(TokenError, match="returned 404"):
        session.fetch_token()


def test_another_token_url_is_used_without_metadata(other_origin: ScriptedServer) -> None:
    other_origin.script["/other"] = GRANTED
    with by_issuer(other_origin) as session:
        session.fetch_token(f"{other_origin.url}/other")
    assert paths(other_origin) == ["/other"]


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"issuer": "https://other.example"}, "but names https://other.example: check issuer"),
        ({"token_endpoint": "https://evil.example/t"}, r"trusted_token_hosts=\['evil.example'\]"),
        ({"token_endpoint": "nonsense"}, "must have a URL as token_endpoint"),
        ({"token_endpoint": None}, "was found: .* returned 200, .* returned 200; check issuer"),
    ],
)
def test_metadata_that_must_not_be_used_is_a_token_error(
    other_origin: ScriptedServer, metadata: dict[str, Any], text: str
) -> None:
    publish(other_origin, OPENID, **metadata)
    with by_issuer(other_origin) as session, pytest.raises(TokenError, match=text) as caught:
        session.get(f"{other_origin.url}/api")
    assert caught.value.is_permanent
    assert "/token" not in paths(other_origin)


@pytest.mark.parametrize(
    ("metadata", "options", "call"),
    [
        (
            {"revocation_endpoint": "https://evil.example/r"},
            {"client_secret": "secret"},
            methodcaller("revoke_token", "a-token"),
        ),
        (
            {"mtls_endpoint_aliases": {"token_endpoint": "https://evil.example/t"}},
            {"token_endpoint_auth_method": "tls_client_auth"},
            methodcaller("fetch_token"),
        ),
    ],
    ids=["revocation", "mtls"],
)
def test_endpoint_on_another_host_matters_only_when_it_is_used(
    other_origin: ScriptedServer, metadata: dict[str, Any], options: dict[str, Any], call: Any
) -> None:
    publish(other_origin, OPENID, **metadata)
    with by_issuer(other_origin) as session:
        session.fetch_token()
    with (
        ClientCredentialsSession.discover(
            "client", issuer=f"{other_origin.url}/realm", **options
        ) as session,
        pytest.raises(TokenError, match=r"trusted_token_hosts=\['evil.example'\]"),
    ):
        call(session)


def test_trusted_token_host_may_be_another(other_origin: ScriptedServer) -> None:
    other = other_origin.url.replace("127.0.0.1", "localhost")
    publish(other_origin, OPENID, token_endpoint=f"{other}/token")
    with by_issuer(other_origin, trusted_token_hosts=["localhost"]) as session:
        assert session.fetch_token()["access_token"] == "granted"


@pytest.mark.parametrize("named", [[], ["login.example"], ["sub.localhost"], ["host"]])
def test_smart_token_endpoint_on_another_host_is_refused_unless_named(
    other_origin: ScriptedServer, named: list[str]
) -> None:
    other = other_origin.url.replace("127.0.0.1", "localhost")
    publish(other_origin, SMART, token_endpoint=f"{other}/token")
    fhir_base = f"{other_origin.url}/fhir"
    options = {"fhir_base": fhir_base, "trusted_token_hosts": named}
    with (
        ClientCredentialsSession.discover("client", "secret", **options) as session,
        pytest.raises(TokenError, match=r"name it in trusted_token_hosts=\['localhost'\]"),
    ):
        session.fetch_token()
    assert paths(other_origin) == [SMART]
    options["trusted_token_hosts"] = [*named, "LOCALHOST"]
    with ClientCredentialsSession.discover("client", "secret", **options) as session:
        session.fetch_token()
    assert paths(other_origin) == [SMART, SMART, "/token"]


def test_metadata_that_lists_too_few_capabilities_is_used(other_origin: ScriptedServer) -> None:
    few: dict[str, Any] = {
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "scopes_supported": [],
        "capabilities": [],
    }
    publish(other_origin, OPENID, **few)
    with by_issuer(other_origin, scope="a") as session:
        session.fetch_token()
    assert paths(other_origin) == [OPENID, "/token"]


def test_metadata_over_plain_http_of_another_host_is_refused(other_origin: ScriptedServer) -> None:
    publish(other_origin, OPENID, token_endpoint="http://id.example/token")
    with (
        by_issuer(other_origin, trusted_token_hosts=["id.example"]) as session,
        pytest.raises(requests.RequestException, match="must begin with https"),
    ):
        session.fetch_token()


def test_metadata_with_a_status_of_a_moment_can_be_read_later(other_origin: ScriptedServer) -> None:
    other_origin.script[OPENID] = ScriptedResponse(503)
    other_origin.script[RFC_8414] = ScriptedResponse(404)
    with by_issuer(other_origin) as session:
        with pytest.raises(TokenError, match=r"503, .* returned 404; .* try again later") as caught:
            session.get(f"{other_origin.url}/api")
        assert not caught.value.is_permanent
        publish(other_origin, OPENID)
        assert session.get(f"{other_origin.url}/api").status_code == 200


def test_metadata_without_a_response_is_a_token_error() -> None:
    with (
        ClientCredentialsSession.discover("id", "secret", issuer="http://127.0.0.1:9") as session,
        pytest.raises(TokenError, match="without its metadata no token was requested") as caught,
    ):
        session.fetch_token()
    assert not caught.value.is_permanent


def test_metadata_through_a_remote_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with (
        ClientCredentialsSession.discover("id", "secret", issuer="http://127.0.0.1:9") as session,
        pytest.raises(requests.RequestException, match="NO_PROXY"),
    ):
        session.fetch_token()


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({}, ValueError, "either issuer or fhir_base, got neither"),
        (
            {"issuer": "https://a.example", "fhir_base": "https://b.example"},
            ValueError,
            "either issuer or fhir_base, got both",
        ),
        (
            {"issuer": "https://a.example", "trusted_token_hosts": "b.example"},
            TypeError,
            "must be a list of host names",
        ),
        (
            {"issuer": "https://a.example", "trusted_token_hosts": ["https://b.example"]},
            ValueError,
            "trusted_token_hosts must hold host names without scheme, port and path",
        ),
        ({"fhir_base": "fhir"}, requests.RequestException, "fhir_base must be an absolute URL"),
    ],
)
def test_discover_with_arguments_that_cannot_work_is_an_error(
    options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        ClientCredentialsSession.discover("client", "secret", **options)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("scop", r"discover\(\) has no option 'scop'. Did you mean 'scope'\?"),
        ("fhirbase", r"has no option 'fhirbase'. Did you mean 'fhir_base'\?"),
        ("zzz", r"has no option 'zzz'.$"),
        ("token_url", "finds the token_url itself"),
        ("max_rate_limit_wait", "has no option 'max_rate_limit_wait'"),
    ],
)
def test_discover_with_an_unknown_option_is_a_type_error(option: str, text: str) -> None:
    options: dict[str, Any] = {option: "x"}
    with pytest.raises(TypeError, match=text):
        ClientCredentialsSession.discover("id", "secret", issuer="https://a.example", **options)


def test_discover_takes_the_options_of_a_subclass() -> None:
    class Own(ClientCredentialsSession):
        def __init__(self, *args: Any, colour: str, **options: Any) -> None:
            build: Any = super().__init__
            build(*args, **options)
            self.colour = colour

    options: dict[str, Any] = {"colour": "blue"}
    assert Own.discover("id", "secret", issuer="https://a.example", **options).colour == "blue"
    api = APISession.discover("id", "secret", fhir_base="https://a.example", max_rate_limit_wait=5)
    assert (api.max_rate_limit_wait, api.base_url) == (5, "https://a.example")


def test_discover_of_a_session_that_knows_its_endpoint_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="PokitDokSession knows its token endpoint"):
        PokitDokSession.discover("id", "secret", issuer="https://a.example")
