"""``token_header`` and ``token_prefix``: the token in a header of the provider's own."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from typing import Any

import pytest
import requests

from pokitdok_session import APISession, ClientCredentialsSession
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer, redirect
from support.recording import RecordingAdapter, session_for

HEADER = "X-Access-Token"
#: The token of `session_for`, without a prefix.
BARE = "of-the-api"
GRANTED = ScriptedResponse(body=b'{"access_token": "granted", "expires_in": 3600}')


def bare_session(server: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    """Return a session that sends the token alone, in a header of its own."""
    server.script["/token"] = GRANTED
    options = {"token_header": HEADER, "token_prefix": None, **options}
    return ClientCredentialsSession(
        "id", "secret", f"{server.url}/token", base_url=server.url, **options
    )


def received(server: ScriptedServer) -> list[str | None]:
    """Return the header of each request that is not a token request."""
    return [seen.headers[HEADER] for seen in server.requests if seen.path != "/token"]


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({}, "Authorization", "Bearer of-the-api"),
        ({"token_prefix": "Token"}, "Authorization", "Token of-the-api"),
        ({"token_prefix": None}, "Authorization", BARE),
        ({"token_header": "WM_SEC.ACCESS_TOKEN", "token_prefix": ""}, "WM_SEC.ACCESS_TOKEN", BARE),
        ({"token_header": HEADER}, HEADER, "Bearer of-the-api"),
    ],
)
def test_token_header_and_prefix_decide_how_the_token_is_sent(
    recorder: RecordingAdapter, options: dict[str, Any], name: str, value: str
) -> None:
    with session_for(**options) as session:
        session.mount("https://", recorder)
        session.get("/a")
        session.get("https://other.example/")
    ours, other = recorder.sent
    sent = {key: sent for key, sent in ours.headers.items() if BARE in sent}
    assert sent == {name: value}
    assert name not in other.headers


@pytest.mark.parametrize(
    "make_copy", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_token_header_is_kept_by_copies(recorder: RecordingAdapter, make_copy: Any) -> None:
    copied = make_copy(session_for(token_header=HEADER, token_prefix=None))
    copied.mount("https://", recorder)
    copied.get("/a")
    assert recorder.sent[0].headers[HEADER] == BARE


def test_token_header_fits_an_api_session_and_discovery(other_origin: ScriptedServer) -> None:
    other_origin.script["/token"] = GRANTED
    metadata = json.dumps({"token_endpoint": f"{other_origin.url}/token"}).encode()
    other_origin.script["/.well-known/smart-configuration"] = ScriptedResponse(body=metadata)
    with APISession.discover(
        "id", "secret", fhir_base=other_origin.url, token_header=HEADER, token_prefix=None
    ) as session:
        session.call("GET", "/x")
    assert other_origin.requests[-1].headers[HEADER] == "granted"


# Redirects


def test_token_header_stays_at_its_origin_on_a_redirect(other_origin: ScriptedServer) -> None:
    with ScriptedServer() as api, bare_session(api) as session:
        api.script["/inside"] = redirect("/leave")
        api.script["/leave"] = redirect(f"{other_origin.url}/away")
        assert session.get("/inside").url == f"{other_origin.url}/away"
        assert received(api) == ["granted", "granted"]
    assert received(other_origin) == [None]


def test_token_header_of_the_auth_object_stays_at_its_origin(
    other_origin: ScriptedServer,
) -> None:
    """Plain requests takes off the Authorization header only."""
    with ScriptedServer() as api, bare_session(api) as session:
        api.script["/inside"] = redirect("/leave")
        api.script["/leave"] = redirect(f"{other_origin.url}/away")
        other_origin.script["/away"] = redirect("/further")
        requests.get(f"{api.url}/inside", auth=session.auth)
        assert received(api) == ["granted", "granted"]
    assert received(other_origin) == [None, None]


def test_token_header_follows_no_location_that_requests_spells_otherwise(
    other_origin: ScriptedServer,
) -> None:
    r"""A host before ``\@`` is one until requests has quoted the URL."""
    with ScriptedServer() as api, bare_session(api) as session:
        hidden = other_origin.url.replace("http://", f"{api.url}\\@")
        api.script["/leave"] = redirect(f"{hidden}/away")
        requests.get(f"{api.url}/leave", auth=session.auth)
    assert received(other_origin) == [None]


def test_token_header_leaves_an_invalid_location_to_requests() -> None:
    with ScriptedServer() as api, bare_session(api) as session:
        api.script["/leave"] = redirect("http://[bad")
        with pytest.raises(ValueError, match="Invalid IPv6 URL") as caught:
            session.post("/leave")
        assert caught.value.processed is None  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="Invalid IPv6 URL"):
            requests.get(f"{api.url}/leave", auth=session.auth)


@pytest.mark.parametrize("is_plain", [False, True])
def test_token_header_stays_at_its_origin_after_a_replay(
    other_origin: ScriptedServer, is_plain: bool
) -> None:
    tokens = iter(("first", "second"))

    def leave(seen: ReceivedRequest) -> ScriptedResponse:
        is_new = seen.headers[HEADER] == "second"
        return redirect(f"{other_origin.url}/away") if is_new else ScriptedResponse(401)

    with ScriptedServer({"/leave": leave}) as api, bare_session(api) as session:
        api.script["/token"] = lambda seen: ScriptedResponse(
            body=b'{"access_token": "%s"}' % next(tokens).encode()
        )
        url = f"{api.url}/leave"
        requests.get(url, auth=session.auth) if is_plain else session.get(url)
        assert received(api) == ["first", "second"]
    assert received(other_origin) == [None]


# A header of the caller


def test_token_header_of_the_caller_is_replaced_and_logged(
    recorder: RecordingAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    with session_for(token_header=HEADER) as session:
        session.mount("https://", recorder)
        with caplog.at_level(logging.DEBUG):
            session.get("/a", headers={HEADER.lower(): "own-words"})
        session.get("/a", headers={HEADER: "own-words"}, withhold_token=True)
        session.get("https://other.example/", headers={HEADER: "own-words"})
    sent = [request.headers[HEADER] for request in recorder.sent]
    assert sent == ["Bearer of-the-api", "own-words", "own-words"]
    assert f"replacing the caller's {HEADER} header" in caplog.text
    assert "own-words" not in caplog.text
    assert BARE not in caplog.text


@pytest.mark.parametrize("name", [HEADER, "Authorization"])
def test_token_header_of_the_caller_is_redirected_as_authorization_is(name: str) -> None:
    headers = {name: "own-words"}
    for target, follows in (("https://api.example/b", True), ("https://other.example/", False)):
        recorder = RecordingAdapter(target)
        with session_for(token_header=HEADER) as session:
            session.mount("https://", recorder)
            session.get("/a", headers=headers, withhold_token=True)
        assert recorder.sent[0].headers[name] == "own-words"
        assert (name in recorder.sent[1].headers) is follows


def test_authorization_of_the_caller_goes_to_no_second_origin_of_ours() -> None:
    recorder = RecordingAdapter("https://files.example/b")
    origins = ["https://api.example", "https://files.example"]
    with session_for(token_header=HEADER, origins=origins) as session:
        session.mount("https://", recorder)
        session.get("/a", headers={"Authorization": "own-words"})
    assert ["Authorization" in request.headers for request in recorder.sent] == [True, False]
    assert [request.headers[HEADER] for request in recorder.sent] == ["Bearer of-the-api"] * 2


# What cannot work


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"token_header": None}, TypeError, "token_header must be the name of a header, got None"),
        ({"token_header": ""}, ValueError, "token_header must be the name of a header"),
        ({"token_header": "X-A\r\nX-B"}, ValueError, "token_header must be the name of a header"),
        ({"token_header": "X-Token: "}, ValueError, "got 'X-Token: '"),
        ({"token_header": "X-Tok\u00e9n"}, ValueError, "token_header must be the name of a header"),
        ({"token_header": "host"}, ValueError, "must not be host, which requests sets"),
        ({"token_header": "Content-Length"}, ValueError, "must not be Content-Length"),
        ({"token_prefix": 1}, TypeError, "token_prefix must be a string or None, got int"),
        ({"token_prefix": "Bearer "}, ValueError, "one space is put between"),
        ({"token_prefix": "a\nb"}, ValueError, "token_prefix must be printable ASCII"),
        ({"token_prefix": "\u0442"}, ValueError, "token_prefix must be printable ASCII"),
    ],
)
def test_token_header_and_prefix_that_cannot_work_are_errors(
    options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session_for(**options)
