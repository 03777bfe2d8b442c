"""Many threads that start together, and a transport that blocks requests until a test goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests

from pokitdok_session.transport.adapter import Transport

#: Seconds after which a test that hangs fails; longer than any test takes.
PATIENCE = 10.0


class Crowd:
    """Threads with the same work; ``outcomes`` has what each returned or raised."""

    def __init__(self, size: int, work: Callable[[], Any]) -> None:
        self.outcomes: list[Any] = []
        self._work = work
        self._barrier = threading.Barrier(size)
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        self._barrier.wait(PATIENCE)
        try:
            outcome = self._work()
        except Exception as error:
            outcome = error
        self.outcomes.append(outcome)

    def join(self) -> list[Any]:
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a thread never came back"
        return self.outcomes


def at_once(size: int, work: Callable[[], Any]) -> list[Any]:
    """Return what ``work`` returned or raised in each of ``size`` threads."""
    return Crowd(size, work).join()


class Held(Transport):
    """A transport that blocks requests until ``release``; ``arrived`` is set when one waits."""

    def __init__(self, verify: str) -> None:
        super().__init__(verify=verify)
        self.arrived = threading.Event()
        self.let_go = threading.Event()

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.arrived.set()
        assert self.let_go.wait(PATIENCE), "a request was held for ever"
        return super().send(*args, **kwargs)
