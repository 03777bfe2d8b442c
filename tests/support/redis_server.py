"""A `redis-server` process on a free port, which a test can stop or make hang."""

from __future__ import annotations

import contextlib
import random
import select
import shutil
import signal
import socket
import subprocess
from types import TracebackType
from typing import Any

import pytest
import redis

from support.threads import TEST_TIMEOUT


class RedisServer:
    """Runs from ``start`` to ``stop``, on the same port each time; it saves nothing."""

    def __init__(self, *options: str) -> None:
        self._options = options
        found = shutil.which("redis-server")
        if found is None:
            pytest.skip("there is no redis-server on this machine")
        self._program = found
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[redis.Redis] = []
        self.port = unused_port()
        self.url = f"redis://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> redis.Redis:
        client = redis.Redis(host="127.0.0.1", port=self.port, **options)
        self._clients.append(client)
        return client

    def start(self) -> None:
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly no --daemonize no"
        own = [*self._options, "--save", ""]
        self._process = subprocess.Popen(
            [self._program, *options.split(), *own], stdout=subprocess.PIPE, bufsize=0
        )
        try:
            self._wait_until_ready(self._process.stdout)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, log: Any) -> None:
        said = b""
        while b"eady to accept connections" not in said:
            assert select.select([log], [], [], TEST_TIMEOUT)[0], "redis-server did not start"
            line = log.readline()
            assert line, f"redis-server ended: {said.decode()}"
            said += line

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(TEST_TIMEOUT)
            assert process.stdout is not None
            process.stdout.close()

    def hang(self) -> None:
        """Accept connections and respond to nothing until `wake`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.close()
        self.stop()


def unused_port() -> int:
    """Return a port that no server listens on.

    It stays unused while a server restarts: clients have their ports from 32768 on.
    """
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
