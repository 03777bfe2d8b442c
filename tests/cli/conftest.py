"""The commands on a sandbox, in this process."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pokitdok_session.sandbox import Sandbox
from support.commands import Command


@pytest.fixture
def command(tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, sandbox, capsys)


@pytest.fixture(autouse=True)
def _leave_this_process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore what a command changes for its whole process."""
    monkeypatch.setattr("pokitdok_session.api.batch.search.SEARCH_AGAIN", 0.0)
    handler = signal.getsignal(signal.SIGTERM)
    log = logging.getLogger("pokitdok_session.api.batch")
    monkeypatch.setattr(log, "handlers", [])
    yield
    log.setLevel(logging.NOTSET)
    signal.signal(signal.SIGTERM, handler)
