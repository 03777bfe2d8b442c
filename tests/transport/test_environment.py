"""What is remembered between calls is forgotten when what it was made from changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox

URL = "https://api.example.com/things/1"


@pytest.fixture
def session() -> Iterator[ClientCredentialsSession]:
    with ClientCredentialsSession(
        "id",
        "secret",
        "https://api.example.com/token",
        token={"access_token": "t", "expires_in": 3600},
    ) as session:
        settings(session)  # so that there is something to forget
        yield session


def settings(session: requests.Session, url: str = URL, **own: Any) -> dict[str, Any]:
    asked = {"stream": None, "verify": None, "cert": None, "proxies": {}, **own}
    return dict(session.merge_environment_settings(url, **asked))


def as_requests_has_it(session: ClientCredentialsSession, url: str = URL) -> dict[str, Any]:
    plain = requests.Session()
    for name in ("proxies", "trust_env", "stream", "verify", "cert"):
        setattr(plain, name, getattr(session, name))
    return settings(plain, url)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("https_proxy", "http://proxy.example:1"),
        ("HTTPS_PROXY", "http://proxy.example:2"),
        ("hTTpS_Proxy", "http://proxy.example:3"),
        ("all_proxy", "http://proxy.example:4"),
        ("REQUESTS_CA_BUNDLE", "/some/bundle.pem"),
        ("CURL_CA_BUNDLE", "/some/other.pem"),
    ],
)
def test_a_variable_that_comes_and_goes_is_noticed(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    without = settings(session)
    monkeypatch.setenv(name, value)
    assert settings(session) == as_requests_has_it(session) != without
    monkeypatch.setenv(name, value + "0")
    assert settings(session) == as_requests_has_it(session) != without
    monkeypatch.delenv(name)
    assert settings(session) == as_requests_has_it(session) == without


def test_a_host_that_no_proxy_names_is_told_from_the_others(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:1")
    monkeypatch.setenv("no_proxy", "inside.example,10.0.0.0/8,api.example.com:444")
    for url in (
        URL,
        "https://inside.example/",
        "https://a.inside.example/",
        "https://10.1.2.3/x",
        "https://api.example.com:444/x",
    ):
        for _ in range(2):
            assert settings(session, url) == as_requests_has_it(session, url), url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proxies", {"https": "http://own.example:1"}),
        ("trust_env", False),
        ("stream", True),
        ("verify", "/some/bundle.pem"),
        ("verify", False),
        ("cert", ("/a.pem", "/b.pem")),
    ],
)
def test_a_setting_of_the_session_is_noticed(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    # Not https_proxy or a bundle: there the environment beats the session, as in requests.
    monkeypatch.setenv("http_proxy", "http://proxy.example:1")
    before = settings(session)
    setattr(session, name, value)
    assert settings(session) == as_requests_has_it(session) != before


def test_a_proxy_put_into_the_session_s_own_dict_is_noticed(
    session: ClientCredentialsSession,
) -> None:
    session.proxies["https"] = "http://own.example:1"
    assert settings(session)["proxies"] == {"https": "http://own.example:1"}
    session.proxies["https"] = "http://own.example:2"
    assert settings(session)["proxies"] == {"https": "http://own.example:2"}


def test_what_is_given_to_a_call_wins(session: ClientCredentialsSession) -> None:
    own = {"stream": True, "verify": False, "cert": "/c.pem", "proxies": {"https": "http://p:1"}}
    assert settings(session, **own) == own
    assert settings(session, stream=True)["stream"] is True
    assert settings(session)["stream"] is False


def test_no_proxies_at_all_are_not_those_of_the_environment(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:1")
    seen: list[Any] = []
    for anyone in (requests.Session(), session):
        try:
            seen.append(settings(anyone, proxies=None))
        except AttributeError:  # what requests 2.32 says to it
            seen.append(AttributeError)
    assert seen[0] == seen[1]


def test_an_answer_that_a_caller_changes_stays_the_caller_s(
    session: ClientCredentialsSession,
) -> None:
    settings(session)["proxies"]["https"] = "http://elsewhere.example:1"
    assert settings(session)["proxies"] == {}


def test_the_environment_is_compared_by_what_os_environ_really_holds() -> None:
    # `process` reads this private mapping: a Python that has another must fail here.
    assert isinstance(os.environ._data, dict)  # type: ignore[attr-defined]
    os.environ["POKITDOK_SESSION_TEST"] = "x"
    try:
        assert os.environ._data[b"POKITDOK_SESSION_TEST"] == b"x"  # type: ignore[attr-defined]
    finally:
        del os.environ["POKITDOK_SESSION_TEST"]


def test_a_header_of_the_session_that_is_none_is_left_out_as_in_requests(
    session: ClientCredentialsSession,
) -> None:
    session.headers["X-Kept"] = "1"
    session.headers["Accept"] = None  # type: ignore[assignment]
    headers = session.prepare_request(requests.Request("GET", URL)).headers
    assert "Accept" not in headers
    assert headers["X-Kept"] == "1"


def test_a_new_header_a_new_parameter_and_a_new_token_are_on_the_next_request(
    session: ClientCredentialsSession,
) -> None:
    session.prepare_request(requests.Request("GET", URL))
    session.headers["X-New"] = "1"
    session.params = {"page": "2"}
    session.token = {"access_token": "another", "expires_in": 3600}
    prepared = session.prepare_request(requests.Request("GET", URL))
    assert prepared.headers["X-New"] == "1"
    assert prepared.url == URL + "?page=2"
    assert prepared.headers["Authorization"] == "Bearer another"


def test_a_request_that_is_prepared_is_left_as_the_caller_made_it(
    session: ClientCredentialsSession,
) -> None:
    request = requests.Request("GET", "/things/1")
    session.api_root = "https://api.example.com"
    before = dict(vars(request))
    assert session.prepare_request(request).url == URL
    assert vars(request) == before


def test_a_mounted_adapter_sends_the_next_request(sandbox: Sandbox) -> None:
    class Instead(requests.adapters.HTTPAdapter):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            raise requests.ConnectionError("this adapter was asked")

    with sandbox.session() as session:
        assert session.get("/activities/").ok
        session.mount(f"{sandbox.base_url}/api/", Instead())
        with pytest.raises(requests.ConnectionError, match="this adapter was asked"):
            session.get("/activities/")


def test_the_sandbox_is_still_trusted_when_the_environment_names_a_bundle(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with sandbox.session() as session:
        assert isinstance(session, PokitDokSession)
        assert session.get("/activities/").ok


@pytest.mark.parametrize("nothing", ["", [], ()])
def test_what_is_no_mapping_takes_the_place_of_the_session_s_own_as_in_requests(
    session: ClientCredentialsSession, nothing: Any
) -> None:
    session.params = {"page": "2"}
    assert session.prepare_request(requests.Request("GET", URL, params=nothing)).url == URL


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_the_system_has_proxies_too_it_is_asked_each_time(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr("pokitdok_session.transport.environment.sys.platform", platform)
    found = {"https": "http://proxy.example:1"}
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda url, no_proxy: found)
    assert settings(session)["proxies"] == found
    found = {}
    assert settings(session)["proxies"] == {}


def test_what_is_remembered_of_hosts_is_bounded(session: ClientCredentialsSession) -> None:
    for number in range(1000):
        settings(session, f"https://host{number}.example/")
    assert len(session._surroundings._cached[1]) <= 64
