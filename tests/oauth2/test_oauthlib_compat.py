"""The interface of requests-oauthlib's `OAuth2Session` keeps working."""

from __future__ import annotations

import inspect
import json
import time
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.sandbox import Sandbox
from support.paths import ACTIVITIES_PATH, TOKEN_PATH


def test_token_before_the_first_request_is_empty(session: PokitDokSession) -> None:
    assert session.token == {}
    assert session.access_token is None
    assert session.authorized is False


def test_token_after_the_first_request_can_be_read(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    assert session.authorized is True
    assert session.token["access_token"] == session.access_token == sandbox.requests[0].token
    assert session.token["token_type"] == "bearer"
    assert session.token["expires_at"] == pytest.approx(time.time() + 3600, abs=5)


def test_token_that_was_set_is_sent(sandbox: Sandbox, session: PokitDokSession) -> None:
    other = sandbox.session().fetch_token()
    session.token = other
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.requests[0].token == other["access_token"]
    assert sandbox.token_requests == 1


@pytest.mark.parametrize("none", [None, {}])
def test_token_that_was_removed_is_fetched_again(
    sandbox: Sandbox, session: PokitDokSession, none: Any
) -> None:
    session.get(ACTIVITIES_PATH)
    session.token = none
    assert not session.authorized
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_token_setter_with_unusable_token_raises_and_keeps_the_old(
    session: PokitDokSession,
) -> None:
    first = session.fetch_token()
    for bad in ({"token_type": "bearer"}, {"access_token": "a\r\nb"}, {"access_token": 7}):
        with pytest.raises(ValueError, match="access_token"):
            session.token = bad
    assert session.token == first


def test_token_getter_returns_a_copy(session: PokitDokSession) -> None:
    session.fetch_token().clear()
    session.token.clear()
    assert session.authorized


def test_access_token_can_be_set_and_deleted(sandbox: Sandbox, session: PokitDokSession) -> None:
    good = sandbox.session().fetch_token()["access_token"]
    session.access_token = good
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.requests[0].token == good
    del session.access_token
    assert not session.authorized
    session.access_token = good
    session.access_token = None
    assert not session.authorized


def test_client_is_a_backend_application_client(sandbox: Sandbox, session: PokitDokSession) -> None:
    assert isinstance(session._client, BackendApplicationClient)
    assert session.client_id == sandbox.client_id
    app = sandbox.add_app("another", "words")
    session.client_id, session.client_secret = app.client_id, app.client_secret
    assert session.get(ACTIVITIES_PATH).status_code == 200


def test_scope_can_be_read_and_set(sandbox: Sandbox) -> None:
    with sandbox.session(scope="user_schedule") as session:
        assert session.scope == ["user_schedule"]
        session.scope = ["business_schedule"]
        session.fetch_token()
        session.scope = "user_schedule business_schedule"
        assert session.scope == "user_schedule business_schedule"
        session.fetch_token()
    assert [record.body.decode().rpartition("scope=")[2] for record in sandbox.token_log] == [
        "business_schedule",
        "user_schedule+business_schedule",
    ]


def test_fetch_token_has_the_parameters_of_the_parent() -> None:
    ours = inspect.signature(ClientCredentialsSession.fetch_token).parameters
    theirs = inspect.signature(OAuth2Session.fetch_token).parameters
    assert list(ours) == list(theirs)
    assert {
        name: each.default for name, each in ours.items() if each.default != theirs[name].default
    } == {"token_url": None}


def test_fetch_token_as_requests_oauthlib_documents_it_works(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    token = session.fetch_token(
        token_url=sandbox.base_url + TOKEN_PATH,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        include_client_id=True,
    )
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.requests[0].token == token["access_token"]


def test_fetch_token_with_a_code_raises_value_error(session: PokitDokSession) -> None:
    with pytest.raises(ValueError, match="code and authorization_response must be None"):
        session.fetch_token(code="x")


# Compliance hooks


def test_access_token_request_hook_can_change_the_token_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    seen: list[Any] = []

    def hook(url: str, headers: Any, content: Any) -> Any:
        seen.append((url, dict(headers), {name: dict(form) for name, form in content.items()}))
        return url + "?api=1", {**headers, "X-Hook": "1"}, {"json": {"more": 1}, **content}

    session.register_compliance_hook("access_token_request", hook)
    session.fetch_token()
    ((url, headers, content),) = seen
    assert url == sandbox.base_url + TOKEN_PATH
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert content == {"data": {"grant_type": "client_credentials"}}
    (record,) = sandbox.token_log
    assert (record.query, record.headers["X-Hook"]) == ("api=1", "1")


def test_access_token_request_hook_gets_a_new_request_per_renewal(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    urls: list[str] = []

    def hook(url: str, headers: Any, content: Any) -> Any:
        urls.append(url)
        headers["X-Times"] = headers.get("X-Times", "") + "I"
        content["data"]["times"] = content["data"].get("times", "") + "I"
        return url + "?again", headers, content

    session.register_compliance_hook("access_token_request", hook)
    session.get(ACTIVITIES_PATH)
    sandbox.revoke()
    session.get(ACTIVITIES_PATH)
    assert urls == [sandbox.base_url + TOKEN_PATH] * 2
    assert [record.headers["X-Times"] for record in sandbox.token_log] == ["I", "I"]
    assert [record.body.count(b"times=I") for record in sandbox.token_log] == [1, 1]


def test_access_token_response_hook_can_fix_the_response(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = session.fetch_token()
    sandbox.fail(TOKEN_PATH, body={"accessToken": good["access_token"]})

    def fix(response: requests.Response) -> requests.Response:
        answer = json.loads(response.text)
        response._content = json.dumps({"access_token": answer["accessToken"]}).encode()
        return response

    session.register_compliance_hook("access_token_response", fix)
    assert session.fetch_token()["access_token"] == good["access_token"]


def test_protected_request_hook_can_change_the_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    seen: list[Any] = []

    def hook(url: str, headers: Any, data: Any) -> Any:
        seen.append((url, dict(headers), data))
        headers["X-Hook"] = "1"
        return url + "?hooked=1", headers, b"changed"

    session.register_compliance_hook("protected_request", hook)
    own = {"X-Own": "1"}
    session.post("/eligibility/", data=b"as it was", headers=own)
    url = sandbox.base_url + "/api/v4/eligibility/"
    assert seen == [(url, {"X-Own": "1"}, b"as it was")]
    (record,) = sandbox.requests
    assert (record.query, record.headers["X-Hook"], record.body) == ("hooked=1", "1", b"changed")
    assert record.token == session.access_token
    assert own == {"X-Own": "1"}


def test_protected_request_hook_is_not_called_without_a_token(
    sandbox: Sandbox, session: PokitDokSession, other_origin: Any
) -> None:
    def hook(url: str, headers: Any, data: Any) -> Any:
        raise AssertionError("the hook was called for a request without a token")

    session.register_compliance_hook("protected_request", hook)
    session.get(other_origin.url)
    session.fetch_token()
    session.get(ACTIVITIES_PATH, auth=("user", "words"))
    assert len(other_origin.requests) == 1


def test_unknown_hook_type_raises_as_in_the_parent(session: PokitDokSession) -> None:
    with pytest.raises(ValueError, match="Hook type"):
        session.register_compliance_hook("no_such", print)


def test_access_token_response_hook_that_raises_fails_the_call(
    session: PokitDokSession,
) -> None:
    def fail(response: Any) -> Any:
        raise KeyError("raised by the hook")

    session.register_compliance_hook("access_token_response", fail)
    with pytest.raises(KeyError, match="raised by the hook"):
        session.get(ACTIVITIES_PATH)


# TokenError is an oauthlib error


def test_token_error_is_an_oauthlib_error(sandbox: Sandbox) -> None:
    from oauthlib.oauth2 import OAuth2Error

    session = sandbox.session(client_secret="wrong")
    with session, pytest.raises(OAuth2Error) as caught:
        session.fetch_token()
    error = caught.value
    assert isinstance(error, TokenError)
    assert (error.error, error.status_code) == ("invalid_client", 401)
    assert json.loads(error.json)["error"] == "invalid_client"
    assert ("error", "invalid_client") in error.twotuples
    assert error.in_uri("https://x.example/").startswith("https://x.example/?")
