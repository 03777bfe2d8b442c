"""Rows for batches, and a session that runs them on a sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session import APISession, Outcome, PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.batches import Run, key_of
from support.http_server import ScriptedResponse, ScriptedServer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tonight.jsonl"


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    with sandbox.session() as session:
        yield session


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    token = json.dumps({"access_token": "t", "token_type": "Bearer", "expires_in": 3600}).encode()
    with ScriptedServer({"/token": ScriptedResponse(200, token)}) as server:
        yield server


@pytest.fixture
def plain(server: ScriptedServer) -> Iterator[APISession]:
    with APISession("id", "secret", f"{server.url}/token", base_url=server.url) as session:
        yield session


@pytest.fixture
def run(session: PokitDokSession, path: Path) -> Run:
    """Run a batch of eligibility rows to its end; the journal is kept from run to run."""

    def run(rows: Any, **options: Any) -> list[Outcome]:
        options = {"key": key_of, "journal": path, "threads": 4, **options}
        return list(session.batch(session.eligibility, rows, **options))

    return run


@pytest.fixture(autouse=True)
def _wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search and send again at once. How long each wait is has tests of its own."""
    monkeypatch.setattr("pokitdok_session.api.batch.search.SEARCH_AGAIN", 0.0)
    for module in ("sender", "search"):
        monkeypatch.setattr(f"pokitdok_session.api.batch.{module}.backoff", lambda *_: 0.0)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith("batch-")]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]
