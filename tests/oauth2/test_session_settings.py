"""What can be set on a session: origins, secret, base URL, timeouts, a saved token."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.errors import InsecureTransport
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedResponse, ScriptedServer

GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')
PATH = "/activities/"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer({"/token": GRANTED}) as server:
        yield server


@pytest.fixture
def other() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def new_session(server: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    return ClientCredentialsSession("id", "secret", f"{server.url}/token", **options)


def test_origins_can_be_set_later(server: ScriptedServer, other: ScriptedServer) -> None:
    with new_session(server, base_url=server.url) as session:
        session.get(f"{other.url}/a")
        session.origins = [other.url]
        session.get(f"{other.url}/b")
        session.get("/c")
    assert [seen.authorization for seen in other.seen] == [None, "Bearer t"]
    assert server.requests[-1].authorization == "Bearer t"
    assert set(session.origins) == {server.url, other.url}


def test_origins_that_are_set_serve_an_auth_object_from_before(
    server: ScriptedServer, other: ScriptedServer
) -> None:
    with new_session(server) as session:
        auth = session.auth
        session.origins = [other.url]
        requests.get(f"{other.url}/a", auth=auth)
    assert other.seen[-1].authorization == "Bearer t"


@pytest.mark.parametrize("wrong", ["https://h", None, 5])
def test_origins_of_another_type_are_refused(server: ScriptedServer, wrong: Any) -> None:
    with new_session(server) as session, pytest.raises(TypeError, match="origins must be a list"):
        session.origins = wrong


@pytest.mark.parametrize("name", ["base_url", "scope"])
def test_setting_of_another_type_is_refused_as_by_the_constructor(
    server: ScriptedServer, name: str
) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a string.*, got int") as expected:
        new_session(server, **{name: 5})
    with new_session(server) as session, pytest.raises(TypeError) as caught:
        setattr(session, name, 5)
    assert str(caught.value) == str(expected.value)


def test_origin_of_base_url_is_always_included(
    server: ScriptedServer, other: ScriptedServer
) -> None:
    with new_session(server, base_url=server.url, origins=[other.url]) as session:
        session.get("/a")
        session.get(f"{other.url}/b")
    assert server.requests[-1].authorization == other.seen[-1].authorization == "Bearer t"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"token_url": "nowhere"}, "token_url"),
        ({"base_url": "nowhere"}, "base_url"),
        ({"origins": ["nowhere"]}, "origins"),
        ({"token_url": "nowhere:8/path"}, "token_url"),
        ({"base_url": "nowhere://path"}, "base_url"),
    ],
)
def test_error_of_a_wrong_url_names_the_argument_and_not_the_value(
    options: dict[str, Any], name: str
) -> None:
    arguments = {"client_id": "id", "client_secret": "secret", "token_url": "https://h/token"}
    with pytest.raises(requests.RequestException, match=f"^{name} must be an absolute") as caught:
        ClientCredentialsSession(**{**arguments, **options})
    assert "nowhere" not in str(caught.value)


@pytest.mark.parametrize("end", ["?key=private", "#private"])
def test_base_url_with_a_query_or_a_fragment_is_refused(end: str) -> None:
    text = "^base_url must not have a query or a fragment: paths are added to it$"
    with ClientCredentialsSession("id", "secret", "https://h/token") as session:
        with pytest.raises(ValueError, match=text):
            session.base_url = f"https://other/v1{end}"
        assert (session.base_url, session.origins) == (None, ["https://h:443"])


def test_error_of_plain_http_names_the_argument() -> None:
    with pytest.raises(InsecureTransport, match=r"^base_url must begin with https://"):
        ClientCredentialsSession("id", "secret", "https://h/token", base_url="http://h")


def test_secret_that_is_set_is_tried_at_once(sandbox: Sandbox) -> None:
    with sandbox.session(client_secret="wrong") as session:
        for _ in range(2):
            with pytest.raises(TokenError):
                session.get(PATH)
        session.client_secret = sandbox.client_secret
        assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


@pytest.mark.parametrize("path", ["/api/v4/activities/", "/api/v4/activities/?limit=1"])
def test_path_that_begins_with_the_base_path_is_kept(
    sandbox: Sandbox, session: PokitDokSession, path: str
) -> None:
    assert session.get(path).status_code == 200
    assert sandbox.requests[-1].path == "/api/v4/activities/"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/root/x", "/root/x"),
        ("/root?x", "/root?x"),
        ("/root", "/root"),
        ("/root#x", "/root"),
        ("/rooted", "/root/rooted"),
        ("/x", "/root/x"),
    ],
)
def test_base_path_is_recognized_as_a_whole_segment(
    server: ScriptedServer, path: str, expected: str
) -> None:
    with new_session(server, base_url=f"{server.url}/root") as session:
        session.get(path)
    assert server.requests[-1].path == expected


@pytest.mark.parametrize("name", ["timeout", "token_timeout"])
@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (-1, ValueError, "greater than 0"),
        (0, ValueError, "greater than 0"),
        (float("nan"), ValueError, "greater than 0"),
        ("5", TypeError, "a number of seconds"),
        (True, TypeError, "a number of seconds"),
        ((1, 2, 3), ValueError, "one number or two"),
        ((1, "2"), TypeError, "a number of seconds"),
    ],
)
def test_timeout_that_requests_cannot_use_is_refused(
    name: str, value: Any, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=f"^{name} must be .*{words}"):
        ClientCredentialsSession("id", "secret", "https://h/token", **{name: value})


@pytest.mark.parametrize(
    "value", [None, 5, 0.5, (1, 2), (None, 3), requests.packages.urllib3.Timeout(3)]
)
def test_timeout_that_requests_can_use_is_kept(value: Any) -> None:
    session = ClientCredentialsSession("id", "secret", "https://h/token", timeout=value)
    assert session.timeout is value


@pytest.mark.parametrize("token", [{"x": 1}, {"access_token": ""}, {"access_token": "a\nb"}])
def test_error_of_a_token_that_is_no_token_says_what_to_pass(token: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="token must be a dict with access_token and expires_at"):
        ClientCredentialsSession("id", "secret", "https://h/token", token=token)


def test_text_of_an_invalid_url_elsewhere_is_that_of_requests(server: ScriptedServer) -> None:
    with new_session(server) as session, pytest.raises(requests.exceptions.InvalidURL) as ours:
        session.get("https://*.example/?q=1")
    with pytest.raises(requests.exceptions.InvalidURL) as plain:
        requests.get("https://*.example/?q=1")
    assert str(ours.value) == str(plain.value)


@pytest.mark.parametrize("url", ["/x?q=private", "x?q=private", "{}:bad/x?q=private"])
def test_text_of_an_invalid_url_of_ours_hides_the_query(server: ScriptedServer, url: str) -> None:
    wrong = url.replace("{}", server.url.rpartition(":")[0])
    with new_session(server) as session, pytest.raises(requests.RequestException) as caught:
        session.get(wrong)
    assert "private" not in str(caught.value)


# Pickles


def test_pickle_leaves_out_what_a_subclass_did_not_name(server: ScriptedServer) -> None:
    session = Locked("id", "secret", f"{server.url}/token", base_url=server.url)
    session.get("/x")
    copy = pickle.loads(pickle.dumps(session))
    assert not hasattr(copy, "lock")
    assert copy.note == "kept"
    assert copy.get("/x").status_code == 200


class Locked(ClientCredentialsSession):
    """A subclass with one attribute that can be pickled and one that cannot."""

    __attrs__ = [*ClientCredentialsSession.__attrs__, "note"]  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lock = threading.Lock()
        self.note = "kept"


# Defaults that nothing else holds


def test_defaults_of_a_session() -> None:
    session = ClientCredentialsSession("id", "secret", "https://h/token")
    assert session.timeout == (5, 60)
    assert session.token_timeout == (5, 30)
    assert session.get_adapter("https://h/").max_retries.total is None
    assert session.get_adapter("https://h/").max_retries.connect == 2
    assert session.get_adapter("https://h/").max_retries.read is False


def test_session_logs_new_tokens_at_info_by_fingerprint(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "pokitdok_session"), new_session(server) as session:
        session.fetch_token()
    assert "is in use, granted for 3600 s" in caplog.text
