"""A session that is dropped is freed at once, with its connections."""

from __future__ import annotations

import gc
import socket
import weakref
from collections.abc import Iterator

import pytest
import requests

from pokitdok_session import ClientCredentialsSession
from support.http_server import ScriptedResponse, ScriptedServer

GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer({"/token": GRANTED}) as server:
        yield server


def new_session(server: ScriptedServer) -> ClientCredentialsSession:
    return ClientCredentialsSession("id", "secret", f"{server.url}/token", base_url=server.url)


@pytest.mark.usefixtures("no_collector")
def test_session_without_close_is_freed_by_its_last_reference(server: ScriptedServer) -> None:
    session = new_session(server)
    response = session.get("/x")
    freed = weakref.ref(session)
    del session, response
    assert freed() is None


@pytest.mark.usefixtures("no_collector")
def test_session_with_its_auth_set_back_is_freed(server: ScriptedServer) -> None:
    session = new_session(server)
    own = session.auth
    session.auth = ("user", "password")
    session.auth = own
    assert session.get("/x").request.headers["Authorization"] == "Bearer t"
    freed = weakref.ref(session)
    del session, own
    assert freed() is None


@pytest.mark.usefixtures("no_collector")
def test_dropped_sessions_hold_no_socket(server: ScriptedServer) -> None:
    def sockets() -> int:
        return sum(isinstance(each, socket.socket) for each in gc.get_objects())

    before = sockets()
    for _ in range(5):
        new_session(server).get("/x")
    # The server's side of each connection is in this process too, until it sees the end.
    assert sockets() - before <= 5


def test_auth_object_keeps_its_session_alive(server: ScriptedServer) -> None:
    auth = new_session(server).auth
    response = requests.get(f"{server.url}/x", auth=auth)
    assert response.request.headers["Authorization"] == "Bearer t"
