"""Many threads at once, and a wire that holds a request back until it is told to go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests

from pokitdok_session.transport.adapter import Transport

#: Longer than anything here takes, and shorter than anybody waits for a test that hangs.
PATIENCE = 10.0


class Crowd:
    """Threads that do the same; what each gave or raised is in ``outcomes``."""

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
    """A transport on which requests wait until they are let go; ``arrived`` says that one does."""

    def __init__(self, verify: str) -> None:
        super().__init__(verify=verify)
        self.arrived = threading.Event()
        self.let_go = threading.Event()

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        self.arrived.set()
        assert self.let_go.wait(PATIENCE), "a request was held for ever"
        return super().send(*args, **kwargs)
