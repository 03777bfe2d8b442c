"""What a session has in a store that it shares with others."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pokitdok_session.oauth2.stores.shared import key_of

HOUR = 3600.0


def key_in(session: Any) -> str:
    return key_of(session._cache_key_parts())


def let_the_saved_token_age(session: Any, seconds: float) -> None:
    """Do to the store what ``pass_time``, which moves no wall clock, does to the sessions."""
    saved = session.store.load(key_in(session))
    session.store.save(key_in(session), {**saved, "expires_at": saved["expires_at"] - seconds})


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith("pokitdok_session")
    ]
