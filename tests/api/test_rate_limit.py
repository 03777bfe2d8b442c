"""The wait for a rate limit, which ends when the program is being interrupted."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from pokitdok_session.api import rate_limit
from pokitdok_session.api.rate_limit import pause


@pytest.fixture
def retry_sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds slept; they pass at once."""
    taken: list[float] = []
    stand_in = SimpleNamespace(sleep=taken.append, monotonic=lambda: sum(taken))
    monkeypatch.setattr(rate_limit, "time", stand_in)
    return taken


def test_pause_lasts_as_long_as_it_was_told(retry_sleeps: list[float]) -> None:
    assert pause(1.75)
    assert sum(retry_sleeps) == 1.75
    assert max(retry_sleeps) <= 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_pause_in_a_pool_ends_within_a_second_of_an_interrupt(
    retry_sleeps: list[float], error: type[BaseException]
) -> None:
    began = threading.Event()
    interrupted = threading.Event()

    def wait() -> bool:
        began.set()
        assert interrupted.wait(10)
        return pause(3600)

    waiting: Future[bool] | None = None
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wait)
            assert began.wait(10)
            try:
                raise error
            except error:
                interrupted.set()
                assert waiting.result(10) is False
                raise
    except error:
        pass
    assert sum(retry_sleeps) <= 1


def test_pause_in_a_pool_lasts_without_an_interrupt(retry_sleeps: list[float]) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(pause, 3).result(10)
    assert sum(retry_sleeps) == 3


def test_pause_in_the_main_thread_lasts_while_an_error_is_handled(
    retry_sleeps: list[float],
) -> None:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert pause(3)


def test_triple_of_older_pythons_is_understood(
    retry_sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    main = threading.main_thread().ident
    for handled in ((KeyboardInterrupt, KeyboardInterrupt(), None), KeyboardInterrupt()):
        found = {main: handled}
        monkeypatch.setattr(rate_limit.sys, "_current_exceptions", lambda found=found: found)
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(pause, 3).result(10) is False
