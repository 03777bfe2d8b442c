"""Injected faults, as a client sees them."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from support.plain_client import Client

PATH = "/activities/"


@pytest.mark.parametrize("path", ["/activities/", "/activities", "/api/v4/activities/", "/act*"])
def test_fault_path_matches_in_every_notation(client: Client, path: str) -> None:
    client.sandbox.fail(path, status=503)
    assert client.api("GET", "/tradingpartners/").status_code == 200
    assert [client.api("GET", PATH).status_code for _ in range(2)] == [503, 200]


def test_fault_request_is_recorded(client: Client) -> None:
    fault = client.sandbox.fail(PATH, status=500)
    client.api("GET", PATH)
    assert (len(client.sandbox.requests), fault.hits) == (1, 1)


def test_fault_earliest_match_is_first(client: Client) -> None:
    client.sandbox.fail(PATH, status=500, times=2)
    client.sandbox.fail(PATH, status=503)
    assert [client.api("GET", PATH).status_code for _ in range(4)] == [500, 500, 503, 200]


def test_fault_without_times_lasts_until_cleared(client: Client) -> None:
    client.sandbox.fail("*", status=500, times=None)
    assert [client.api("GET", PATH).status_code for _ in range(5)] == [500] * 5
    assert client.ask_for_token().status_code == 200
    client.sandbox.clear_faults()
    assert client.api("GET", PATH).status_code == 200


def test_fault_can_be_for_one_method(client: Client) -> None:
    client.sandbox.fail(PATH, status=500, method="PUT")
    assert client.api("GET", PATH).status_code == 200


@pytest.mark.parametrize(
    ("order", "status", "kind", "text"),
    [
        ({"status": 401}, 401, "application/json", '{"message":"Unauthorized"}'),
        ({"status": 403}, 403, "application/json", '{"message":"Forbidden (Rate Limited)"}'),
        ({"body": {"a": None}}, 200, "application/json", '{"a":null}'),
        ({"body": "<html>"}, 200, "text/html; charset=utf-8", "<html>"),
        ({"status": 418, "body": b"x", "content_type": "a/b"}, 418, "a/b", "x"),
        ({"body": [], "content_type": "text/html"}, 200, "text/html", "[]"),
        ({"status": 204}, 204, None, ""),
        ({"status": 599}, 599, "text/html; charset=utf-8", None),
    ],
)
def test_fault_body_can_be_anything(
    client: Client, order: dict[str, Any], status: int, kind: str | None, text: str | None
) -> None:
    client.sandbox.fail(PATH, **order)
    response = client.api("GET", PATH)
    assert (response.status_code, response.headers.get("Content-Type")) == (status, kind)
    assert text is None or response.text == text


def test_fault_headers_are_sent(client: Client) -> None:
    client.sandbox.fail(PATH, status=302, headers={"Location": "https://elsewhere.invalid/"})
    response = client.api("GET", PATH, allow_redirects=False)
    assert response.headers["Location"] == "https://elsewhere.invalid/"
    client.sandbox.fail("/oauth2/token", status=429, headers={"Retry-After": "7"})
    assert client.ask_for_token().headers["Retry-After"] == "7"


def test_fault_token_endpoint_has_oauth_error(client: Client) -> None:
    client.sandbox.fail("/oauth2/token", status=401)
    client.sandbox.fail("/oauth2/token", body={"access_token": None})
    assert client.ask_for_token().json() == {"error": "invalid_client"}
    assert client.ask_for_token().json() == {"access_token": None}


def test_fault_reset_ends_connection_before_response(client: Client) -> None:
    client.sandbox.fail(PATH, reset=True)
    # Some versions of Python report the reset as an end of the connection.
    with pytest.raises(requests.ConnectionError, match=r"Connection (reset|aborted)"):
        client.api("GET", PATH)
    assert client.api("GET", PATH).json()["meta"]["result_count"] == 1


def test_fault_reset_after_headers_breaks_body(client: Client) -> None:
    client.sandbox.fail(PATH, reset="after_headers")
    response = client.api("GET", PATH, stream=True)
    assert (response.status_code, int(response.headers["Content-Length"]) > 0) == (200, True)
    with pytest.raises(
        requests.exceptions.ChunkedEncodingError, match=r"Connection (reset|broken)"
    ):
        _ = response.content


def test_fault_truncate_cuts_body_in_half(client: Client) -> None:
    client.sandbox.fail(PATH, body="x" * 1000, truncate=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="500 bytes read"):
        client.api("GET", PATH)


def test_fault_delay_sends_real_response_late(client: Client) -> None:
    client.sandbox.fail(PATH, delay=0.2)
    response = client.api("GET", PATH)
    assert response.status_code == 200
    assert response.elapsed.total_seconds() >= 0.2


def test_fault_delay_longer_than_client_timeout_is_silence(client: Client) -> None:
    client.sandbox.fail(PATH, delay=3600)
    with pytest.raises(requests.ReadTimeout):
        client.api("GET", PATH, timeout=0.1)
    assert len(client.sandbox.requests) == 1


def test_fault_drip_sends_body_byte_by_byte(client: Client) -> None:
    client.sandbox.fail(PATH, body="drops", drip=0.02)
    began = time.monotonic()
    assert client.api("GET", PATH).text == "drops"
    assert time.monotonic() - began >= 4 * 0.02
