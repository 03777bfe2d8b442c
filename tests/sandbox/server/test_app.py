"""The layer before the API: tokens, rate, credits, routes, and what it notes of a request."""

from __future__ import annotations

import hashlib
from email.utils import parsedate_to_datetime

import pytest
import requests

from pokitdok_session.sandbox import Sandbox
from support.plain_client import Client

PATH = "/activities/"


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic x", "Bearer  "])
def test_without_a_valid_token_the_answer_is_unauthorized(
    client: Client, header: str | None
) -> None:
    del client.headers["Authorization"]
    answer = client.api("GET", PATH, headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["Content-Type"] == "application/json"
    assert "WWW-Authenticate" not in answer.headers


def test_calls_beyond_the_limit_are_refused_until_the_window_ends(client: Client) -> None:
    client.sandbox.options.rate_limit = 2
    amounts = [client.api("GET", PATH).json()["meta"]["rate_limit_amount"] for _ in range(2)]
    refused = client.api("GET", "/tradingpartners/")
    assert amounts == [1, 2]
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden (Rate Limited)"})
    assert refused.headers["Content-Type"] == "application/json"
    client.sandbox.clock.advance(60)
    assert client.api("GET", PATH).json()["meta"]["rate_limit_amount"] == 1


def test_the_reset_that_meta_tells_is_when_calls_are_let_in_again(client: Client) -> None:
    client.sandbox.options.rate_limit = 1
    meta = client.api("GET", PATH).json()["meta"]
    client.sandbox.clock.advance(meta["rate_limit_reset"] - client.sandbox.clock.now())
    assert (meta["rate_limit_cap"], client.api("GET", PATH).status_code) == (1, 200)


def test_every_answer_is_dated_by_the_clock_that_tests_move(client: Client) -> None:
    client.sandbox.clock.advance(86_400)
    now = client.sandbox.clock.now()
    answers = [client.api("GET", PATH), client.api("GET", "/no/such/"), client.ask_for_token()]
    dates = [parsedate_to_datetime(answer.headers["Date"]).timestamp() for answer in answers]
    assert all(abs(date - now) < 60 for date in dates)


def test_a_date_that_a_fault_asks_for_is_the_only_one(client: Client) -> None:
    told = "Mon, 01 Jan 2029 00:00:00 GMT"
    client.sandbox.fail(PATH, status=503, headers={"Date": told})
    assert client.api("GET", PATH).headers["Date"] == told


def test_without_credits_only_billed_calls_are_refused(inquiry: object) -> None:
    with Sandbox(credits=1) as sandbox, Client(sandbox) as client:
        client.connect()
        meta = client.api("POST", "/eligibility/", json=inquiry).json()["meta"]
        refused = client.api("POST", "/eligibility/", json=inquiry)
        unbilled = client.api("GET", PATH)
    assert (meta["credits_billed"], meta["credits_remaining"]) == (1, 0)
    assert (refused.status_code, refused.json()) == (402, {"message": "Payment Required"})
    assert unbilled.status_code == 200
    assert "credits_remaining" not in unbilled.json()["meta"]


def test_an_account_without_a_balance_counts_below_zero(client: Client, inquiry: object) -> None:
    assert client.api("POST", "/eligibility/", json=inquiry).json()["meta"]["credits_remaining"] < 0


def test_an_unrouted_path_is_a_web_page(client: Client) -> None:
    answer = client.api("GET", "/nowhere/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>404 Not Found</title>" in answer.text


@pytest.mark.parametrize("path", ["/", "/api", "/api/v3/activities/", "/elsewhere"])
def test_outside_the_api_nothing_asks_for_a_token(client: Client, path: str) -> None:
    del client.headers["Authorization"]
    assert client.get(client.sandbox.base_url + path).status_code == 404


def test_the_wrong_verb_is_not_allowed(client: Client) -> None:
    assert client.api("POST", PATH).status_code == 405


@pytest.mark.parametrize("path", ["/activities", "/activities/", "/tradingpartners/MOCKPAYER/"])
def test_both_forms_of_a_path_are_served(client: Client, path: str) -> None:
    assert client.api("GET", path, allow_redirects=False).status_code == 200


def test_strict_slashes_redirect_a_get_and_keep_its_query(client: Client) -> None:
    client.sandbox.options.strict_slashes = True
    answer = client.api("GET", "/activities?limit=1&x=a%20b", allow_redirects=False)
    assert answer.status_code == 301
    root = client.sandbox.base_url
    assert answer.headers["Location"] == f"{root}/api/v4/activities/?limit=1&x=a%20b"
    assert client.api("GET", "/activities?limit=1").status_code == 200
    assert client.api("GET", "/tradingpartners/MOCKPAYER/").status_code == 404


def test_legacy_headers_label_envelopes_and_no_others(client: Client) -> None:
    client.sandbox.options.legacy_headers = True
    good, bad = client.api("GET", PATH), client.api("POST", "/eligibility/", json={})
    for answer in (good, bad):
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert (answer.headers["mimetype"], answer.headers["charset"]) == (
            "application/json",
            "utf-8",
        )
    client.sandbox.revoke()
    assert client.api("GET", PATH).headers["Content-Type"] == "application/json"


def test_an_encoded_slash_stays_in_its_segment(client: Client) -> None:
    answer = client.api("GET", "/activities/..%2Ftradingpartners%3Fa")
    assert answer.json()["data"] == {"errors": {"query": "activity not found"}}


def test_a_record_shows_the_request_as_it_came(client: Client) -> None:
    client.api("POST", "/claims/a%2Fb?q=%20x&q=2", json={"a": 1}, headers={"X-Odd": "1"})
    seen = client.sandbox.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("POST", "/api/v4/claims/a%2Fb", "q=%20x&q=2")
    assert (seen.headers["x-odd"], seen.json()) == ("1", {"a": 1})
    assert f"Bearer {seen.token}" == client.headers["Authorization"]


def test_a_record_does_not_print_what_is_secret(client: Client) -> None:
    client.api("POST", PATH, json={"name": "Quillfeather"})
    shown = repr(client.sandbox.requests[-1])
    assert "Quillfeather" not in shown
    assert str(client.headers["Authorization"]).split()[1] not in shown


def test_refused_and_unrouted_requests_are_recorded_too(client: Client) -> None:
    client.api("GET", "/nowhere")
    client.sandbox.revoke()
    client.api("GET", PATH)
    assert [seen.path for seen in client.sandbox.requests] == [
        "/api/v4/nowhere",
        "/api/v4/activities/",
    ]
    assert len(client.sandbox.received(PATH)) == 1


def test_of_a_large_body_the_beginning_and_the_hash_are_kept(client: Client) -> None:
    body = bytes(range(256)) * 4096 * 5
    client.api("POST", PATH, data=body)
    seen = client.sandbox.requests[-1]
    assert (len(seen.body), seen.size) == (1 << 20, len(body))
    assert seen.sha256 == hashlib.sha256(body).hexdigest()


def test_a_chunked_body_is_read_whole(client: Client) -> None:
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


def test_latency_comes_before_every_answer(client: Client) -> None:
    client.sandbox.options.latency = 30
    with pytest.raises(requests.ReadTimeout):
        client.api("GET", PATH, timeout=0.1)


def test_applications_see_their_own_activities_only(client: Client) -> None:
    other = client.sandbox.add_app("other", "secret")
    client.api("GET", PATH)
    auth = (other.client_id, "secret")
    url = client.sandbox.base_url + "/oauth2/token"
    token = client.post(url, data={"grant_type": "client_credentials"}, auth=auth).json()
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert client.api("GET", PATH, headers=bearer).json()["meta"]["result_count"] == 1
