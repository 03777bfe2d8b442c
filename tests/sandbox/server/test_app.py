"""The layer before the API: tokens, rate limit, credits, routes, and the record of a request."""

from __future__ import annotations

import hashlib
from email.utils import parsedate_to_datetime

import pytest
import requests

from pokitdok_session.sandbox import Sandbox
from support.plain_client import Client

PATH = "/activities/"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic x", "Bearer  "])
def test_request_without_valid_token_is_401(client: Client, header: str | None) -> None:
    del client.headers["Authorization"]
    response = client.api("GET", PATH, headers={"Authorization": header} if header else {})
    assert (response.status_code, response.json()) == (401, {"message": "Unauthorized"})
    assert response.headers["Content-Type"] == "application/json"
    assert "WWW-Authenticate" not in response.headers


def test_rate_limit_refuses_calls_until_window_ends(client: Client) -> None:
    client.sandbox.options.rate_limit = 2
    amounts = [client.api("GET", PATH).json()["meta"]["rate_limit_amount"] for _ in range(2)]
    refused = client.api("GET", "/tradingpartners/")
    assert amounts == [1, 2]
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden (Rate Limited)"})
    assert refused.headers["Content-Type"] == "application/json"
    client.sandbox.clock.advance(60)
    assert client.api("GET", PATH).json()["meta"]["rate_limit_amount"] == 1


def test_rate_limit_reset_in_meta_is_when_calls_succeed(client: Client) -> None:
    client.sandbox.options.rate_limit = 1
    meta = client.api("GET", PATH).json()["meta"]
    client.sandbox.clock.advance(meta["rate_limit_reset"] - client.sandbox.clock.now())
    assert (meta["rate_limit_cap"], client.api("GET", PATH).status_code) == (1, 200)


def test_date_header_follows_the_clock(client: Client) -> None:
    client.sandbox.clock.advance(86_400)
    now = client.sandbox.clock.now()
    answers = [client.api("GET", PATH), client.api("GET", "/no/such/"), client.ask_for_token()]
    dates = [parsedate_to_datetime(response.headers["Date"]).timestamp() for response in answers]
    assert all(abs(date - now) < 60 for date in dates)


def test_date_header_of_a_fault_replaces_the_clocks(client: Client) -> None:
    told = "Mon, 01 Jan 2029 00:00:00 GMT"
    client.sandbox.fail(PATH, status=503, headers={"Date": told})
    assert client.api("GET", PATH).headers["Date"] == told


def test_credits_used_up_refuse_only_billed_calls(inquiry: object) -> None:
    with Sandbox(credits=1) as sandbox, Client(sandbox) as client:
        client.connect()
        meta = client.api("POST", "/eligibility/", json=inquiry).json()["meta"]
        refused = client.api("POST", "/eligibility/", json=inquiry)
        unbilled = client.api("GET", PATH)
    assert (meta["credits_billed"], meta["credits_remaining"]) == (1, 0)
    assert (refused.status_code, refused.json()) == (402, {"message": "Payment Required"})
    assert unbilled.status_code == 200
    assert "credits_remaining" not in unbilled.json()["meta"]


def test_credits_without_balance_go_below_zero(client: Client, inquiry: object) -> None:
    assert client.api("POST", "/eligibility/", json=inquiry).json()["meta"]["credits_remaining"] < 0


def test_path_unknown_is_an_html_404(client: Client) -> None:
    response = client.api("GET", "/nowhere/")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>404 Not Found</title>" in response.text


@pytest.mark.parametrize("path", ["/", "/api", "/api/v3/activities/", "/elsewhere"])
def test_path_outside_api_is_404_without_token(client: Client, path: str) -> None:
    del client.headers["Authorization"]
    assert client.get(client.sandbox.base_url + path).status_code == 404


def test_method_wrong_is_405(client: Client) -> None:
    response = client.api("POST", PATH)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.text.startswith("<!DOCTYPE html>")
    assert response.headers["X-Sandbox-Invented"] == "1"


