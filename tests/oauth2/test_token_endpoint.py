"""What is asked of the token endpoint, how often, and what becomes of the answer."""

from __future__ import annotations

import base64
import json
import socket
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import (
    ClientCredentialsSession,
    FileTokenStore,
    PokitDokSession,
    TokenError,
)
from pokitdok_session.oauth2.token_endpoint import ATTEMPTS, LONGEST
from pokitdok_session.sandbox import Record, Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import Answer, Loopback

TOKEN = "/oauth2/token"
PATH = "/activities/"
PassTime = Callable[[float], None]


def generic(sandbox: Sandbox, **options: Any) -> ClientCredentialsSession:
    """A session of the parent class, which has parameters that the API's own has not."""
    options.setdefault("client_id", sandbox.client_id)
    options.setdefault("client_secret", sandbox.client_secret)
    options.setdefault("token_url", sandbox.base_url + TOKEN)
    options.setdefault("base_url", sandbox.base_url + "/api/v4")
    session = ClientCredentialsSession(**options)
    session.mount(sandbox.base_url + "/", Transport(verify=sandbox.ca_file))
    return session


def form_of(record: Record) -> list[tuple[str, str]]:
    return urllib.parse.parse_qsl(
        record.body.decode(), keep_blank_values=True, strict_parsing=bool(record.body)
    )


def credentials_of(record: Record) -> tuple[str, str]:
    """Read a Basic header as RFC 6749 section 2.3.1 and RFC 7617 say, and in no other way."""
    scheme, _, encoded = record.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    name, colon, secret = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    assert colon == ":"
    assert ":" not in secret
    return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)


# What is sent


