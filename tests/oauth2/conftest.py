"""Sessions on a scripted server, on hosts without a server, and with stores that they share."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession, FileTokenStore, RedisTokenStore
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.http_server import ScriptedResponse, ScriptedServer
from support.recording import OptionsRecorder, RecordingAdapter, session_for
from support.redis_server import RedisServer
from support.token_requests import GRANTED


@pytest.fixture(autouse=True)
def _short_pause_after_a_late_refusal(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "retry_sleeps" not in request.fixturenames:  # which sees the pause, and does not sleep
        monkeypatch.setattr("pokitdok_session.oauth2.token_endpoint.LATE_REFUSAL_PAUSE", 0.01)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Return a server that grants tokens; a module with other answers has its own."""
    granted = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')
    with ScriptedServer({"/token": granted}) as server:
        yield server


@pytest.fixture
def held(server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    """Return a session of that server."""
    url = f"{server.url}/token"
    with ClientCredentialsSession("id", "secret", url, base_url=server.url) as session:
        yield session


@pytest.fixture
def endpoint(other_origin: ScriptedServer) -> ScriptedServer:
    """Return a server whose token endpoint grants a token of 60 s."""
    other_origin.script["/token"] = GRANTED
    return other_origin


@pytest.fixture
def api_server(other_origin: ScriptedServer) -> ScriptedServer:
    """Return the scripted server that stands for the API."""
    return other_origin


@pytest.fixture
def api_session(api_server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    """Yield a session on the scripted server, with a token for it."""
    token = {"access_token": "of-the-api", "expires_in": 3600}
    with ClientCredentialsSession(
        "id", "secret", api_server.url + "/token", base_url=api_server.url + "/root", token=token
    ) as session:
        yield session


@pytest.fixture
def options_recorder(api_session: ClientCredentialsSession) -> OptionsRecorder:
    wire = OptionsRecorder()
    api_session.mount("http://", wire)
    return wire


@pytest.fixture
def recorder() -> RecordingAdapter:
    return RecordingAdapter()


@pytest.fixture
def example_session(recorder: RecordingAdapter) -> Iterator[ClientCredentialsSession]:
    with session_for() as session:
        session.mount("https://", recorder)
        session.mount("http://", recorder)
        yield session


@pytest.fixture
def netrc_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set a netrc file with every host; return the header that it stands for."""
    hosts = ("127.0.0.1", "localhost", "api.example", "other.example")
    lines = [f"machine {host} login somebody password else" for host in hosts]
    (tmp_path / "netrc").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return "Basic " + base64.b64encode(b"somebody:else").decode()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Yield a port that refuses connections. It is bound, so that no server can get it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


# Stores that sessions share


@pytest.fixture(params=["file", "redis"])
def make_store(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer
) -> Callable[..., Any]:
    if request.param == "file":
        return lambda **options: FileTokenStore(tmp_path / "tokens.json", **options)
    return lambda **options: RedisTokenStore.from_url(redis_server.url, **options)


@pytest.fixture
def store(make_store: Callable[..., Any]) -> Any:
    return make_store()


@pytest.fixture
def file_store(tmp_path: Path) -> FileTokenStore:
    return FileTokenStore(tmp_path / "tokens.json")


@pytest.fixture
def pair(sandbox: Sandbox, clock: Clock, file_store: FileTokenStore) -> Iterator[list[Any]]:
    """Two sessions of one clock that share a store."""
    sessions = [sandbox.session(store=file_store) for _ in range(2)]
    for session in sessions:
        session._token_source.clock = clock
    yield sessions
    for session in sessions:
        session.close()
