"""What the searches and the shared pace do at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session.api.batch.redis_pace import _WindowCount
from pokitdok_session.api.batch.search import NOT_SEARCHED, Searcher
from support.redis_server import RedisServer


def test_search_without_a_hook_of_the_session_says_that_it_did_not_search() -> None:
    gate: Any = None  # not used without a hook
    assert Searcher(None, gate, gate).find("key", 0.0) is NOT_SEARCHED


def test_shared_window_keeps_its_rate_if_it_is_set_again(redis_server: RedisServer) -> None:
    pytest.importorskip("limits")
    window = _WindowCount(redis_server.client(), "name", "prefix")
    window.set_rate(10, 1)
    item = window._item
    window.set_rate(10, 1)
    assert window._item is item
    window.set_rate(20, 1)
    assert window._item is not item
