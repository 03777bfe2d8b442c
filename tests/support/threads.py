"""Many threads that start together, and a transport that blocks requests until a test goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import requests

from pokitdok_session.oauth2.timeouts import total_timeout
from pokitdok_session.transport.adapter import Transport

#: Seconds after which a test that hangs fails; longer than any test takes.
TEST_TIMEOUT = 60.0


class ThreadGroup:
    """Threads with the same work; ``outcomes`` has what each returned or raised."""

    def __init__(self, size: int, work: Callable[[], Any]) -> None:
        self.outcomes: list[Any] = []
        self._work = work
        self._barrier = threading.Barrier(size)
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        self._barrier.wait(TEST_TIMEOUT)
        try:
            outcome = self._work()
        except Exception as error:
            outcome = error
        self.outcomes.append(outcome)

    def join(self) -> list[Any]:
        for thread in self._threads:
            thread.join(TEST_TIMEOUT)
            assert not thread.is_alive(), "a thread did not end"
        return self.outcomes


def run_in_threads(size: int, work: Callable[[], Any]) -> list[Any]:
    """Return what ``work`` returned or raised in each of ``size`` threads."""
    return ThreadGroup(size, work).join()


class BlockingTransport(Transport):
    """Blocks requests until ``released`` is set; ``arrived`` is set as soon as one waits.

    A request that is blocked for longer than its timeout ends as if the server was silent.
    """

    def __init__(self, verify: str) -> None:
        super().__init__(verify=verify)
        self.arrived = threading.Event()
        self.released = threading.Event()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        self.arrived.set()
        timeout = total_timeout(options["timeout"])
        if not self.released.wait(min(timeout, TEST_TIMEOUT)):
            assert timeout < TEST_TIMEOUT, "the test did not release a request"
            raise requests.ReadTimeout(request=request)
        return super().send(request, **options)
