"""Processes that run functions for a test, and these functions."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from support.threads import PATIENCE

#: Seconds; starting an interpreter on a busy machine takes some.
START = 30.0

#: Python 3.12 and later warn of a fork with threads, which these tests need.
FORKS_WITH_THREADS = "ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"


class Workers:
    """Processes that have the same arguments and run the same function at the same time."""

    def __init__(self, method: str, size: int, *held: Any) -> None:
        context: Any = multiprocessing.get_context(method)
        self._ways: list[Connection] = []
        self.processes: list[Any] = []
        for _ in range(size):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, *held))
            process.start()
            there.close()
            self._ways.append(here)
            self.processes.append(process)

    def tell(self, work: Callable[..., Any], *args: Any, only: int | None = None) -> None:
        for way in self._chosen(only):
            way.send((work, args))

    def hear(self, patience: float = START, only: int | None = None) -> list[Any]:
        """Return what each returned; raise what one raised."""
        return [_outcome(way, patience) for way in self._chosen(only)]

    def all(self, work: Callable[..., Any], *args: Any, patience: float = START) -> list[Any]:
        self.tell(work, *args)
        return self.hear(patience)

    def kill(self, number: int) -> None:
        """Kill one by SIGKILL."""
        process = self.processes[number]
        process.kill()
        # `join` would also wait for its own children.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    def _chosen(self, only: int | None) -> list[Connection]:
        return self._ways if only is None else [self._ways[only]]

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        for way in self._ways:
            with contextlib.suppress(OSError):  # the process was killed
                way.send(None)
        for process in self.processes:
            process.join(PATIENCE)
            hangs = process.is_alive()
            process.kill()
            process.join(PATIENCE)
            assert not hangs or kind is not None, "a process did not end"
            process.close()
        for way in self._ways:
            way.close()


def _work(way: Connection, *held: Any) -> None:
    # Only a message ends the loop: a sibling forked later has a copy of the other end.
    while order := way.recv():
        work, args = order
        try:
            outcome = work(*held, *args)
        except Exception as error:
            outcome = Failed(f"{type(error).__name__}: {traceback.format_exc()}")
        way.send(outcome)


class Failed(str):
    """An exception of another process, as text."""


def _outcome(way: Connection, patience: float) -> Any:
    assert way.poll(patience), "a process did not answer"
    outcome = way.recv()
    assert not isinstance(outcome, Failed), outcome
    return outcome


def eventually(holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until a condition holds for which there is no event."""
    tick = threading.Event()
    give_up = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < give_up, "it never came to be"
        tick.wait(0.005)


# The functions. Each takes the arguments of the process, then those of the command.


def call(session: Any, times: int = 1) -> list[int]:
    """Return the status of each response, those that were replayed included."""
    statuses = []
    for _ in range(times):
        answer = session.get("/activities/")
        statuses += [refused.status_code for refused in answer.history]
        statuses.append(answer.status_code)
    return statuses


def call_for(session: Any, seconds: float) -> list[int]:
    """Return the status of each response that the caller sees."""
    end = time.monotonic() + seconds
    statuses = []
    while time.monotonic() < end:
        statuses.append(session.get("/activities/").status_code)
    return statuses


def token_of(session: Any) -> str:
    token: str = session.access_token
    return token
