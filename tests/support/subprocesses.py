"""Processes that run functions for a test, and these functions."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from support.threads import TEST_TIMEOUT

#: Seconds after which a process that hangs fails its test; on a busy machine each one is slow.
PROCESS_TIMEOUT = 300.0

#: Python 3.12 and later warn of a fork with threads, which these tests need.
FORKS_WITH_THREADS = "ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"


class Workers:
    """Processes that have the same arguments and run the same function at the same time."""

    def __init__(self, method: str, size: int, *arguments: Any) -> None:
        context: Any = multiprocessing.get_context(method)
        self._connections: list[Connection] = []
        self.processes: list[Any] = []
        for _ in range(size):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, *arguments))
            process.start()
            there.close()
            self._connections.append(here)
            self.processes.append(process)

    def submit(self, work: Callable[..., Any], *args: Any, only: int | None = None) -> None:
        for connection in self._chosen(only):
            connection.send((work, args))

    def results(self, timeout: float = PROCESS_TIMEOUT, only: int | None = None) -> list[Any]:
        """Return what each returned; raise what one raised."""
        return [_outcome(connection, timeout) for connection in self._chosen(only)]

    def run(
        self, work: Callable[..., Any], *args: Any, timeout: float = PROCESS_TIMEOUT
    ) -> list[Any]:
        self.submit(work, *args)
        return self.results(timeout)

    def kill(self, number: int) -> None:
        """Kill one by SIGKILL."""
        process = self.processes[number]
        process.kill()
        # `join` would also wait for its own children.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    def _chosen(self, only: int | None) -> list[Connection]:
        return self._connections if only is None else [self._connections[only]]

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):  # the process was killed
                connection.send(None)
        for process in self.processes:
            process.join(TEST_TIMEOUT)
            hangs = process.is_alive()
            process.kill()
            process.join(TEST_TIMEOUT)
            assert not hangs or kind is not None, "a process did not end"
            process.close()
        for connection in self._connections:
            connection.close()


def _work(connection: Connection, *arguments: Any) -> None:
    # Only a message ends the loop: a sibling forked later has a copy of the other end.
    while message := connection.recv():
        work, args = message
        try:
            outcome = work(*arguments, *args)
        except Exception as error:
            outcome = RemoteError(f"{type(error).__name__}: {traceback.format_exc()}")
        connection.send(outcome)


class RemoteError(str):
    """An exception of another process, as text."""


def _outcome(connection: Connection, timeout: float) -> Any:
    assert connection.poll(timeout), "a process did not respond"
    outcome = connection.recv()
    assert not isinstance(outcome, RemoteError), outcome
    return outcome


def wait_until(holds: Callable[[], object], timeout: float = TEST_TIMEOUT) -> None:
    """Wait until a condition holds for which there is no event."""
    tick = threading.Event()
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, "the condition did not become true"
        tick.wait(0.005)


# The functions. Each takes the arguments of the process, then those of `Workers.run`.


def call(session: Any, times: int = 1) -> list[int]:
    """Return the status of each response, those that were replayed included."""
    statuses = []
    for _ in range(times):
        response = session.get("/activities/")
        statuses += [refused.status_code for refused in response.history]
        statuses.append(response.status_code)
    return statuses


def token_of(session: Any) -> str:
    token: str = session.access_token
    return token


def run_script(code: str, session: Any) -> str:
    """Run a script with the pickled session on its standard input; return what it prints."""
    script = subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = script.communicate(pickle.dumps(session), timeout=PROCESS_TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(script.pid, signal.SIGKILL)
        output, errors = script.communicate()
        raise AssertionError(
            f"the script did not end: {output.decode()} {errors.decode()}"
        ) from None
    assert script.returncode == 0, errors.decode()
    return output.decode()
