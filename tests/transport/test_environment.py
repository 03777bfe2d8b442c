"""What is remembered between calls is forgotten when what it was made from changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pokitdok_session import ClientCredentialsSession, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.environment import EnvironmentSettingsCache

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
def test_settings_follow_an_environment_variable(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    without = settings(session)
    monkeypatch.setenv(name, value)
    assert settings(session) == as_requests_has_it(session) != without
    monkeypatch.setenv(name, value + "0")
    assert settings(session) == as_requests_has_it(session) != without
    monkeypatch.delenv(name)
    assert settings(session) == as_requests_has_it(session) == without


def test_settings_with_no_proxy_are_those_of_requests(
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
def test_settings_follow_an_attribute_of_the_session(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    # Not https_proxy or a bundle: there the environment beats the session, as in requests.
    monkeypatch.setenv("http_proxy", "http://proxy.example:1")
    before = settings(session)
    setattr(session, name, value)
    assert settings(session) == as_requests_has_it(session) != before


def test_settings_follow_a_change_inside_session_proxies(
    session: ClientCredentialsSession,
) -> None:
    session.proxies["https"] = "http://own.example:1"
    assert settings(session)["proxies"] == {"https": "http://own.example:1"}
    session.proxies["https"] = "http://own.example:2"
    assert settings(session)["proxies"] == {"https": "http://own.example:2"}


def test_settings_with_options_of_a_call_are_those_options(
    session: ClientCredentialsSession,
) -> None:
    own = {"stream": True, "verify": False, "cert": "/c.pem", "proxies": {"https": "http://p:1"}}
    assert settings(session, **own) == own
    assert settings(session, stream=True)["stream"] is True
    assert settings(session)["stream"] is False


def test_settings_with_proxies_none_are_those_of_requests(
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


def test_settings_changed_by_a_caller_leave_the_cache_alone(
    session: ClientCredentialsSession,
) -> None:
    settings(session)["proxies"]["https"] = "http://elsewhere.example:1"
    assert settings(session)["proxies"] == {}


def test_environ_has_the_private_mapping_that_is_compared() -> None:
    # `process` reads this private mapping: a Python that has another must fail here.
    assert isinstance(os.environ._data, dict)  # type: ignore[attr-defined]
    os.environ["POKITDOK_SESSION_TEST"] = "x"
    try:
        assert os.environ._data[b"POKITDOK_SESSION_TEST"] == b"x"  # type: ignore[attr-defined]
    finally:
        del os.environ["POKITDOK_SESSION_TEST"]


def test_prepare_request_leaves_out_a_session_header_of_none(
    session: ClientCredentialsSession,
) -> None:
    session.headers["X-Kept"] = "1"
    session.headers["Accept"] = None  # type: ignore[assignment]
    headers = session.prepare_request(requests.Request("GET", URL)).headers
    assert "Accept" not in headers
    assert headers["X-Kept"] == "1"


def test_prepare_request_uses_new_headers_params_and_token(
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


def test_prepare_request_does_not_change_the_request(
    session: ClientCredentialsSession,
) -> None:
    request = requests.Request("GET", "/things/1")
    session.base_url = "https://api.example.com"
    before = dict(vars(request))
    assert session.prepare_request(request).url == URL
    assert vars(request) == before


def test_mounted_adapter_sends_the_next_request(sandbox: Sandbox) -> None:
    class Instead(requests.adapters.HTTPAdapter):
        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            raise requests.ConnectionError("this adapter was asked")

    with sandbox.session() as session:
        assert session.get("/activities/").ok
        session.mount(f"{sandbox.base_url}/api/", Instead())
        with pytest.raises(requests.ConnectionError, match="this adapter was asked"):
            session.get("/activities/")


def test_transport_verify_takes_precedence_over_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    with sandbox.session() as session:
        assert isinstance(session, PokitDokSession)
        assert session.get("/activities/").ok


@pytest.mark.parametrize("nothing", ["", [], ()])
def test_prepare_request_with_empty_params_drops_those_of_the_session(
    session: ClientCredentialsSession, nothing: Any
) -> None:
    session.params = {"page": "2"}
    assert session.prepare_request(requests.Request("GET", URL, params=nothing)).url == URL


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_settings_on_macos_and_windows_are_not_cached(
    session: ClientCredentialsSession, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr("pokitdok_session.transport.environment.sys.platform", platform)
    found = {"https": "http://proxy.example:1"}
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda url, no_proxy: found)
    assert settings(session)["proxies"] == found
    found = {}
    assert settings(session)["proxies"] == {}


def test_settings_cache_holds_64_origins_and_no_more() -> None:
    computed: list[str] = []

    def merge(url: str, *options: Any) -> dict[str, Any]:
        computed.append(url)
        return {"proxies": {}}

    cache, plain = EnvironmentSettingsCache(), requests.Session()
    urls = [f"https://host{number}.example/" for number in range(65)]
    for url in urls[:64] * 2:
        cache.settings(plain, url, merge)
    assert computed == urls[:64]
    for url in (urls[64], urls[0]):
        cache.settings(plain, url, merge)
    assert computed == [*urls[:64], urls[64], urls[0]]
