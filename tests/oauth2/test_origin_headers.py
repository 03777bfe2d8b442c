"""``origin_headers``: headers for the session's own origins, which no other host gets."""

from __future__ import annotations

import copy
import logging
import pickle
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, ClientCredentialsSession
from support.http_server import ScriptedResponse, ScriptedServer, redirect
from support.recording import RecordingAdapter, session_for

NAME = "X-Api-Key"
KEY = "key-7f3a"
OWN = "own-words"
OTHER = "https://other.example/"


@pytest.fixture
def keyed(recorder: RecordingAdapter) -> ClientCredentialsSession:
    session = session_for(origin_headers={NAME: KEY, "Accept": "application/fhir+json"})
    session.mount("https://", recorder)
    return session


def received(server: ScriptedServer) -> list[tuple[str, str | None]]:
    return [(seen.path, seen.headers[NAME]) for seen in server.requests]


def test_origin_headers_go_to_the_origins_of_the_session_only(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    keyed.get("/a")
    keyed.get(OTHER)
    keyed.get("https://api.example:8443/")
    keyed.get("https://auth.example/")
    assert [request.headers.get(NAME) for request in recorder.sent] == [KEY, None, None, None]


def test_origin_headers_are_not_sent_with_the_token_request(other_origin: ScriptedServer) -> None:
    other_origin.script["/token"] = ScriptedResponse(body=b'{"access_token": "granted"}')
    url = other_origin.url
    with APISession(
        "id", "secret", f"{url}/token", base_url=url, origin_headers={NAME: KEY}
    ) as session:
        session.call("GET", "/x")
    assert received(other_origin) == [("/token", None), ("/x", KEY)]


@pytest.mark.parametrize("headers", [{NAME: OWN}, {NAME.lower(): OWN}, [(NAME, OWN)]])
def test_origin_headers_give_way_to_those_of_the_request(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter, headers: Any
) -> None:
    keyed.get("/a", headers=headers)
    assert recorder.sent[0].headers[NAME] == OWN


def test_origin_headers_are_removed_by_none_as_session_headers_are(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    keyed.get("/a", headers={NAME: None})
    assert NAME not in recorder.sent[0].headers


def test_origin_headers_replace_those_of_the_session(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    keyed.headers[NAME] = OWN
    keyed.get("/a")
    keyed.get(OTHER)
    assert [request.headers[NAME] for request in recorder.sent] == [KEY, OWN]
    accepted = [request.headers["Accept"] for request in recorder.sent]
    assert accepted == ["application/fhir+json", "*/*"]


def test_origin_headers_are_sent_without_the_token_too(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    keyed.get("/a", withhold_token=True)
    keyed.get("/a", auth=("user", "words"))
    assert [request.headers[NAME] for request in recorder.sent] == [KEY, KEY]
    assert "of-the-api" not in str([request.headers for request in recorder.sent])


def test_origin_headers_do_not_follow_the_url_of_a_compliance_hook(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter
) -> None:
    keyed.register_compliance_hook(
        "protected_request", lambda url, headers, data: (OTHER, headers, data)
    )
    keyed.get("/a")
    assert NAME not in recorder.sent[0].headers


@pytest.mark.parametrize("headers", [None, {NAME: OWN}])
@pytest.mark.parametrize("options", [{}, {"withhold_token": True}, {"auth": ("user", "words")}])
def test_origin_headers_are_removed_when_a_redirect_leaves_the_origin(
    other_origin: ScriptedServer, headers: Any, options: dict[str, Any]
) -> None:
    sent = OWN if headers else KEY
    with ScriptedServer() as api:
        api.script["/inside"] = redirect("/leave")
        api.script["/leave"] = redirect(f"{other_origin.url}/away")
        other_origin.script["/away"] = redirect(f"{api.url}/back")
        with session_for(api.url, origin_headers={NAME: KEY}) as session:
            session.get("/inside", headers=headers, **options)
        assert received(api) == [("/inside", sent), ("/leave", sent), ("/back", None)]
    assert received(other_origin) == [("/away", None)]


def test_header_of_that_name_follows_the_redirects_of_other_hosts(
    keyed: ClientCredentialsSession,
) -> None:
    recorder = RecordingAdapter(f"{OTHER}next")
    keyed.mount("https://", recorder)
    keyed.get(OTHER, headers={NAME: OWN})
    assert [request.headers[NAME] for request in recorder.sent] == [OWN, OWN]


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy])
def test_origin_headers_are_kept_by_copies_and_pickles(
    keyed: ClientCredentialsSession, recorder: RecordingAdapter, make_copy: Any
) -> None:
    for copied in (
        make_copy(keyed),
        pickle.loads(pickle.dumps(session_for(origin_headers={NAME: KEY}))),
    ):
        copied.mount("https://", recorder)
        copied.get("/a")
    assert [request.headers[NAME] for request in recorder.sent] == [KEY, KEY]


def test_origin_headers_are_neither_logged_nor_shown(
    other_origin: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    other_origin.script["/leave"] = redirect("https://127.0.0.1:9/away")
    with (
        caplog.at_level(logging.DEBUG),
        session_for(other_origin.url, origin_headers={NAME: KEY}) as session,
        pytest.raises(requests.ConnectionError) as caught,
    ):
        session.get("/leave")
    assert other_origin.requests[0].headers[NAME] == KEY
    shown = (caplog.text, repr(caught.value), repr(session), repr(session.auth))
    assert KEY not in str((*shown, session._token_usage, session._token_options))


@pytest.mark.parametrize(
    ("headers", "kind", "text"),
    [
        ("X-Api-Key: k", TypeError, "origin_headers must be a dict or None, got str"),
        ({1: "x"}, TypeError, "a name in origin_headers must be the name of a header, got int"),
        ({"": "x"}, ValueError, "a name in origin_headers must be the name of a header"),
        ({"Host": "x"}, ValueError, "a name in origin_headers must not be Host, which requests"),
        ({"authorization": KEY}, ValueError, "must not contain authorization, which holds the"),
        ({"X-A": 1}, TypeError, r"origin_headers\['X-A'\] must be a string, got int"),
        ({"X-A": None}, TypeError, r"origin_headers\['X-A'\] must be a string, got NoneType"),
        ({"X-A": f"{KEY}\r\nB: c"}, ValueError, r"\['X-A'\] must not contain a line break"),
        ({"X-A": f" {KEY}"}, ValueError, r"origin_headers\['X-A'\] must be printable latin-1"),
        ({"X-A": f"{KEY}\u0442"}, ValueError, r"origin_headers\['X-A'\] must be printable latin"),
        ({"X-A": f"{KEY}\x00"}, ValueError, r"origin_headers\['X-A'\] must be printable latin-1"),
    ],
)
def test_origin_headers_that_cannot_work_are_errors(
    headers: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        session_for(origin_headers=headers)
    assert KEY not in str(caught.value)


def test_origin_headers_may_hold_authorization_beside_another_token_header(
    recorder: RecordingAdapter,
) -> None:
    with session_for(
        token_header="X-Token", origin_headers={"Authorization": "Basic x"}
    ) as session:
        session.mount("https://", recorder)
        session.get("/a")
    assert recorder.sent[0].headers["Authorization"] == "Basic x"
    assert recorder.sent[0].headers["X-Token"] == "Bearer of-the-api"
