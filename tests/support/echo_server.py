"""A server that tells each client which connection it uses, and grants tokens."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from pokitdok_session import ClientCredentialsSession
from support.http_server import BusyHTTPServer


class EchoServer:
    """Responds to any GET with its path and the client's port, over plain http with keep-alive."""

    def __init__(self) -> None:
        self.token_requests = 0
        self._server = BusyHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def session(self, **options: Any) -> ClientCredentialsSession:
        return ClientCredentialsSession(
            "id", "secret", self.url + "/token", base_url=self.url, **options
        )

    def __enter__(self) -> EchoServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # one packet; otherwise the body is 40 ms late
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._respond({"path": self.path, "client_port": self.client_address[1]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                echo.token_requests += 1
                self._respond({"access_token": "echoed", "token_type": "bearer"})

            def _respond(self, content: dict[str, Any]) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Set-Cookie", f"path={self.path.replace('/', '.')}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Log nothing."""

        return Handler


def client_ports(session: Any, name: str, times: int) -> set[int]:
    """Send ``times`` GETs, check each response, and return the client ports that were used."""
    used = set()
    for number in range(times):
        path = f"/{name}/{number}"
        content = session.get(path).json()
        assert content["path"] == path, "the response to another request"
        used.add(content["client_port"])
    return used
