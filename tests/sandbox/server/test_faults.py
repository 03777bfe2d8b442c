"""Faults to order, as a client meets them on the wire."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from support.plain_client import Client

PATH = "/activities/"


@pytest.mark.parametrize("path", ["/activities/", "/activities", "/api/v4/activities/", "/act*"])
def test_a_fault_meets_its_path_however_it_is_named(client: Client, path: str) -> None:
    client.sandbox.fail(path, status=503)
    assert client.api("GET", "/tradingpartners/").status_code == 200
    assert [client.api("GET", PATH).status_code for _ in range(2)] == [503, 200]


def test_a_faulted_request_counts_as_received(client: Client) -> None:
    fault = client.sandbox.fail(PATH, status=500)
    client.api("GET", PATH)
    assert (len(client.sandbox.requests), fault.hits) == (1, 1)


def test_faults_are_met_in_the_order_in_which_they_were_ordered(client: Client) -> None:
    client.sandbox.fail(PATH, status=500, times=2)
    client.sandbox.fail(PATH, status=503)
    assert [client.api("GET", PATH).status_code for _ in range(4)] == [500, 500, 503, 200]


def test_a_fault_for_ever_lasts_until_it_is_healed(client: Client) -> None:
    client.sandbox.fail("*", status=500, times=None)
    assert [client.api("GET", PATH).status_code for _ in range(5)] == [500] * 5
    assert client.ask_for_token().status_code == 200
    client.sandbox.clear_faults()
    assert client.api("GET", PATH).status_code == 200


def test_a_fault_may_be_for_one_verb(client: Client) -> None:
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
def test_the_answer_may_be_anything(
    client: Client, order: dict[str, Any], status: int, kind: str | None, text: str | None
) -> None:
    client.sandbox.fail(PATH, **order)
    answer = client.api("GET", PATH)
    assert (answer.status_code, answer.headers.get("Content-Type")) == (status, kind)
    assert text is None or answer.text == text


def test_headers_can_be_ordered(client: Client) -> None:
    client.sandbox.fail(PATH, status=302, headers={"Location": "https://elsewhere.invalid/"})
    answer = client.api("GET", PATH, allow_redirects=False)
    assert answer.headers["Location"] == "https://elsewhere.invalid/"
    client.sandbox.fail("/oauth2/token", status=429, headers={"Retry-After": "7"})
    assert client.ask_for_token().headers["Retry-After"] == "7"


def test_the_token_endpoint_fails_in_its_own_words(client: Client) -> None:
    client.sandbox.fail("/oauth2/token", status=401)
    client.sandbox.fail("/oauth2/token", body={"access_token": None})
    assert client.ask_for_token().json() == {"error": "invalid_client"}
    assert client.ask_for_token().json() == {"access_token": None}


def test_a_reset_ends_the_connection_before_any_answer(client: Client) -> None:
    client.sandbox.fail(PATH, reset=True)
    # OpenSSL hides from some Pythons whether it was a reset or an end.
    with pytest.raises(requests.ConnectionError, match=r"Connection (reset|aborted)"):
        client.api("GET", PATH)
    assert client.api("GET", PATH).json()["meta"]["result_count"] == 1


def test_a_reset_after_the_headers_breaks_the_body(client: Client) -> None:
    client.sandbox.fail(PATH, reset="after_headers")
    answer = client.api("GET", PATH, stream=True)
    assert (answer.status_code, int(answer.headers["Content-Length"]) > 0) == (200, True)
    with pytest.raises(
        requests.exceptions.ChunkedEncodingError, match=r"Connection (reset|broken)"
    ):
        _ = answer.content


def test_a_truncated_answer_ends_in_the_middle(client: Client) -> None:
    client.sandbox.fail(PATH, body="x" * 1000, truncate=True)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="500 bytes read"):
        client.api("GET", PATH)


def test_a_delay_alone_gives_the_true_answer_late(client: Client) -> None:
    client.sandbox.fail(PATH, delay=0.2)
    answer = client.api("GET", PATH)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


def test_silence_is_a_delay_that_outlasts_the_client(client: Client) -> None:
    client.sandbox.fail(PATH, delay=3600)
    with pytest.raises(requests.ReadTimeout):
        client.api("GET", PATH, timeout=0.1)
    assert len(client.sandbox.requests) == 1


def test_a_dripping_answer_arrives_byte_by_byte(client: Client) -> None:
    client.sandbox.fail(PATH, body="drops", drip=0.02)
    began = time.monotonic()
    assert client.api("GET", PATH).text == "drops"
    assert time.monotonic() - began >= 4 * 0.02