def test_the_token_request_is_the_one_of_the_rfc(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(PATH)
    (record,) = sandbox.token_log
    assert (record.method, record.path, record.query) == ("POST", TOKEN, "")
    assert form_of(record) == [("grant_type", "client_credentials")]
    assert record.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert record.headers["Accept"] == "application/json"
    assert credentials_of(record) == (sandbox.client_id, sandbox.client_secret)


CREDENTIALS = [
    ("id", "se:cr:et"),
    ("i:d", "secret"),
    ("a b+c&d=e%2F/", "100% ~ + ?#@"),
    ("\xfcml\xe4ut", "p\xe4ss"),
    ("\u0438\u043c\u044f", "\u79d8\u5bc6 \U0001f511"),
    ("id", "\u20ac\n\r\t\x00"),
    ("id", "%"),
    ("id", "Pa\u0308ss"),
]


@pytest.mark.parametrize(("client_id", "client_secret"), CREDENTIALS, ids=ascii)
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_credentials_of_any_characters_arrive_as_they_are(
    sandbox: Sandbox, client_id: str, client_secret: str, method: str
) -> None:
    sandbox.add_app(client_id, client_secret)
    with generic(
        sandbox,
        client_id=client_id,
        client_secret=client_secret,
        token_endpoint_auth_method=method,
    ) as session:
        assert session.get(PATH).status_code == 200
    (record,) = sandbox.token_log
    if method == "client_secret_basic":
        assert credentials_of(record) == (client_id, client_secret)
        assert form_of(record) == [("grant_type", "client_credentials")]
    else:
        assert "Authorization" not in record.headers
        assert sorted(form_of(record)) == [
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("grant_type", "client_credentials"),
        ]


SCOPES = ["user_schedule", "business_schedule"]


@pytest.mark.parametrize("scope", [" ".join(SCOPES), SCOPES, tuple(SCOPES)], ids=type)
def test_scope_is_sent_the_first_time_and_at_every_renewal(sandbox: Sandbox, scope: Any) -> None:
    with sandbox.session(scope=scope) as session:
        session.get(PATH)
        sandbox.revoke()
        session.get(PATH)
        session.fetch_token()
        assert list(session.scope or ()) == SCOPES
    scopes = [dict(form_of(record))["scope"] for record in sandbox.token_log]
    assert scopes == ["user_schedule business_schedule"] * 3


def test_a_scope_in_the_answer_that_was_not_asked_for_is_no_error(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = session.fetch_token()
    sandbox.fail(TOKEN, body={**good, "scope": "another entirely"})
    assert session.fetch_token()["scope"] == "another entirely"
    assert session.get(PATH).status_code == 200


def test_further_fields_are_sent_at_every_token_request_and_repeated_where_they_are_lists(
    sandbox: Sandbox,
) -> None:
    fields = {"audience": "https://api.example/ \u20ac", "resource": ["urn:a", "urn:b&c"]}
    fields["not_set"] = None  # type: ignore[assignment]  # as requests has it, this is no field
    with generic(sandbox, token_params=fields) as session:
        session.get(PATH)
        sandbox.revoke()
        session.get(PATH)
    for record in sandbox.token_log:
        assert sorted(form_of(record)) == [
            ("audience", "https://api.example/ \u20ac"),
            ("grant_type", "client_credentials"),
            ("resource", "urn:a"),
            ("resource", "urn:b&c"),
        ]
    assert sandbox.token_requests == 2


def test_the_caller_s_parameters_headers_cookies_and_hooks_stay_out_of_it(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    hooked: list[str] = []
    session.params = {"patient": "Zephyrine"}  # type: ignore[assignment]
    session.headers.update({"X-Patient": "Zephyrine", "Content-Type": "text/x-own"})
    session.cookies.set("patient", "Zephyrine")
    session.hooks["response"].append(lambda response, **_: hooked.append(response.url))
    session.post(PATH, json={"patient": "Zephyrine"}, params={"name": "Zephyrine"})
    (record,) = sandbox.token_log
    assert record.query == ""
    assert form_of(record) == [("grant_type", "client_credentials")]
    assert "Zephyrine" not in str(record.headers)
    assert record.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert [url for url in hooked if TOKEN in url] == []
    assert "Zephyrine" in str(sandbox.requests[0].headers)


def test_a_cookie_of_the_token_endpoint_does_not_come_to_the_api(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = session.fetch_token()
    sandbox.fail(TOKEN, body=dict(good), headers={"Set-Cookie": "seen=1; Path=/"})
    session.fetch_token()
    session.get(PATH)
    assert "Cookie" not in sandbox.requests[0].headers
    assert len(session.cookies) == 0


def test_a_netrc_entry_does_not_replace_the_credentials(
    sandbox: Sandbox, session: PokitDokSession, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session.get(PATH)
    session.fetch_token(include_client_id=True)
    first, second = sandbox.token_log
    assert credentials_of(first)[0] == sandbox.client_id
    assert "Authorization" not in second.headers


# By which way


def test_the_token_request_goes_by_the_session_s_own_certificates(sandbox: Sandbox) -> None:
    with PokitDokSession(
        sandbox.client_id, sandbox.client_secret, base_url=sandbox.base_url
    ) as session:
        with pytest.raises(TokenError, match="SSLError"):
            session.get(PATH)
        assert sandbox.token_requests == 0
        session.verify = sandbox.ca_file
        assert session.get(PATH).status_code == 200


def test_the_token_request_goes_by_the_session_s_own_proxies(elsewhere: Loopback) -> None:
    elsewhere.script["http://localhost:9/token"] = Answer(
        body=b'{"access_token": "by-proxy", "token_type": "bearer"}'
    )
    with ClientCredentialsSession("id", "secret", "http://localhost:9/token") as session:
        session.proxies = {"http": elsewhere.url}
        assert session.fetch_token()["access_token"] == "by-proxy"
    assert [seen.path for seen in elsewhere.seen] == ["http://localhost:9/token"]


def test_the_token_request_goes_by_the_session_s_own_adapters(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    went: list[tuple[str, Any]] = []

    class Watching(Transport):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
            went.append((request.path_url, args or kwargs))
            return super().send(request, *args, **kwargs)

    session.mount(sandbox.base_url + TOKEN, Watching(verify=sandbox.ca_file))
    session.get(PATH)
    ((path, how),) = went
    assert path == TOKEN
    assert how["timeout"] == (5, 30)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_for_it_would_carry_the_secret_elsewhere(
    sandbox: Sandbox, session: PokitDokSession, elsewhere: Loopback, status: int
) -> None:
    sandbox.fail(TOKEN, status=status, headers={"Location": f"{elsewhere.url}/token"}, times=None)
    for _ in range(2):
        with pytest.raises(TokenError, match="a redirect, which is not followed") as caught:
            session.get(PATH)
    assert caught.value.status_code == status
    assert elsewhere.seen == []
    assert sandbox.token_requests == 1


# How often


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_fault_that_may_pass_is_waited_for_a_little(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float], status: int
) -> None:
    sandbox.fail(TOKEN, status=status, times=ATTEMPTS - 1)
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == ATTEMPTS
    assert len(naps) == ATTEMPTS - 1
    assert 0.4 <= naps[0] <= 0.6 < 0.8 <= naps[1] <= 1.2


def test_a_fault_that_lasts_is_an_error_after_three_attempts(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float]
) -> None:
    sandbox.fail(TOKEN, status=503, times=None)
    with pytest.raises(TokenError, match=r"/oauth2/token answered 503$") as caught:
        session.get(PATH)
    assert caught.value.status_code == 503
    assert sandbox.token_requests == ATTEMPTS
    assert len(naps) == ATTEMPTS - 1


def test_a_reset_connection_is_made_again(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float]
) -> None:
    sandbox.fail(TOKEN, reset=True)
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_an_answer_that_breaks_off_is_asked_for_again(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float]
) -> None:
    sandbox.fail(TOKEN, reset="after_headers")
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_an_endpoint_that_nobody_serves_is_an_error_that_says_so(naps: list[float]) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/token"
        with (
            ClientCredentialsSession("id", "secret", url) as session,
            pytest.raises(
                TokenError,
                match=r"no answer from .* \(ConnectionError from ConnectionRefusedError\)",
            ) as caught,
        ):
            session.fetch_token()
    assert caught.value.status_code is None
    assert isinstance(caught.value.__cause__, requests.ConnectionError)
    assert len(naps) == ATTEMPTS - 1


def test_a_silent_endpoint_is_given_up_by_the_timeout_of_its_own(
    sandbox: Sandbox, naps: list[float]
) -> None:
    sandbox.fail(TOKEN, delay=2)
    hasty = sandbox.session(token_timeout=0.1)
    with hasty as session, pytest.raises(TokenError, match="ReadTimeout"):
        session.get(PATH, timeout=20)
    assert sandbox.token_requests == 1
    assert naps == []


@pytest.mark.parametrize(
    ("said", "waited"), [("2", 2.0), ("0", None), ("nonsense", None), ("-5", None)]
)
def test_the_endpoint_s_own_retry_after_is_kept_to(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float], said: str, waited: float | None
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": said})
    assert session.get(PATH).status_code == 200
    if waited is None:
        assert 0.4 <= naps[0] <= 0.6
    else:
        assert naps == [waited]


@pytest.mark.parametrize("said", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_an_hour_is_not_waited_for(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float], said: str
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": said}, times=None)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert sum(naps) <= LONGEST
    assert caught.value.retry_after == LONGEST


def test_attempts_end_when_the_next_one_would_come_too_late(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float]
) -> None:
    sandbox.fail(TOKEN, status=503, headers={"Retry-After": "40"}, times=None)
    with pytest.raises(TokenError):
        session.get(PATH)
    assert naps == [40]
    assert sandbox.token_requests == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410])
