"""netrc, an auth of the caller, and withhold_token beside the token."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedServer
from support.paths import ACTIVITIES_PATH
from support.recording import BEARER, RecordingAdapter, send_redirected


def test_netrc_does_not_replace_the_token(
    sandbox: Sandbox, session: PokitDokSession, netrc_header: str
) -> None:
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert session.get(sandbox.base_url + "/api/v4" + ACTIVITIES_PATH).status_code == 200
    session.get(ACTIVITIES_PATH, withhold_token=True)
    assert netrc_header not in [seen.headers.get("Authorization") for seen in sandbox.requests]


def test_netrc_does_not_replace_the_token_on_a_redirect(
    example_session: ClientCredentialsSession, netrc_header: str
) -> None:
    assert send_redirected(example_session, "/old", "https://api.example/new") == [BEARER, BEARER]
    into_ours = send_redirected(
        example_session, "https://elsewhere.example/", "https://api.example/"
    )
    assert into_ours == [None, None]


def test_netrc_is_used_for_other_origins_as_in_requests(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, netrc_header: str
) -> None:
    example_session.get("https://other.example/")
    example_session.get("https://unknown.example/")
    assert recorder.authorizations() == [netrc_header, None]
    assert send_redirected(example_session, "/old", "https://other.example/") == [
        BEARER,
        netrc_header,
    ]


def test_netrc_is_used_for_other_origins_with_any_timeout(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, netrc_header: str
) -> None:
    for options in ({"timeout": 5}, {"timeout": None}, {"withhold_token": True}):
        example_session.get("https://other.example/", **options)
    assert recorder.authorizations() == [netrc_header] * 3


def test_auth_of_another_session_overrides_netrc(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, netrc_header: str
) -> None:
    with ClientCredentialsSession(
        "id", "secret", "https://other.example/token", token={"access_token": "theirs"}
    ) as other:
        example_session.get("https://other.example/", auth=other.auth)
        example_session.get("https://localhost/", auth=other.auth)
    assert recorder.authorizations() == ["Bearer theirs", None]


def test_netrc_is_not_read_without_trust_env(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, netrc_header: str
) -> None:
    example_session.trust_env = False
    example_session.get("https://other.example/")
    assert recorder.authorizations() == [None]


def test_auth_of_the_request_replaces_the_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    example_session.get("/a", auth=("user", "words"))
    assert recorder.authorizations() == ["Basic " + base64.b64encode(b"user:words").decode()]


def test_auth_of_the_session_replaces_the_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    example_session.auth = ("user", "words")
    example_session.get("/a", timeout=3)
    example_session.get("/a", withhold_token=True)
    example_session.send(example_session.prepare_request(requests.Request("GET", "/a")))
    example_session.auth = None
    example_session.get("/a")
    basic = "Basic " + base64.b64encode(b"user:words").decode()
    assert recorder.authorizations() == [basic] * 3 + [None]


@pytest.mark.parametrize("nothing", ["", (), False])
def test_auth_that_is_falsy_still_sends_the_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, nothing: Any
) -> None:
    example_session.get("/a", auth=nothing)
    assert recorder.authorizations() == [BEARER]


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_withhold_token_sends_any_verb_without_token(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter, verb: str
) -> None:
    getattr(example_session, verb)("/a", withhold_token=True)
    getattr(example_session, verb)("/a")
    assert recorder.authorizations() == [None, BEARER]


def test_withhold_token_makes_no_token_request(sandbox: Sandbox, session: PokitDokSession) -> None:
    assert session.get(ACTIVITIES_PATH, withhold_token=True).status_code == 401
    assert sandbox.token_requests == 0


def test_withhold_token_keeps_the_header_of_the_caller(
    example_session: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    example_session.get("/a", withhold_token=True, headers={"Authorization": "Own words"})
    assert recorder.authorizations() == ["Own words"]


def test_session_auth_adds_the_token_to_a_plain_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    url = sandbox.base_url + "/api/v4" + ACTIVITIES_PATH
    assert requests.get(url, auth=session.auth, verify=sandbox.ca_file).status_code == 200


def test_session_auth_adds_no_token_on_another_origin(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer
) -> None:
    requests.get(other_origin.url, auth=session.auth)
    assert other_origin.requests[0].authorization is None
    assert sandbox.token_requests == 0


def test_session_auth_adds_no_token_over_plain_http(
    recorder: RecordingAdapter, example_session: ClientCredentialsSession
) -> None:
    with requests.Session() as plain:
        plain.mount("http://", recorder)
        plain.get("http://other.example/v4", auth=example_session.auth)
    assert recorder.authorizations() == [None]


def test_session_auth_over_plain_http_to_the_token_host_raises() -> None:
    with (
        ClientCredentialsSession(
            "id",
            "secret",
            "https://api.example.com/token",
            token={"access_token": "t", "expires_in": 3600},
        ) as session,
        pytest.raises(InsecureTransportError),
    ):
        requests.get("http://api.example.com/members/1", auth=session.auth)


def test_withhold_token_keeps_url_credentials_of_another_origin(
    other_origin: ScriptedServer,
) -> None:
    with ClientCredentialsSession("id", "secret", "https://api.example.com/token") as session:
        url = other_origin.url.replace("//", "//user:word@")
        session.get(url, withhold_token=True)
    assert other_origin.requests[-1].authorization == "Basic dXNlcjp3b3Jk"
