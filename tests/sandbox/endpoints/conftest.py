"""A sandbox per module, and a session of a new application per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[PokitDokSession]:
    app = sandbox.add_app()
    with sandbox.session(client_id=app.client_id, client_secret=app.client_secret) as session:
        yield session