def test_a_refusal_is_final(
    sandbox: Sandbox, session: PokitDokSession, naps: list[float], status: int
) -> None:
    sandbox.fail(TOKEN, status=status, times=None)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert caught.value.status_code == status
    assert naps == []
    assert sandbox.token_requests == 1


def test_a_wrong_secret_is_told_by_its_code_and_what_to_look_at(sandbox: Sandbox) -> None:
    session = sandbox.session(client_secret="wrong")
    with session, pytest.raises(TokenError, match="check client_id and client_secret") as caught:
        session.get(PATH)
    assert (caught.value.error, caught.value.status_code) == ("invalid_client", 401)
    assert isinstance(caught.value, requests.RequestException)


@pytest.mark.parametrize(
    ("body", "code", "description"),
    [
        ({"error": "invalid_scope", "error_description": "no such"}, "invalid_scope", "no such"),
        ({"error": "invalid_scope", "error_description": 7}, "invalid_scope", ""),
        ({"error": {"code": 7}}, None, ""),
        ({"error": 'quo"ted'}, None, ""),
        ({"error": "x" * 65}, None, ""),
        ({"error": "caf\xe9"}, None, ""),
        ({"error": ""}, None, ""),
        ([], None, ""),
        ("<html>", None, ""),
    ],
    ids=repr,
)
def test_what_the_endpoint_says_of_an_error_is_kept_apart_from_the_text(
    sandbox: Sandbox, session: PokitDokSession, body: Any, code: str | None, description: str
) -> None:
    sandbox.fail(TOKEN, status=400, body=body)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    error = caught.value
    assert (error.error, error.description) == (code, description)
    shown = f" ({code})" if code else ""
    if description:
        shown += ": its .description says why"
    assert str(error) == (
        f"{sandbox.base_url}/oauth2/token answered 400{shown}; it is not asked again for 30 s"
    )


# fetch_token with OAuth2Session's parameters


