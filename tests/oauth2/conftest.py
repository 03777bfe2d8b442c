"""Sessions on a scripted server, and on hosts without a server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from pokitdok_session import ClientCredentialsSession
from support.http_server import ScriptedServer
from support.recording import OptionsRecorder, RecordingAdapter, session_for


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
