"""A server whose connections do exactly what a test orders, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

Action = Literal[
    "respond",  # a complete response, and the connection stays open
    "respond and close",
    "close",  # without a byte
    "reset",  # without a byte, by RST
    "begin and reset",  # half a status line, then RST
    "garbage",  # something else than HTTP
]

_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
# Lingering for no time makes the kernel end a connection by RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)


@dataclass
class RawServer:
    """Do the next action of ``connections[n]`` for each request of connection ``n``.

    Over TLS if it has a ``context``; with ``is_proxy`` each connection begins with a CONNECT.
    """

    connections: list[list[Action]]
    context: ssl.SSLContext | None = None
    is_proxy: bool = False
    #: Refuse connections once the first is there.
    close_after_one: bool = False
    #: Every request that arrived: its request line and its body.
    seen: list[tuple[str, bytes]] = field(default_factory=list)

    def __enter__(self) -> RawServer:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        scheme = "https" if self.context and not self.is_proxy else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        for actions in self.connections:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.close_after_one:
                self._listener.close()
            with contextlib.suppress(OSError), connection:
                self._converse(connection, actions)

    def _converse(self, connection: socket.socket, actions: list[Action]) -> None:
        connection.settimeout(5)
        if self.is_proxy:
            _read_request(connection)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            for action in actions:
                request = _read_request(connection)
                if request is None:
                    return
                self.seen.append(request)
                if action.startswith("respond"):
                    connection.sendall(_RESPONSE)
                if action == "garbage":
                    connection.sendall(b"\x00\xfe nonsense\r\n\r\n")
                if action == "begin and reset":
                    connection.sendall(b"HTTP/1.1 2")
                if action.endswith("reset"):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                if action != "respond":
                    return
            connection.recv(1)  # keep the connection open until the client closes it


def _read_request(connection: socket.socket) -> tuple[str, bytes] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        block = connection.recv(65536)
        if not block:
            return None
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.decode("latin-1").splitlines()[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head.decode("latin-1").splitlines()[0], body
