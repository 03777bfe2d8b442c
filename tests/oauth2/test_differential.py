"""Whatever `requests.Session` accepts, odd values too, does the same in a session of ours.

Each case runs on a plain session and on ours without a token, and what the server got, or the
type of the exception, is compared.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from typing import Any

import pytest
import requests
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3.util import Timeout

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.errors import TLSFileError
from pokitdok_session.oauth2.session import ClientCredentialsSession as Ours
from support.http_server import ScriptedServer


def ignore(response: requests.Response, *args: Any, **kwargs: Any) -> None:
    """A hook that changes nothing."""


def no_change(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


ODD: dict[str, list[Any]] = {
    "method": ["GET", "get", "PoSt", b"GET", "", None, "PURGE"],
    "url": ["{}/x", b"{}/x", " {}/x", "{}/x?a=1#f", "{}/\u00e4", "", None, "nowhere", "http://", 5],
    "params": [None, {}, "", b"", "a=1", b"a=1", [("a", "1"), ("a", "2")], {"a": None}, {"a": [1]}],
    "data": [None, {}, "", b"", "text", b"bytes", [("a", "1")], {"a": None}, {"a": [1, 2]}, [], 5],
    "json": [None, {}, [], 0, "", False, {"a": "\u00e4"}, {"a": float("nan")}, {1, 2}],
    "headers": [
        *(None, {}, {"X": "1"}, {"X": None}, {"X": b"1"}, CaseInsensitiveDict(x="1")),
        *({"X": 1}, {"X": "a\nb"}, [("X", "1")], {"Accept": None}),
    ],
    "cookies": [None, {}, {"a": "1"}, RequestsCookieJar(), CookieJar(), {"a": None}],
    "files": [None, {}, [], {"f": b"1"}, {"f": ("name", "text", "text/plain")}, [("f", b"1")]],
    "auth": [None, ("user", "password"), no_change, 5],
    "timeout": [None, 5, 5.0, (5, 5), (None, 5), (None, None), Timeout(5), 0, -1, "5", (1, 2, 3)],
    "allow_redirects": [True, False, None, 0],
    "proxies": [None, {}, {"https": "http://127.0.0.1:1"}, {"http": None}],
    "hooks": [None, {}, {"response": ignore}, {"response": [ignore]}, {"response": []}, {"x": 1}],
    "stream": [None, True, False, 1],
    "verify": [None, True, False, "", "/missing"],
    "cert": [None, "", (), "/missing", ("/missing", "/missing")],
}
CASES = [(name, value) for name, values in ODD.items() for value in values]
IDS = [f"{name}-{number}" for number, (name, _) in enumerate(CASES)]
IGNORED = {"User-Agent", "Content-Type"}  # a boundary is random


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def plain() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def ours(server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    with ClientCredentialsSession("id", "secret", f"{server.url}/token") as session:
        session.auth = None
        yield session


def outcome(server: ScriptedServer, call: Callable[[], Any]) -> Any:
    """Return what the server got and what the caller got, or the type of the exception."""
    server.requests.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = call()
        except Exception as error:
            return type(error)
    got = [
        (each.method, each.path, {k: v for k, v in each.headers.items() if k not in IGNORED})
        for each in server.requests
    ]
    bodies = [
        len(each.body) if b"boundary" in each.body[:9] else each.body for each in server.requests
    ]
    bodies = [body for body in bodies if not str(body).startswith(("b'--", 'b"--'))]
    return got, bodies, getattr(result, "status_code", None), getattr(result, "ok", None)


def is_the_same(ours: Any, expected: Any) -> bool:
    """Return True for the same outcome; a missing certificate is an SSLError, not any OSError."""
    return ours == expected or (ours, expected) == (TLSFileError, OSError)


def with_server(server: ScriptedServer, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.replace(b"{}", server.url.encode())
    return value.replace("{}", server.url) if isinstance(value, str) else value


@pytest.mark.parametrize(("name", "value"), CASES, ids=IDS)
def test_request_does_what_requests_does(
    server: ScriptedServer, plain: requests.Session, ours: Ours, name: str, value: Any
) -> None:
    arguments = {"method": "POST", "url": f"{server.url}/x", name: value}
    if name == "url":
        arguments[name] = with_server(server, value)
    expected = outcome(server, lambda: plain.request(**arguments))
    assert is_the_same(outcome(server, lambda: ours.request(**arguments)), expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [case for case in CASES if case[0] in inspect.signature(requests.Request).parameters],
)
def test_prepare_request_does_what_requests_does(
    server: ScriptedServer, plain: requests.Session, ours: Ours, name: str, value: Any
) -> None:
    arguments = {"method": "POST", "url": f"{server.url}/x", name: value}
    if name == "url":
        arguments[name] = with_server(server, value)

    def prepared(session: requests.Session) -> Any:
        try:
            request = session.prepare_request(requests.Request(**arguments))
        except Exception as error:
            return type(error)
        headers = {k: v for k, v in request.headers.items() if k not in IGNORED}
        body = None if name == "files" else request.body
        return request.method, request.url, headers, body

    assert prepared(ours) == prepared(plain)


@pytest.mark.parametrize(
    ("name", "value"),
    [case for case in CASES if case[0] in ("timeout", "allow_redirects", "proxies", "stream")]
    + [case for case in CASES if case[0] in ("verify", "cert")],
)
def test_send_does_what_requests_does(
    server: ScriptedServer, plain: requests.Session, ours: Ours, name: str, value: Any
) -> None:
    request = requests.Request("GET", f"{server.url}/x").prepare()
    expected = outcome(server, lambda: plain.send(request, **{name: value}))
    assert is_the_same(outcome(server, lambda: ours.send(request, **{name: value})), expected)


@pytest.mark.parametrize("bad", [None, 5, "text", requests.Request("GET", "http://h/")])
def test_send_of_something_else_fails_as_in_requests(
    server: ScriptedServer, plain: requests.Session, ours: Ours, bad: Any
) -> None:
    expected = outcome(server, lambda: plain.send(bad))
    assert outcome(server, lambda: ours.send(bad)) == expected


@pytest.mark.parametrize("url", ["http://h/", "https://h/", "ftp://h/", "", "nowhere"])
@pytest.mark.parametrize("proxies", [None, {}, {"http": "http://p:1"}])
@pytest.mark.parametrize(("stream", "verify", "cert"), [(None, None, None), (True, False, "c")])
def test_merge_environment_settings_does_what_requests_does(
    plain: requests.Session, ours: Ours, url: str, proxies: Any, stream: Any, verify: Any, cert: Any
) -> None:
    arguments = (url, proxies, stream, verify, cert)
    expected = plain.merge_environment_settings(*arguments)
    assert ours.merge_environment_settings(*arguments) == expected


def test_request_names_every_parameter_of_requests_in_order() -> None:
    theirs = list(inspect.signature(requests.Session.request).parameters)
    assert list(inspect.signature(Ours.request).parameters)[: len(theirs)] == theirs


def test_signature_of_request_shows_a_readable_default() -> None:
    assert "object at" not in str(inspect.signature(Ours.request))
    assert "<the session's timeout>" in str(inspect.signature(Ours.request))