def asked(sandbox: Sandbox, session: PokitDokSession, **how: Any) -> Record:
    session.fetch_token(**how)
    return sandbox.token_log[-1]


def test_fetch_token_gives_the_token_and_puts_it_in_place(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = session.fetch_token()
    assert token == session.token
    assert token["token_type"] == "bearer"
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 1


def test_fetch_token_asks_even_while_the_token_is_good(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    assert session.fetch_token()["access_token"] != session.fetch_token()["access_token"]


def test_fetch_token_puts_the_credentials_where_it_is_told(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    record = asked(sandbox, session, include_client_id=True)
    assert "Authorization" not in record.headers
    assert dict(form_of(record))["client_secret"] == sandbox.client_secret
    record = asked(sandbox, session, include_client_id=False)
    assert credentials_of(record) == (sandbox.client_id, sandbox.client_secret)


def test_fetch_token_takes_another_secret_for_one_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    with pytest.raises(TokenError):
        session.fetch_token(client_secret="another")
    assert credentials_of(sandbox.token_log[-1]) == (sandbox.client_id, "another")
    session.fetch_token()
    assert credentials_of(sandbox.token_log[-1]) == (sandbox.client_id, sandbox.client_secret)


def test_fetch_token_takes_an_auth_of_the_caller_s(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    app = sandbox.add_app("other", "words")
    record = asked(sandbox, session, auth=(app.client_id, app.client_secret))
    assert credentials_of(record) == ("other", "words")


def test_fetch_token_makes_further_words_form_fields(
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


def test_fetch_token_takes_headers_in_place_of_the_usual(
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
def test_fetch_token_puts_the_form_where_it_is_told(
    session: PokitDokSession, elsewhere: Loopback, how: dict[str, Any], method: str, in_query: bool
) -> None:
    elsewhere.script["/token"] = Answer(body=b'{"access_token": "x"}')
    assert session.fetch_token(elsewhere.url + "/token", **how)["access_token"] == "x"
    (seen,) = elsewhere.seen
    assert seen.method == method
    query = urllib.parse.parse_qs(seen.path.partition("?")[2])
    assert (query, urllib.parse.parse_qs(seen.body.decode())) == (
        (GRANT, {}) if in_query else ({}, GRANT)
    )


def test_fetch_token_takes_verify_proxies_cert_and_timeout_for_one_request(
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
    assert (second["verify"], second["cert"], second["timeout"]) == (True, None, (5, 30))
    assert second["proxies"] == {}


@pytest.mark.parametrize(
    "how",
    [{"code": "x"}, {"authorization_response": "https://x/?code=y"}, {"method": "PUT"}],
    ids=str,
)
def test_fetch_token_refuses_what_this_grant_has_not(
    sandbox: Sandbox, session: PokitDokSession, how: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"the client-credentials grant|GET or by POST"):
        session.fetch_token(**how)
    assert sandbox.token_requests == 0


def test_refresh_token_asks_again_with_the_credentials(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    first = session.fetch_token()
    assert session.refresh_token(sandbox.base_url + TOKEN)["access_token"] != first["access_token"]
    assert form_of(sandbox.token_log[-1]) == [("grant_type", "client_credentials")]


def test_a_token_url_over_plain_http_is_refused_before_anything_is_sent(
    session: PokitDokSession,
) -> None:
    from oauthlib.oauth2 import InsecureTransportError

    with pytest.raises(InsecureTransportError, match=r"auth\.example/token must be https"):
        session.fetch_token("http://user:words@auth.example/token?key=kept")
    with pytest.raises(InsecureTransportError):
        ClientCredentialsSession("id", "secret", "http://auth.example/token")


def test_a_hook_cannot_lead_the_secret_to_plain_http(session: PokitDokSession) -> None:
    from oauthlib.oauth2 import InsecureTransportError

    session.register_compliance_hook(
        "access_token_request",
        lambda url, headers, content: ("http://auth.example/token", headers, content),
    )
    with pytest.raises(InsecureTransportError):
        session.fetch_token()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"client_id": ""}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": b"bytes"}, "client_secret"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "token_endpoint_auth_method"),
        ({"token": {"token_type": "bearer"}}, "access_token"),
        ({"token": {"access_token": "a\nb"}}, "access_token"),
    ],
    ids=str,
)
def test_what_cannot_work_is_an_error_when_the_session_is_built(
    sandbox: Sandbox, bad: dict[str, Any], error: str
) -> None:
    with pytest.raises(ValueError, match=error):
        generic(sandbox, **bad)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"scope": 5}, "scope must be a string, or a list of strings"),
        ({"scope": b"a b"}, "scope must be a string, or a list of strings"),
        ({"token_params": "audience=x"}, "token_params must be a dict"),
        ({"token_updater": "save"}, "token_updater must be callable"),
        ({"token": "abc"}, "token must be a dict"),
        ({"retries": None}, "retries must be an int, or a urllib3 Retry"),
        ({"retries": "3"}, "retries must be an int, or a urllib3 Retry"),
        ({"store": "/tmp/tokens.json"}, "store must have load, save and lock"),
        ({"store": FileTokenStore}, "store must have load, save and lock"),
    ],
    ids=str,
)
def test_what_is_of_another_type_is_an_error_that_names_it(
    sandbox: Sandbox, bad: dict[str, Any], error: str
) -> None:
    with pytest.raises(TypeError, match=error):
        generic(sandbox, **bad)


@pytest.mark.parametrize("url", ["", "auth.example/token", "https://", "/token"])
def test_a_token_url_that_is_none_gets_requests_own_error(url: str) -> None:
    with pytest.raises(requests.RequestException, match="token_url"):
        ClientCredentialsSession("id", "secret", url)


def test_words_of_a_scope_may_come_one_by_one(sandbox: Sandbox) -> None:
    with generic(sandbox, scope=(word for word in ("a", "b"))) as session:
        assert session.scope == ["a", "b"]


def test_a_secret_in_the_place_of_the_url_is_not_shown() -> None:
    with pytest.raises(requests.exceptions.MissingSchema) as error:
        ClientCredentialsSession("https://auth.example/token", "id", "the-secret")
    assert "the-secret" not in str(error.value)


@pytest.mark.parametrize("status", [404, 405])
def test_an_endpoint_that_is_none_says_what_to_look_at(
    sandbox: Sandbox, session: PokitDokSession, status: int
) -> None:
    sandbox.fail(TOKEN, status=status)
    with pytest.raises(TokenError, match="check token_url"):
        session.get(PATH)


def test_a_certificate_that_is_not_trusted_says_what_to_look_at(sandbox: Sandbox) -> None:
    with (
        ClientCredentialsSession("id", "secret", sandbox.base_url + TOKEN) as session,
        pytest.raises(TokenError, match=r"session\.verify or REQUESTS_CA_BUNDLE"),
    ):
        session.fetch_token()


def test_plain_http_to_this_machine_does_not_leave_it_by_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with (
        ClientCredentialsSession("id", "secret", "http://localhost:9/token") as session,
        pytest.raises(InsecureTransportError, match="NO_PROXY"),
    ):
        session.fetch_token()


def test_an_answer_by_json_is_read_whatever_it_is_labelled(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = dict(session.fetch_token())
    for kind in ("text/html", "application/x-www-form-urlencoded", "text/plain; charset=utf-16"):
        sandbox.fail(TOKEN, body=json.dumps(good), content_type=kind)
        assert session.fetch_token()["access_token"] == good["access_token"]


def test_a_code_that_no_standard_names_is_not_repeated_in_the_text(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    said = f"no client {sandbox.client_secret}"
    sandbox.fail(TOKEN, status=400, body=json.dumps({"error": said}))
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert sandbox.client_secret not in str(caught.value)
    assert caught.value.error == said


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"scope": "b"}, [("grant_type", "client_credentials"), ("scope", "b")]),
        ({"scope": ["a", "b"]}, [("grant_type", "client_credentials"), ("scope", "a b")]),
        ({"client_id": "me"}, [("grant_type", "client_credentials")]),
        ({"grant_type": "other"}, [("grant_type", "other")]),
        (
            {"resource": ["x", "y"]},
            [("grant_type", "client_credentials"), ("resource", "x"), ("resource", "y")],
        ),
    ],
)
def test_a_field_stands_once_unless_it_is_a_list(
    sandbox: Sandbox, session: PokitDokSession, given: dict[str, Any], sent: list[tuple[str, str]]
) -> None:
    sandbox.fail(TOKEN, status=200, body='{"access_token": "t"}')
    session.fetch_token(**given)
    assert form_of(sandbox.token_log[0]) == sent


def test_credentials_in_the_form_stand_there_once(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        session.fetch_token(client_id=sandbox.client_id, include_client_id=True)
    form = form_of(sandbox.token_log[0])
    assert sorted(name for name, _ in form) == ["client_id", "client_secret", "grant_type"]
