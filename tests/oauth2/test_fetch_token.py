"""`fetch_token` and `refresh_token` with the parameters of OAuth2Session."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import (
    ClientCredentialsSession,
    PokitDokSession,
    TokenError,
)
from pokitdok_session.sandbox import Record, Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedResponse, ScriptedServer
from support.token_requests import PATH, TOKEN, credentials_of, form_of


def asked(sandbox: Sandbox, session: PokitDokSession, **how: Any) -> Record:
    session.fetch_token(**how)
    return sandbox.token_log[-1]


def test_fetch_token_returns_the_token_and_the_session_uses_it(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = session.fetch_token()
    assert token == session.token
    assert token["token_type"] == "bearer"
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 1


def test_fetch_token_with_a_valid_token_requests_another(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert session.fetch_token()["access_token"] != session.fetch_token()["access_token"]


def test_fetch_token_include_client_id_chooses_form_or_header(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    record = asked(sandbox, session, include_client_id=True)
    assert "Authorization" not in record.headers
    assert dict(form_of(record))["client_secret"] == sandbox.client_secret
    record = asked(sandbox, session, include_client_id=False)
    assert credentials_of(record) == (sandbox.client_id, sandbox.client_secret)


def test_fetch_token_client_secret_holds_for_one_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    with pytest.raises(TokenError):
        session.fetch_token(client_secret="another")
    assert credentials_of(sandbox.token_log[-1]) == (sandbox.client_id, "another")
    session.fetch_token()
    assert credentials_of(sandbox.token_log[-1]) == (sandbox.client_id, sandbox.client_secret)


def test_fetch_token_auth_replaces_the_credentials(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    app = sandbox.add_app("other", "words")
    record = asked(sandbox, session, auth=(app.client_id, app.client_secret))
    assert credentials_of(record) == ("other", "words")


def test_fetch_token_further_keywords_are_form_fields(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    record = asked(
        sandbox,
        session,
        body="first=1&empty=",
        username="somebody",
        password="words",
        resource=["a", "b"],
    )
    assert sorted(form_of(record)) == [
        ("empty", ""),
        ("first", "1"),
        ("grant_type", "client_credentials"),
        ("password", "words"),
        ("resource", "a"),
        ("resource", "b"),
        ("username", "somebody"),
    ]
    assert form_of(asked(sandbox, session)) == [("grant_type", "client_credentials")]


def test_fetch_token_headers_replace_the_default_ones(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    record = asked(sandbox, session, headers={"X-Own": "1"})
    assert record.headers["X-Own"] == "1"
    assert record.headers["Accept"] == "*/*"


GRANT = {"grant_type": ["client_credentials"]}


@pytest.mark.parametrize(
    ("how", "method", "in_query"),
    [
        ({}, "POST", False),
        ({"method": "post"}, "POST", False),
        ({"method": "GET"}, "GET", True),
        ({"force_querystring": True}, "POST", True),
    ],
)
def test_fetch_token_method_and_querystring_choose_the_place(
    session: PokitDokSession,
    other_origin: ScriptedServer,
    how: dict[str, Any],
    method: str,
    in_query: bool,
) -> None:
    other_origin.script["/token"] = ScriptedResponse(body=b'{"access_token": "x"}')
    assert session.fetch_token(other_origin.url + "/token", **how)["access_token"] == "x"
    (seen,) = other_origin.requests
    assert seen.method == method
    query = urllib.parse.parse_qs(seen.path.partition("?")[2])
    assert (query, urllib.parse.parse_qs(seen.body.decode())) == (
        (GRANT, {}) if in_query else ({}, GRANT)
    )


def test_fetch_token_transport_options_hold_for_one_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    went: list[Any] = []

    class Watching(Transport):
        def send(self, request: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
            went.append(kwargs)
            return super().send(request, **{**kwargs, "proxies": {}, "cert": None})

    session.mount(sandbox.base_url + TOKEN, Watching(verify=sandbox.ca_file))
    session.fetch_token(verify=False, proxies={"https": "http://p"}, cert="c", timeout=7)
    session.fetch_token()
    first, second = went
    assert (first["verify"], first["cert"], first["timeout"]) == (False, "c", 7)
    assert first["proxies"]["https"] == "http://p"
    assert second["verify"] == sandbox.ca_file
    assert (second["cert"], second["timeout"]) == (None, (5, 30))
    assert second["proxies"] == {}


@pytest.mark.parametrize(
    "how",
    [{"code": "x"}, {"authorization_response": "https://x/?code=y"}, {"method": "PUT"}],
    ids=str,
)
def test_fetch_token_argument_of_another_grant_is_refused(
    sandbox: Sandbox, session: PokitDokSession, how: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"this grant has neither|must be .GET. or .POST."):
        session.fetch_token(**how)
    assert sandbox.token_requests == 0


def test_refresh_token_sends_the_credentials_again(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    first = session.fetch_token()
    assert session.refresh_token(sandbox.base_url + TOKEN)["access_token"] != first["access_token"]
    assert form_of(sandbox.token_log[-1]) == [("grant_type", "client_credentials")]


def test_fetch_token_over_plain_http_is_refused(
    session: PokitDokSession,
) -> None:

    with pytest.raises(
        InsecureTransportError, match=r"must begin with https://, got http://auth\.example/token"
    ):
        session.fetch_token("http://user:words@auth.example/token?key=kept")
    with pytest.raises(InsecureTransportError):
        ClientCredentialsSession("id", "secret", "http://auth.example/token")
