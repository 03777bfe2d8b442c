"""The request log: it counts all requests and is bounded in memory."""

from __future__ import annotations

import socket
import threading

import pytest
from starlette.datastructures import Headers

from pokitdok_session.sandbox import Record
from pokitdok_session.sandbox.server.request_log import RequestLog
from support.plain_client import Client


def record(number: int, body: bytes = b"") -> Record:
    return Record("GET", f"/{number}", "", Headers(), body, len(body), "", None, 0.0)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> RequestLog:
    """Seven requests, of which the last three are saved."""
    monkeypatch.setattr("pokitdok_session.sandbox.server.request_log.MAX_RECORDS", 3)
    log = RequestLog()
    for number in range(7):
        log.append(record(number))
    return log


def test_request_log_counts_all_and_saves_the_last(log: RequestLog) -> None:
    assert len(log) == 7
    assert [seen.path for seen in log] == ["/4", "/5", "/6"]


def test_request_log_index_is_the_request_number(log: RequestLog) -> None:
    assert (log[4].path, log[-1].path) == ("/4", "/6")
    assert [seen.path for seen in log[2:6]] == ["/4", "/5"]
    assert [seen.path for seen in log[-2:]] == ["/5", "/6"]


@pytest.mark.parametrize("place", [0, 3, 7, -4])
def test_request_log_dropped_record_raises_index_error(log: RequestLog, place: int) -> None:
    with pytest.raises(IndexError):
        log[place]


def test_request_log_bodies_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pokitdok_session.sandbox.server.request_log.MAX_BYTES", 25)
    log = RequestLog()
    for number in range(5):
        log.append(record(number, bytes(10)))
    assert (len(log), len(list(log))) == (5, 2)


def test_request_log_has_no_incomplete_request(client: Client) -> None:
    host, port = client.sandbox.base_url.removeprefix("https://").split(":")
    context = client.sandbox.ssl_context()
    before = client.sandbox.connections
    with (
        socket.create_connection((host, int(port))) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        secure.sendall(b"POST /api/v4/activities/ HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
    while client.sandbox.connections == before:
        threading.Event().wait(0.01)
    assert client.api("GET", "/tradingpartners/").status_code == 200
    assert [seen.method for seen in client.sandbox.requests] == ["GET"]
