"""The log of requests: exact in number, bounded in memory."""

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
    """Seven requests, of which the last three are kept."""
    monkeypatch.setattr("pokitdok_session.sandbox.server.request_log.MAX_RECORDS", 3)
    log = RequestLog()
    for number in range(7):
        log.append(record(number))
    return log


def test_all_are_counted_and_the_last_are_kept(log: RequestLog) -> None:
    assert len(log) == 7
    assert [seen.path for seen in log] == ["/4", "/5", "/6"]


def test_a_place_in_the_log_is_the_number_of_the_request(log: RequestLog) -> None:
    assert (log[4].path, log[-1].path) == ("/4", "/6")
    assert [seen.path for seen in log[2:6]] == ["/4", "/5"]
    assert [seen.path for seen in log[-2:]] == ["/5", "/6"]


@pytest.mark.parametrize("place", [0, 3, 7, -4])
def test_what_is_not_kept_cannot_be_had(log: RequestLog, place: int) -> None:
    with pytest.raises(IndexError):
        log[place]


def test_many_large_bodies_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pokitdok_session.sandbox.server.request_log.MAX_BYTES", 25)
    log = RequestLog()
    for number in range(5):
        log.append(record(number, bytes(10)))
    assert (len(log), len(list(log))) == (5, 2)


def test_half_a_request_was_not_received(client: Client) -> None:
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
