"""A TCP proxy between a client and a sandbox that can cut, stall and falsify connections."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import trustme

#: What the proxy can do to a connection of the client.
Manner = Literal[
    "refuse",  # no listening socket
    "ignore",  # neither accepted nor refused
    "hang up",  # accepted, and closed before TLS
    "say nothing",  # accepted, without a TLS handshake
    "speak plainly",  # a response without TLS
    "pose as another",  # an untrusted certificate
    "talk nonsense",  # TLS, but not HTTP
    "cut the answer",  # the response is cut within TLS
    "garble the answer",  # bytes that are not TLS
]

_AFTERWARDS = ("cut the answer", "garble the answer")

_HOST = "127.0.0.1"
# With a linger time of 0 the kernel ends a connection by RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)
_PLAIN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NONSENSE = b"\x00\xfe\xff nonsense \x80\r\n\r\n"


class Relay:
    """Passes bytes on to ``port``, but for what is ordered; ``url`` is what a client is given.

    A client that trusts ``ca_file`` trusts the sandbox and the relay. ``heard`` counts the
    requests that the relay answered by itself.
    """

    def __init__(self, port: int, ca_file: str, folder: Path) -> None:
        self._upstream = (_HOST, port)
        own, foreign = _authorities()
        self._contexts = {"talk nonsense": _context(own), "pose as another": _context(foreign)}
        trusted = folder / "trusted.pem"
        trusted.write_bytes(Path(ca_file).read_bytes() + own.cert_pem.bytes())
        self.ca_file = str(trusted)
        self.heard = 0
        self._manner: Manner | None = None
        self._times: int | None = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._crowd: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self._listen()
        self.url = f"https://{_HOST}:{self.port}"

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._close()
        for thread in self._threads:
            thread.join(5)

    def order(self, manner: Manner, times: int | None = None) -> None:
        """Treat the next ``times`` connections so, or all; open connections are closed.

        What is done to answers counts those, and leaves open what is.
        """
        if manner in _AFTERWARDS:
            with self._lock:
                self._manner, self._times = manner, times
            return
        self._close()
        if manner == "refuse":
            return
        self._manner, self._times = manner, times
        self._listen(backlog=0 if manner == "ignore" else 128)

    def heal(self) -> None:
        """Forward all connections again."""
        self._manner = None
        if self._listener is None or self._crowd:
            self._close()
            self._listen()

    def _listen(self, backlog: int = 128) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, self.port))
        listener.listen(backlog)
        self.port = listener.getsockname()[1]
        self._listener = listener
        if backlog:
            self._start(self._accept, listener)
            return
        # A full backlog neither accepts nor refuses a connection.
        for _ in range(2):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex((_HOST, self.port))
            self._crowd.append(waiting)

    def _close(self) -> None:
        for waiting in self._crowd:
            waiting.close()
        self._crowd = []
        if self._listener is not None:
            _end(self._listener)
            self._listener = None
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _end(connection)

    def _start(self, work: Any, *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._start(self._serve, client, self._take())

    def _take(self) -> Manner | None:
        with self._lock:
            manner = self._manner
            return None if manner in _AFTERWARDS or not self._spend() else manner

    def _spend(self) -> bool:
        """Count one use of the current order; the caller has the lock."""
        if self._times is None:
            return True
        self._times -= 1
        return self._times >= 0

    def _serve(self, client: socket.socket, manner: Manner | None) -> None:
        with self._lock:
            self._open.add(client)
        try:
            with contextlib.suppress(OSError, ValueError):  # closed by one side
                if manner is None:
                    self._pass_on(client)
                else:
                    self._mistreat(client, manner)
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _mistreat(self, client: socket.socket, manner: Manner) -> None:
        client.settimeout(5)
        if manner == "speak plainly":
            client.recv(65536)
            client.sendall(_PLAIN)
        elif manner == "say nothing":
            while client.recv(65536):
                pass
        elif manner in self._contexts:
            with self._contexts[manner].wrap_socket(client, server_side=True) as secured:
                secured.recv(65536)
                self.heard += 1
                secured.sendall(_NONSENSE)

    def _pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(self._upstream) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                ready, _, _ = select.select([client, server], [], [])
                for source in ready:
                    try:
                        data = source.recv(65536)
                    except ConnectionResetError:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        return
                    if not data:
                        return
                    manner = self._afterwards() if source is server else None
                    if manner == "garble the answer":
                        client.sendall(_NONSENSE)
                    if manner:
                        return
                    (server if source is client else client).sendall(data)

    def _afterwards(self) -> Manner | None:
        with self._lock:
            return self._manner if self._manner in _AFTERWARDS and self._spend() else None


@functools.cache
def _authorities() -> tuple[trustme.CA, trustme.CA]:
    """Return a trusted and an untrusted authority; creating them takes time."""
    return trustme.CA(), trustme.CA()


@functools.cache
def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(_HOST).configure_cert(context)
    return context


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