@pytest.mark.parametrize("path", ["/activities", "/activities/", "/tradingpartners/MOCKPAYER/"])
def test_path_with_and_without_last_slash_is_served(client: Client, path: str) -> None:
    assert client.api("GET", path, allow_redirects=False).status_code == 200


def test_strict_slashes_redirect_get_with_its_query(client: Client) -> None:
    client.sandbox.options.strict_slashes = True
    response = client.api("GET", "/activities?limit=1&x=a%20b", allow_redirects=False)
    assert response.status_code == 301
    root = client.sandbox.base_url
    assert response.headers["Location"] == f"{root}/api/v4/activities/?limit=1&x=a%20b"
    assert client.api("GET", "/activities?limit=1").status_code == 200
    assert client.api("GET", "/tradingpartners/MOCKPAYER/").status_code == 404


def test_legacy_headers_are_only_on_envelopes(client: Client) -> None:
    client.sandbox.options.legacy_headers = True
    good, bad = client.api("GET", PATH), client.api("POST", "/eligibility/", json={})
    for response in (good, bad):
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert (response.headers["mimetype"], response.headers["charset"]) == (
            "application/json",
            "utf-8",
        )
    client.sandbox.revoke()
    assert client.api("GET", PATH).headers["Content-Type"] == "application/json"


def test_path_encoded_slash_stays_in_its_segment(client: Client) -> None:
    response = client.api("GET", "/activities/..%2Ftradingpartners%3Fa")
    assert response.json()["data"] == {"errors": {"query": "activity not found"}}


def test_record_shows_request_as_received(client: Client) -> None:
    client.api("POST", "/claims/a%2Fb?q=%20x&q=2", json={"a": 1}, headers={"X-Odd": "1"})
    seen = client.sandbox.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("POST", "/api/v4/claims/a%2Fb", "q=%20x&q=2")
    assert (seen.headers["x-odd"], seen.json()) == ("1", {"a": 1})
    assert f"Bearer {seen.token}" == client.headers["Authorization"]


def test_record_repr_has_no_secrets(client: Client) -> None:
    client.api("POST", PATH, json={"name": "Quillfeather"})
    shown = repr(client.sandbox.requests[-1])
    assert "Quillfeather" not in shown
    assert str(client.headers["Authorization"]).split()[1] not in shown


def test_record_exists_for_refused_and_unknown_paths(client: Client) -> None:
    client.api("GET", "/nowhere")
    client.sandbox.revoke()
    client.api("GET", PATH)
    assert [seen.path for seen in client.sandbox.requests] == [
        "/api/v4/nowhere",
        "/api/v4/activities/",
    ]
    assert len(client.sandbox.received(PATH)) == 1


def test_record_large_body_is_cut_and_hashed(client: Client) -> None:
    body = bytes(range(256)) * 4096 * 5
    client.api("POST", PATH, data=body)
    seen = client.sandbox.requests[-1]
    assert (len(seen.body), seen.size) == (1 << 20, len(body))
    assert seen.sha256 == hashlib.sha256(body).hexdigest()


def test_record_chunked_body_is_complete(client: Client) -> None:
    client.api("POST", PATH, data=iter([b"one", b"two"]))
    assert client.sandbox.requests[-1].body == b"onetwo"


def test_connections_are_counted_and_kept_alive(client: Client) -> None:
    before = client.sandbox.connections
    for _ in range(3):
        client.api("GET", PATH)
    with requests.Session() as other:
        other.trust_env = False
        other.get(client.sandbox.base_url, verify=client.sandbox.ca_file)
    assert client.sandbox.connections == before + 1


def test_option_latency_delays_every_response(client: Client) -> None:
    client.sandbox.options.latency = 30
    with pytest.raises(requests.ReadTimeout):
        client.api("GET", PATH, timeout=0.1)


def test_application_sees_only_its_own_activities(client: Client) -> None:
    other = client.sandbox.add_app("other", "secret")
    client.api("GET", PATH)
    auth = (other.client_id, "secret")
    url = client.sandbox.base_url + "/oauth2/token"
    token = client.post(url, data={"grant_type": "client_credentials"}, auth=auth).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.api("GET", PATH, headers=bearer).json()["meta"]["result_count"] == 1
