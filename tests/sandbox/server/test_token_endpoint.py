"""The token endpoint: every form of credentials, and what is issued, refused and revoked."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from pokitdok_session.sandbox import Sandbox
from support.plain_client import Client

GRANT = {"grant_type": "client_credentials"}
ODD_ID = "klïent:~1"
ODD_SECRET = "sécret ? > % + /ß€:\U0001f9ea"


def test_token_response_has_documented_fields(client: Client) -> None:
    response = client.ask_for_token()
    token = response.json()
    assert set(token) == {"access_token", "token_type", "expires_in"}
    assert (len(token["access_token"]), token["access_token"].isalnum()) == (40, True)
    assert (token["token_type"], token["expires_in"]) == ("bearer", 3600)
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert (response.headers["Cache-Control"], response.headers["Pragma"]) == (
        "no-store",
        "no-cache",
    )


def test_token_request_issues_new_token_and_keeps_earlier_valid(client: Client) -> None:
    assert client.ask_for_token().json() != client.ask_for_token().json()
    assert client.api("GET", "/activities/").status_code == 200


@pytest.fixture
def odd() -> Iterator[Client]:
    """A client whose id and secret have characters that are hard to encode."""
    with (
        Sandbox(client_id=ODD_ID, client_secret=ODD_SECRET) as sandbox,
        Client(sandbox) as client,
    ):
        yield client


def basic(client_id: str, secret: str, *, urlsafe: bool = False) -> str:
    raw = f"{client_id}:{secret}".encode()
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return "Basic " + encode(raw).decode()


HEADERS = {
    "raw": basic(ODD_ID, ODD_SECRET),
    "form-encoded": basic(quote(ODD_ID, ""), quote(ODD_SECRET, "")),
    "spaces as plus": basic(quote(ODD_ID, ""), quote(ODD_SECRET, "").replace("%20", "+")),
    "url-safe alphabet": basic(ODD_ID, ODD_SECRET, urlsafe=True),
    "without padding": basic(ODD_ID, ODD_SECRET).rstrip("="),
    "echo's newline": basic(ODD_ID, ODD_SECRET + "\n"),
    "echo's newline on Windows": basic(ODD_ID, ODD_SECRET + "\r\n"),
    "a small scheme": basic(ODD_ID, ODD_SECRET).replace("Basic", "basic"),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_basic_header_in_any_usual_form_is_accepted(odd: Client, header: str) -> None:
    url = odd.sandbox.base_url + "/oauth2/token"
    assert odd.post(url, data=GRANT, headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize("way", ["form", "both", "multipart", "multipart and header"])
def test_credentials_in_body_are_accepted(odd: Client, way: str) -> None:
    form = {**GRANT, "client_id": ODD_ID, "client_secret": ODD_SECRET}
    headers = {"Authorization": HEADERS["form-encoded"]} if way in ("both",) else {}
    if way == "multipart and header":
        headers, form = {"Authorization": HEADERS["form-encoded"]}, dict(GRANT)
    files = {name: (None, text) for name, text in form.items()}
    body = {"files": files} if way.startswith("multipart") else {"data": form}
    response = odd.post(odd.sandbox.base_url + "/oauth2/token", headers=headers, **body)
    assert response.status_code == 200


def test_credentials_in_header_override_body(client: Client) -> None:
    form = {**GRANT, "client_id": client.sandbox.client_id, "client_secret": "wrong"}
    assert client.ask_for_token(**form).status_code == 200


@pytest.mark.parametrize("auth", [("wrong", None), (None, "wrong"), ("", ""), (None, "")])
def test_credentials_wrong_are_invalid_client(
    client: Client, auth: tuple[str | None, str | None]
) -> None:
    sandbox = client.sandbox
    pair = tuple(
        right if given is None else given
        for given, right in zip(auth, (sandbox.client_id, sandbox.client_secret), strict=True)
    )
    response = client.post(sandbox.base_url + "/oauth2/token", data=GRANT, auth=pair)
    assert (response.status_code, response.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize("header", ["Basic !!!", "Basic", "Basic Og==", "Basic /w==", "Digest x"])
def test_basic_header_broken_is_invalid_client(client: Client, header: str) -> None:
    url = client.sandbox.base_url + "/oauth2/token"
    response = client.post(url, data=GRANT, headers={"Authorization": header})
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "nobody_has_this"}, "invalid_scope"),
    ],
)
def test_token_request_invalid_is_400(client: Client, form: dict[str, str], error: str) -> None:
    response = client.ask_for_token(**form)
    assert (response.status_code, response.json()["error"]) == (400, error)


def test_token_request_with_extra_parameters_succeeds(client: Client) -> None:
    response = client.ask_for_token(audience="x", resource=["https://a", "https://b"])
    assert response.status_code == 200


def test_token_request_other_method_is_405(client: Client) -> None:
    response = client.get(client.sandbox.base_url + "/oauth2/token")
    assert (response.status_code, response.headers["X-Sandbox-Invented"]) == (405, "1")


@pytest.mark.parametrize(("expires", "ahead"), [("both", 3600), ("past", -8.4 * 86400)])
def test_option_expires_adds_absolute_expiry(client: Client, expires: str, ahead: float) -> None:
    client.sandbox.options.expires = expires  # type: ignore[assignment]
    told = client.ask_for_token().json()["expires"]
    assert told == pytest.approx(client.sandbox.clock.now() + ahead, abs=2)


def test_option_same_token_repeats_token_until_expiry() -> None:
    with Sandbox(same_token=True, token_lifetime=100) as sandbox, Client(sandbox) as client:
        first = client.ask_for_token().json()
        sandbox.clock.advance(60)
        second = client.ask_for_token().json()
        sandbox.clock.advance(60)
        third = client.ask_for_token().json()
    assert first["access_token"] == second["access_token"] != third["access_token"]
    assert second["expires_in"] == pytest.approx(40, abs=2)


def test_token_expires_on_the_clock(client: Client) -> None:
    client.sandbox.clock.advance(3590)
    assert client.api("GET", "/activities/").status_code == 200
    client.sandbox.clock.advance(10)
    assert client.api("GET", "/activities/").status_code == 401


def test_token_lifetime_can_be_a_fraction(client: Client) -> None:
    client.sandbox.options.token_lifetime = 1.5
    assert client.ask_for_token().json()["expires_in"] == 1.5


@pytest.mark.parametrize("which", ["all", "one", "by the endpoint"])
def test_revoke_makes_token_invalid(client: Client, which: str) -> None:
    token = str(client.headers["Authorization"]).split()[1]
    if which == "by the endpoint":
        url = client.sandbox.base_url + "/oauth2/revoke"
        assert client.post(url, json={"token": token}).status_code == 200
    else:
        client.sandbox.revoke(token if which == "one" else None)
    assert client.api("GET", "/activities/").status_code == 401


def test_revoke_one_token_keeps_others(client: Client) -> None:
    client.sandbox.revoke(client.ask_for_token().json()["access_token"])
    assert client.api("GET", "/activities/").status_code == 200


def test_revoke_without_token_is_406(client: Client) -> None:
    response = client.post(client.sandbox.base_url + "/oauth2/revoke")
    assert (response.status_code, response.headers["X-Sandbox-Invented"]) == (406, "1")


@pytest.mark.parametrize("body", ["[]", '{"token": []}', '{"token": null}', "[" * 100_000])
def test_revoke_invalid_token_is_406(client: Client, body: str) -> None:
    assert client.post(client.sandbox.base_url + "/oauth2/revoke", data=body).status_code == 406


def test_token_requests_are_logged_separately(client: Client) -> None:
    client.ask_for_token(scope="user_schedule")
    assert (client.sandbox.token_requests, len(client.sandbox.requests)) == (2, 0)
    assert b"scope=user_schedule" in client.sandbox.token_log[-1].body


def test_option_token_latency_delays_only_token_responses(client: Client) -> None:
    client.sandbox.options.token_latency = 30
    assert client.api("GET", "/activities/", timeout=5).status_code == 200
    with pytest.raises(requests.ReadTimeout):
        client.post(client.sandbox.base_url + "/oauth2/token", data=GRANT, timeout=0.1)
