"""The token on redirects and on links to a next page."""

from __future__ import annotations

import io
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedServer, redirect
from support.paths import ACTIVITIES_PATH
from support.recording import BEARER, RecordingAdapter, send_redirected, session_for


def test_plain_http_redirect_to_the_token_host_is_not_followed(
    other_origin: ScriptedServer,
) -> None:
    other_origin.script["/"] = redirect("http://api.example/v4/patients?name=Zephyrine")
    with session_for() as session, pytest.raises(InsecureTransportError):
        session.get(other_origin.url + "/")


def test_redirect_within_the_token_origin_has_the_token(
    example_session: ClientCredentialsSession,
) -> None:
    own = "https://api.example/v4/new"
    assert send_redirected(example_session, "/old", own) == [BEARER, BEARER]
    assert send_redirected(example_session, "/old", "new?query") == [BEARER, BEARER]
    assert send_redirected(example_session, "/old", "https://API.example:443/new") == [
        BEARER,
        BEARER,
    ]


@pytest.mark.parametrize(
    "target",
    [
        "https://other.example/",
        "//other.example/",
        "https://api.example:8443/",
        "https://sub.api.example/",
        "http://other.example/",
        "https://api.example@other.example/",
    ],
)
def test_redirect_to_another_origin_has_no_token(
    example_session: ClientCredentialsSession, target: str
) -> None:
    sent, bare = send_redirected(example_session, "/old", target)
    assert sent == BEARER
    assert bare is None


def test_redirect_to_another_token_origin_has_the_token() -> None:
    with session_for(origins=["https://api.example", "https://files.example"]) as session:
        assert send_redirected(session, "/old", "https://files.example/x") == [BEARER, BEARER]


def test_redirect_with_the_auth_of_another_session_follows_its_origins() -> None:
    with session_for() as lent, session_for("https://other.example") as own:
        for target, header in [
            ("https://api.example/new", BEARER),
            ("https://other.example/new", None),
            ("https://third.example/new", None),
        ]:
            wire = RecordingAdapter(target)
            own.mount("https://", wire)
            own.get("https://api.example/old", auth=lent.auth)
            assert wire.authorizations() == [BEARER, header]


def test_redirect_from_http_to_https_on_loopback_loses_the_token() -> None:
    with session_for("http://localhost:80") as session:
        assert send_redirected(session, "/old", "https://localhost:443/x") == [BEARER, None]


def test_redirect_from_another_origin_to_ours_has_no_token(
    example_session: ClientCredentialsSession,
) -> None:
    source = "https://other.example/"
    assert send_redirected(example_session, source, "https://api.example/v4") == [None, None]


def test_redirect_keeps_caller_credentials_as_in_requests(
    example_session: ClientCredentialsSession,
) -> None:
    example_session.auth = ("user", "words")
    own = send_redirected(example_session, "/old", "https://api.example/new")
    away = send_redirected(example_session, "/old", "https://other.example/")
    assert own[0] == own[1] is not None
    assert own[0] == away[0]
    assert away[1] is None


def test_redirect_within_another_origin_keeps_caller_credentials(
    example_session: ClientCredentialsSession,
) -> None:
    recorder = RecordingAdapter("https://other.example/new")
    example_session.mount("https://", recorder)
    example_session.get("https://other.example/", auth=("user", "words"))
    first, second = recorder.authorizations()
    assert first == second is not None


def test_redirect_to_ours_drops_credentials_of_another_origin(
    example_session: ClientCredentialsSession,
) -> None:
    recorder = RecordingAdapter("https://api.example/v4")
    example_session.mount("https://", recorder)
    example_session.get("https://other.example/", auth=("user", "words"))
    assert recorder.authorizations()[1] is None


def test_redirect_away_and_back_sends_the_token_once_only(
    sandbox: Sandbox, other_origin: ScriptedServer
) -> None:
    with ScriptedServer() as api:
        api.script["/leave"] = redirect(other_origin.url + "/return")
        other_origin.script["/return"] = redirect(api.url + "/home")
        with session_for(api.url) as session:
            assert session.get("/leave").url == api.url + "/home"
        assert [seen.authorization for seen in api.requests] == [BEARER, None]
        assert [seen.authorization for seen in other_origin.requests] == [None]


def test_redirect_to_another_origin_keeps_only_caller_hooks(
    example_session: ClientCredentialsSession,
) -> None:
    def look(response: requests.Response, **kwargs: Any) -> None:
        """Do nothing."""

    recorder = RecordingAdapter("https://other.example/")
    example_session.mount("https://", recorder)
    example_session.get("/old", hooks={"response": [look]})
    assert len(recorder.sent[0].hooks["response"]) == 2
    assert recorder.sent[1].hooks["response"] == [look]


def test_redirect_treats_a_caller_header_as_requests_does(
    example_session: ClientCredentialsSession,
) -> None:
    for target, follows in (("https://api.example/new", True), ("https://other.example/", False)):
        recorder = RecordingAdapter(target)
        example_session.mount("https://", recorder)
        prepared = example_session.prepare_request(requests.Request("GET", "/old"))
        prepared.headers["Authorization"] = "Own words"
        example_session.send(prepared)
        assert recorder.authorizations() == ["Own words", "Own words" if follows else None]
        assert recorder.sent[1].hooks["response"] == []


def test_next_link_of_another_host_gets_no_token(
    sandbox: Sandbox, session: PokitDokSession, other_origin: ScriptedServer
) -> None:
    sandbox.fail(
        ACTIVITIES_PATH,
        body={"meta": {"next": other_origin.url + "/activities/?offset=20"}, "data": []},
    )
    reply = session.activities()
    session.get(reply.meta["next"])
    assert other_origin.requests[0].authorization is None


def test_redirect_keeps_content_length_of_a_half_read_body(session: PokitDokSession) -> None:
    # Because requests rewinds the body only after `rebuild_auth`, a length measured there would
    # be that of the unread rest, while the whole body is sent.
    session.token = {"access_token": "t", "expires_in": 3600}
    file = io.BytesIO(b"x" * 1000)
    url = f"{session.base_url}/claims/convert"
    sent = session.prepare_request(requests.Request("POST", url, data=file))
    file.read(400)
    response = requests.Response()
    response.request = sent
    followed = sent.copy()
    session.rebuild_auth(followed, response)
    assert followed.headers["Content-Length"] == "1000"
    assert followed.headers["Authorization"] == "Bearer t"
