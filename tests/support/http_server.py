"""A scripted server on a server port that records what it receives."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass
class ScriptedResponse:
    """The response for a path; it has only these headers and the length."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ReceivedRequest:
    """A request as the server received it."""

    method: str
    path: str
    headers: Message
    body: bytes
    certificate: Any = None  # of the client, over TLS

    @property
    def authorization(self) -> str | None:
        return self.headers["Authorization"]


Script = ScriptedResponse | Callable[[ReceivedRequest], ScriptedResponse]


class BusyHTTPServer(ThreadingHTTPServer):
    """Lets many clients connect at a time; the sixth would try again after a second."""

    request_queue_size = 128


class ScriptedServer:
    """Responds to each path by ``script``, to others with ``{}``; over TLS if it has a context."""

    def __init__(
        self, script: Mapping[str, Script] | None = None, *, context: ssl.SSLContext | None = None
    ) -> None:
        self.script = dict(script or {})
        self.requests: list[ReceivedRequest] = []
        self._server = BusyHTTPServer(("127.0.0.1", 0), self._handler())
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        # A longer interval would make stopping slow.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def seen(self) -> list[ReceivedRequest]:
        """The former name of ``requests``."""
        return self.requests

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _respond(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                certificate = getattr(self.connection, "getpeercert", lambda: None)()
                request = ReceivedRequest(self.command, self.path, self.headers, body, certificate)
                server.requests.append(request)
                script = server.script.get(self.path.partition("?")[0], ScriptedResponse())
                response = script if isinstance(script, ScriptedResponse) else script(request)
                self.send_response_only(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(response.body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = _respond

            def log_message(self, *args: Any) -> None:
                """Log nothing."""

        return Handler


def redirect(location: str, status: int = 302) -> ScriptedResponse:
    return ScriptedResponse(status, b"", {"Location": location})
