"""How the response of the token endpoint is judged."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from pokitdok_session import (
    ClientCredentialsSession,
    PokitDokSession,
    TokenError,
)
from pokitdok_session.oauth2.token_response import REFUSAL_COOLDOWN
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.http_server import ScriptedResponse, ScriptedServer
from support.token_requests import PATH, TOKEN


def test_scope_other_than_requested_is_not_an_error(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = session.fetch_token()
    sandbox.fail(TOKEN, body={**good, "scope": "another entirely"})
    assert session.fetch_token()["scope"] == ["another", "entirely"]
    assert session.get(PATH).status_code == 200


def test_wrong_secret_gives_the_code_and_says_what_to_check(sandbox: Sandbox) -> None:
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
def test_error_description_is_an_attribute_and_not_in_the_text(
    sandbox: Sandbox, session: PokitDokSession, body: Any, code: str | None, description: str
) -> None:
    sandbox.fail(TOKEN, status=400, body=body)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    error = caught.value
    assert (error.error, error.description) == (code, description)
    shown = f" ({code}): check scope=" if code else ": check token_url, scope= and token_params"
    if description:
        shown += "; the reason is in .description"
    assert str(error) == (
        f"{sandbox.base_url}/oauth2/token returned 400{shown}; no new token request for 30 s"
    )


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_scope", "check scope="),
        ("invalid_target", "check resource and audience in token_params"),
        ("unauthorized_client", "the provider must allow this client"),
        ("unsupported_grant_type", "check token_url: its endpoint has no"),
        ("invalid_request", "check token_url, scope= and token_params"),
    ],
)
def test_error_code_says_what_to_check(
    sandbox: Sandbox, session: PokitDokSession, code: str, advice: str
) -> None:
    sandbox.fail(TOKEN, status=400, body={"error": code})
    with pytest.raises(TokenError, match=rf"returned 400 \({code}\): {advice}"):
        session.get(PATH)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (408, "the token request did not arrive in time"),
        (429, "too many token requests were sent"),
        (500, "the token endpoint has a problem of its own"),
        (503, "the token endpoint has a problem of its own"),
    ],
)
@pytest.mark.parametrize(
    ("headers", "when"),
    [
        ({}, "try again later"),
        ({"Retry-After": "20"}, "try again after 20 s"),
        ({"Retry-After": "600"}, "no new token request for 600 s"),
    ],
)
def test_transient_status_says_what_became_of_the_request(
    sandbox: Sandbox,
    session: PokitDokSession,
    retry_sleeps: list[float],
    status: int,
    problem: str,
    headers: dict[str, str],
    when: str,
) -> None:
    sandbox.fail(TOKEN, status=status, body="", headers=headers, times=None)
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert str(caught.value) == (
        f"{sandbox.base_url}{TOKEN} returned {status}: {problem}, and the API request was not "
        f"processed; {when}"
    )


@pytest.mark.parametrize("status", [404, 405])
def test_404_or_405_says_to_check_token_url(
    sandbox: Sandbox, session: PokitDokSession, status: int
) -> None:
    sandbox.fail(TOKEN, status=status)
    with pytest.raises(TokenError, match="check token_url"):
        session.get(PATH)


def test_json_response_is_read_whatever_its_content_type(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    good = dict(session.fetch_token())
    for kind in ("text/html", "application/x-www-form-urlencoded", "text/plain; charset=utf-16"):
        sandbox.fail(TOKEN, body=json.dumps(good), content_type=kind)
        assert session.fetch_token()["access_token"] == good["access_token"]


def test_unregistered_error_code_is_not_in_the_text(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    said = f"no client {sandbox.client_secret}"
    sandbox.fail(TOKEN, status=400, body=json.dumps({"error": said}))
    with pytest.raises(TokenError) as caught:
        session.get(PATH)
    assert sandbox.client_secret not in str(caught.value)
    assert caught.value.error == said


UNUSABLE = [b"<html>", b"[]", b"", b'{"token_type": "bearer"}', b'{"access_token": "a\\nb"}']


@pytest.mark.parametrize("body", UNUSABLE, ids=repr)
def test_unusable_200_is_remembered_like_a_refusal(
    sandbox: Sandbox, session: PokitDokSession, clock: Clock, body: bytes
) -> None:
    sandbox.fail(TOKEN, status=200, body=body.decode(), times=1)
    for _ in range(3):
        with pytest.raises(TokenError, match="no new token request for 30 s") as caught:
            session.get(PATH)
        assert caught.value.status_code == 200
    assert sandbox.token_requests == 1
    clock.advance(REFUSAL_COOLDOWN + 1)
    assert session.get(PATH).status_code == 200


def test_token_under_another_name_says_what_reads_it(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(TOKEN, status=200, body={"accessToken": "a"})
    with pytest.raises(TokenError, match="no access_token; token_response= can read another form;"):
        session.get(PATH)


def raise_for_status(response: requests.Response) -> requests.Response:
    response.raise_for_status()
    return response


def test_hook_that_raises_for_status_keeps_the_refusal(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.register_compliance_hook("access_token_response", raise_for_status)
    refusal = {"error": "invalid_client"}
    sandbox.fail(TOKEN, status=401, body=refusal, times=None)
    for _ in range(2):
        with pytest.raises(TokenError, match="check client_id and client_secret") as caught:
            session.get(PATH)
        assert (caught.value.status_code, caught.value.error) == (401, "invalid_client")
    assert isinstance(caught.value.__cause__, requests.HTTPError)
    assert sandbox.token_requests == 1


def test_hook_that_raises_for_status_leaves_a_503_transient(
    sandbox: Sandbox, session: PokitDokSession, retry_sleeps: list[float]
) -> None:
    session.register_compliance_hook("access_token_response", raise_for_status)
    sandbox.fail(TOKEN, status=503, times=1)
    assert session.get(PATH).status_code == 200
    assert sandbox.token_requests == 2


def test_hook_that_rejects_a_good_response_is_followed(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    def reject(response: requests.Response) -> requests.Response:
        raise requests.HTTPError("not signed", response=response)

    session.register_compliance_hook("access_token_response", reject)
    for _ in range(2):
        with pytest.raises(TokenError, match="access_token_response rejected it"):
            session.get(PATH)
    assert sandbox.token_requests == 1


# The bodies that requests-oauthlib reads

FORM = b"access_token=by-form&token_type=bearer&expires_in=60&scope=a+b"
JSON_LATIN_1 = '{"access_token": "by-latin-1", "note": "caf\xe9"}'.encode("latin-1")


@pytest.mark.parametrize(
    ("body", "content_type", "access_token"),
    [
        (FORM, "application/x-www-form-urlencoded", "by-form"),
        (FORM + b"\n", "text/plain", "by-form"),
        (JSON_LATIN_1, "application/json; charset=iso-8859-1", "by-latin-1"),
        ('{"access_token": "by-16"}'.encode("utf-16"), "application/json", "by-16"),
        ('{"access_token": "\u0430"}'.encode("cp1251"), "application/json; charset=cp1251", None),
        (b'{"access_token": "utf-8"}', "application/json; charset=nonsense", "utf-8"),
        (b"\xff access_token=x", "text/plain; charset=nonsense", None),
        (b'<a href="/x?y=1&access_token=z">', "text/html", None),
        (b"y=1&z=2", "text/plain", None),
        (b"access_token=&scope=a", "text/plain", None),
    ],
    ids=repr,
)
def test_token_response_may_be_form_encoded_or_in_another_charset(
    other_origin: ScriptedServer, body: bytes, content_type: str, access_token: str | None
) -> None:
    other_origin.script["/token"] = ScriptedResponse(200, body, {"Content-Type": content_type})
    with ClientCredentialsSession("id", "secret", f"{other_origin.url}/token") as session:
        if access_token is None:
            with pytest.raises(TokenError):
                session.fetch_token()
        else:
            assert session.fetch_token()["access_token"] == access_token


def test_form_encoded_error_is_an_error(other_origin: ScriptedServer) -> None:
    other_origin.script["/token"] = ScriptedResponse(
        200, b"error=invalid_scope&error_description=none+such"
    )
    with (
        ClientCredentialsSession("id", "secret", f"{other_origin.url}/token") as session,
        pytest.raises(TokenError, match="invalid_scope") as caught,
    ):
        session.fetch_token()
    assert caught.value.description == "none such"


@pytest.mark.parametrize(
    ("status", "retry_after", "remembered"),
    [(401, "300", 300), (401, "5", 30), (429, "300", 300), (503, "7200", 3600)],
)
def test_retry_after_is_remembered_up_to_an_hour(
    other_origin: ScriptedServer,
    retry_sleeps: list[float],
    status: int,
    retry_after: str,
    remembered: float,
) -> None:
    other_origin.script["/token"] = ScriptedResponse(status, b"", {"Retry-After": retry_after})
    with (
        ClientCredentialsSession("id", "secret", f"{other_origin.url}/token") as session,
        pytest.raises(TokenError, match=f"no new token request for {remembered} s") as caught,
    ):
        session.fetch_token()
    assert caught.value.retry_after == remembered
    assert retry_sleeps == []
