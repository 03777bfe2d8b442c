"""A deadline for a whole request: a timeout of requests limits each step of a socket only."""

from __future__ import annotations

import io
import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3.util.connection import allowed_gai_family


class _Current(threading.local):
    deadline = math.inf


#: What this thread receives must be complete at its ``deadline``, in monotonic seconds.
current = _Current()


@contextmanager
def response_deadline(deadline: float) -> Iterator[None]:
    """Move the deadline of this thread forward to this one while the block runs."""
    before = current.deadline
    current.deadline = min(before, deadline)
    try:
        yield
    finally:
        current.deadline = before


def limit_connect(connection: Any) -> None:
    """Divide the time until the deadline among the addresses that a connection tries in turn.

    urllib3 gives each of them the whole timeout. What follows on the socket, such as the TLS
    handshake, gets all the time that is left.
    """
    if current.deadline == math.inf or connection.sock is not None:
        return
    name, port = connection.host.strip("[]"), connection.port
    try:
        addresses = socket.getaddrinfo(name, port, allowed_gai_family(), socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the connection will raise it too
        return
    connect, timeout = connection._new_conn, connection.timeout

    def connect_in_time() -> Any:
        connection._new_conn = connect  # in vcrpy also for the connection that is wrapped
        del connection._new_conn
        connection.timeout = _least(timeout, _time_left() / len(addresses))
        try:
            sock = connect()
        finally:
            connection.timeout = timeout
        sock.settimeout(_least(timeout, _time_left()))
        return sock

    connection._new_conn = connect_in_time  # once


def _time_left() -> float:
    return max(current.deadline - time.monotonic(), 0.001)


def _least(timeout: float | None, seconds: float) -> float:
    return seconds if timeout is None else min(timeout, seconds)


class DeadlineReader(io.RawIOBase):
    """The bytes of a socket until a deadline. A read that is too late raises TimeoutError."""

    def __init__(self, stream: io.RawIOBase, sock: Any, deadline: float) -> None:
        self._stream = stream
        self._sock = getattr(sock, "socket", sock)  # pyOpenSSL and TLS in TLS wrap it
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the response is not complete at its deadline")
        timeout = self._sock.gettimeout()
        self._sock.settimeout(_least(timeout, left))
        try:
            return self._stream.readinto(buffer)
        finally:
            self._sock.settimeout(timeout)  # the connection may serve other requests

    def close(self) -> None:
        self._stream.close()
        super().close()
