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

from support.threads import TEST_TIMEOUT

#: What the proxy can do to a connection of the client.
ConnectionFault = Literal[
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

_RESPONSE_FAULTS = ("cut the answer", "garble the answer")

_HOST = "127.0.0.1"
# With a linger time of 0 the kernel ends a connection by RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)
_PLAIN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NONSENSE = b"\x00\xfe\xff nonsense \x80\r\n\r\n"


class FaultyProxy:
    """Forwards connections to ``port``, except those that a fault was injected into.

    A client connects to ``url``. ``ca_file`` holds the authorities of the sandbox and the proxy.
    ``requests_answered`` counts the requests that the proxy itself responded to.
    """

    def __init__(self, port: int, ca_file: str, folder: Path) -> None:
        self._upstream = (_HOST, port)
        own, foreign = _authorities()
        self._contexts = {"talk nonsense": _context(own), "pose as another": _context(foreign)}
        trusted = folder / "trusted.pem"
        trusted.write_bytes(Path(ca_file).read_bytes() + own.cert_pem.bytes())
        self.ca_file = str(trusted)
        self.requests_answered = 0
        self._fault: ConnectionFault | None = None
        self._times: int | None = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._backlog_fillers: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self._listen()
        self.url = f"https://{_HOST}:{self.port}"

    def __enter__(self) -> FaultyProxy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._close()
        for thread in self._threads:
            thread.join(TEST_TIMEOUT)
            assert not thread.is_alive(), "a connection of the proxy did not end"

    def inject(self, fault: ConnectionFault, times: int | None = None) -> None:
        """Apply a fault to the next ``times`` connections, or to all, and close the open ones.

        A fault of responses counts responses instead, and leaves connections open.
        """
        if fault in _RESPONSE_FAULTS:
            with self._lock:
                self._fault, self._times = fault, times
            return
        self._close()
        if fault == "refuse":
            return
        self._fault, self._times = fault, times
        self._listen(backlog=0 if fault == "ignore" else 128)

    def clear_faults(self) -> None:
        """Forward all connections again."""
        self._fault = None
        if self._listener is None or self._backlog_fillers:
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
            self._backlog_fillers.append(waiting)

    def _close(self) -> None:
        for waiting in self._backlog_fillers:
            waiting.close()
        self._backlog_fillers = []
        if self._listener is not None:
            _shut_down(self._listener)
            self._listener.close()
            self._listener = None
        # Only its own thread closes a connection: a thread in `select` would go on waiting if
        # another one closed it, because the number of the file may then be another's.
        with self._lock:
            for connection in self._open:
                _shut_down(connection)

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
            self._start(self._serve, client, self._connection_fault())

    def _connection_fault(self) -> ConnectionFault | None:
        with self._lock:
            fault = self._fault
            return None if fault in _RESPONSE_FAULTS or not self._count_use() else fault

    def _count_use(self) -> bool:
        """Count one use of the fault and return True while it applies; the caller has the lock."""
        if self._times is None:
            return True
        self._times -= 1
        return self._times >= 0

    def _serve(self, client: socket.socket, fault: ConnectionFault | None) -> None:
        with self._lock:
            self._open.add(client)
        try:
            with contextlib.suppress(OSError, ValueError):  # closed by one side
                if fault is None:
                    self._forward(client)
                else:
                    self._misbehave(client, fault)
        finally:
            with self._lock:
                self._open.discard(client)
                client.close()

    def _misbehave(self, client: socket.socket, fault: ConnectionFault) -> None:
        client.settimeout(5)
        if fault == "speak plainly":
            client.recv(65536)
            client.sendall(_PLAIN)
        elif fault == "say nothing":
            while client.recv(65536):
                pass
        elif fault in self._contexts:
            with self._contexts[fault].wrap_socket(client, server_side=True) as secured:
                secured.recv(65536)
                self.requests_answered += 1
                secured.sendall(_NONSENSE)

    def _forward(self, client: socket.socket) -> None:
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
                    fault = self._response_fault() if source is server else None
                    if fault == "garble the answer":
                        client.sendall(_NONSENSE)
                    if fault:
                        return
                    (server if source is client else client).sendall(data)

    def _response_fault(self) -> ConnectionFault | None:
        with self._lock:
            return self._fault if self._fault in _RESPONSE_FAULTS and self._count_use() else None


@functools.cache
def _authorities() -> tuple[trustme.CA, trustme.CA]:
    """Return a trusted and an untrusted authority; creating them takes time."""
    return trustme.CA(), trustme.CA()


@functools.cache
def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(_HOST).configure_cert(context)
    return context


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was first
        connection.shutdown(socket.SHUT_RDWR)
