"""What is sent to the token endpoint."""

from __future__ import annotations

from typing import Any

import pytest
from oauthlib.oauth2 import InsecureTransportError

from pokitdok_session import (
    PokitDokSession,
)
from pokitdok_session.sandbox import Sandbox
from support.token_requests import PATH, TOKEN, credentials_of, form_of, generic


def test_token_request_has_the_form_of_rfc_6749(sandbox: Sandbox, session: PokitDokSession) -> None:
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
def test_credentials_of_any_characters_arrive_unchanged(
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
def test_scope_is_sent_with_every_token_request(sandbox: Sandbox, scope: Any) -> None:
    with sandbox.session(scope=scope) as session:
        session.get(PATH)
        sandbox.revoke()
        session.get(PATH)
        session.fetch_token()
        assert list(session.scope or ()) == SCOPES
    scopes = [dict(form_of(record))["scope"] for record in sandbox.token_log]
    assert scopes == ["user_schedule business_schedule"] * 3


def test_token_params_are_sent_every_time_and_lists_repeat_a_name(
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


def test_token_request_carries_nothing_of_the_session_or_the_call(
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


def test_cookie_of_the_token_endpoint_is_not_sent_to_the_api(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = session.fetch_token()
    sandbox.fail(TOKEN, body=dict(good), headers={"Set-Cookie": "seen=1; Path=/"})
    session.fetch_token()
    session.get(PATH)
    assert "Cookie" not in sandbox.requests[0].headers
    assert len(session.cookies) == 0


def test_netrc_entry_does_not_replace_the_credentials(
    sandbox: Sandbox, session: PokitDokSession, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session.get(PATH)
    session.fetch_token(include_client_id=True)
    first, second = sandbox.token_log
    assert credentials_of(first)[0] == sandbox.client_id
    assert "Authorization" not in second.headers


def test_request_hook_cannot_redirect_to_plain_http(session: PokitDokSession) -> None:

    session.register_compliance_hook(
        "access_token_request",
        lambda url, headers, content: ("http://auth.example/token", headers, content),
    )
    with pytest.raises(InsecureTransportError):
        session.fetch_token()


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
def test_form_field_occurs_once_unless_it_is_a_list(
    sandbox: Sandbox, session: PokitDokSession, given: dict[str, Any], sent: list[tuple[str, str]]
) -> None:
    sandbox.fail(TOKEN, status=200, body='{"access_token": "t"}')
    session.fetch_token(**given)
    assert form_of(sandbox.token_log[0]) == sent


def test_credentials_in_the_form_occur_once(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        session.fetch_token(client_id=sandbox.client_id, include_client_id=True)
    form = form_of(sandbox.token_log[0])
    assert sorted(name for name, _ in form) == ["client_id", "client_secret", "grant_type"]
