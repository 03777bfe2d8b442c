"""A deadline for whole responses, which a server that drips cannot move."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from pokitdok_session.transport import Transport
from pokitdok_session.transport.deadline import (
    DeadlineReader,
    current,
    limit_connect,
    response_deadline,
)
from support.http_server import ScriptedServer

#: Seconds between two bytes, and how many bytes there are before the end.
DRIP, BYTES = 0.02, 100

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def reader(sock: socket.socket, seconds: float) -> DeadlineReader:
    return DeadlineReader(sock.makefile("rb", buffering=0), sock, time.monotonic() + seconds)


@pytest.fixture
def dripping_url() -> Iterator[str]:
    """Yield the URL of a server whose header drips for 2 s, and then ends well."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # the client closes the connection
            connection.recv(65536)
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: ".ljust(BYTES, b"x"):
                connection.sendall(bytes([byte]))
                tick.wait(DRIP)
            connection.sendall(b"\r\nContent-Length: 2\r\n\r\n{}")
            connection.recv(1)

    tick = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join(5)


def test_reader_returns_what_has_arrived_and_restores_the_timeout(pair: Pair) -> None:
    here, there = pair
    here.settimeout(7)
    there.sendall(b"abc")
    with reader(here, 5) as stream:
        assert stream.read(2) == b"ab"
        assert here.gettimeout() == 7


@pytest.mark.parametrize("timeout", [None, 7])
def test_reader_waits_until_its_deadline_only(pair: Pair, timeout: float | None) -> None:
    here, _ = pair
    here.settimeout(timeout)
    with reader(here, 0.01) as stream, pytest.raises(TimeoutError):
        stream.read(1)


class WrappedSocket:
    """A socket as urllib3 wraps it for pyOpenSSL: it does not tell its timeout."""

    def __init__(self, wrapped: socket.socket) -> None:
        self.socket = wrapped


def test_reader_sets_the_timeout_of_a_wrapped_socket(pair: Pair) -> None:
    here, _ = pair
    stream = here.makefile("rb", buffering=0)
    deadline = time.monotonic() + 0.01
    with DeadlineReader(stream, WrappedSocket(here), deadline) as limited:
        with pytest.raises(TimeoutError):
            limited.read(1)
        assert here.gettimeout() is None


def test_reader_after_its_deadline_reads_nothing(pair: Pair) -> None:
    here, there = pair
    there.sendall(b"abc")
    with reader(here, -1) as stream, pytest.raises(TimeoutError, match="not complete at its dead"):
        stream.read(1)
    assert here.recv(3) == b"abc"


def test_inner_deadline_does_not_extend_an_outer_one() -> None:
    with response_deadline(5):
        with response_deadline(9):
            assert current.deadline == 5
        with response_deadline(3):
            assert current.deadline == 3
        assert current.deadline == 5
    assert current.deadline == math.inf


def test_deadline_ends_a_header_that_drips(dripping_url: str) -> None:
    with requests.Session() as session, response_deadline(time.monotonic() + 10 * DRIP):
        session.mount("http://", Transport())
        with pytest.raises(requests.ReadTimeout):
            session.get(dripping_url, timeout=20 * BYTES * DRIP)


@pytest.fixture
def silent_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the URL of a host with four addresses, none of which responds to a connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        host, port = listener.getsockname()
        with socket.create_connection((host, port)):  # which fills the backlog
            found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
            monkeypatch.setattr(socket, "getaddrinfo", lambda *args: found * 4)
            yield f"://many.invalid:{port}/"


@pytest.mark.parametrize("timeout", [60, None])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_addresses_share_the_time_until_the_deadline(
    silent_url: str, scheme: str, timeout: float | None
) -> None:
    started = time.monotonic()
    with requests.Session() as session, response_deadline(started + 0.2):
        session.mount(f"{scheme}://", Transport())
        with pytest.raises(requests.ConnectTimeout, match=r"connect timeout=0\.0"):
            session.get(scheme + silent_url, timeout=timeout)
    assert time.monotonic() < started + 60


class Connection:
    """What `limit_connect` sees of a connection of urllib3."""

    host, port, sock, timeout = "many.invalid", 443, None, 60.0

    def __init__(self, made: socket.socket) -> None:
        self.made = made
        self.share = 0.0

    def _new_conn(self) -> socket.socket:
        self.share = self.timeout
        self.made.settimeout(self.timeout)
        return self.made


def test_addresses_share_the_time_of_the_connection_only(silent_url: str, pair: Pair) -> None:
    """The TLS handshake, which follows on the same socket, gets the time that is left."""
    connection = Connection(pair[0])
    with response_deadline(time.monotonic() + 60):
        limit_connect(connection)
        connection._new_conn()
    assert connection.share <= 15
    assert connection.timeout == 60
    assert 15 < (pair[0].gettimeout() or 0) <= 60
    assert "_new_conn" not in vars(connection)


class WrappingConnection:
    """A connection as vcrpy wraps it: what is set here is also set on the real one."""

    def __init__(self, real: Connection) -> None:
        object.__setattr__(self, "real", real)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.real, name, value)
        object.__setattr__(self, name, value)


def test_connection_that_is_wrapped_can_connect_again(silent_url: str, pair: Pair) -> None:
    real = Connection(pair[0])
    with response_deadline(time.monotonic() + 60):
        limit_connect(WrappingConnection(real))
        real._new_conn()
        assert real.share <= 15
    real._new_conn()
    assert real.share == 60


def test_tunnel_through_a_proxy_ends_at_the_deadline(silent_url: str) -> None:
    started = time.monotonic()
    with requests.Session() as session, response_deadline(started + 0.2):
        session.mount("https://", Transport())
        with pytest.raises(requests.ConnectionError):
            session.get("https://a.invalid/", proxies={"https": "http" + silent_url}, timeout=60)
    assert time.monotonic() < started + 60


def test_host_without_an_address_is_reported_as_ever() -> None:
    with requests.Session() as session, response_deadline(time.monotonic() + 60):
        session.mount("http://", Transport())
        with pytest.raises(requests.ConnectionError, match="resolve"):
            session.get("http://nowhere.invalid/", timeout=60)


def test_connection_of_a_deadline_serves_a_response_without_one(
    other_origin: ScriptedServer,
) -> None:
    with requests.Session() as session:
        session.mount("http://", Transport())
        with response_deadline(time.monotonic() + 60):
            assert session.get(other_origin.url).status_code == 200
        assert session.get(other_origin.url).status_code == 200
