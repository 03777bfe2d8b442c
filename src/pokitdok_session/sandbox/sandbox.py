"""The sandbox as its users hold it: start, stop, credentials, faults, counters."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from .endpoints import endpoints
from .server.app import SandboxApp
from .server.clock import Clock
from .server.endpoint import EndpointApp
from .server.faults import TOKEN_PATH, Fault, Reset, normalize_path
from .server.request_log import Record, RequestLog
from .server.routing import Endpoint, build
from .server.runner import ServerThread
from .server.state import App, Expires, Options, State
from .server.tls import Certificate
from .server.token_endpoint import random_text

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from pokitdok_session import PokitDokSession

HOST = "127.0.0.1"
BACKLOG = 2048
SCOPES = ("user_schedule", "business_schedule")


class Sandbox:
    """A PokitDok of your own on a loopback port, over TLS, for as long as the block lasts.

    Times are in seconds. ``token_lifetime`` and ``claim_delay`` (how long a claim, or a
    batch, waits to be sent) run on ``clock``, which can be moved; ``latency`` (each answer)
    and ``token_latency`` (each token) are really waited for. ``rate_limit`` calls are allowed a
    ``rate_window``; 84 was the service's default. ``credits=None`` never runs out. ``expires``
    adds the absolute field to the token answer: ``"both"`` a true one, ``"past"`` one that is
    over, as the documentation had. ``same_token`` hands out one token until it expires.
    ``legacy_headers`` labels JSON as text/html, as the service of 2014 to 2016 did.
    ``strict_slashes`` redirects GETs without the documented last slash. ``transition_delay``
    spreads the transitions that follow a claim's delay.
    """

    def __init__(
        self,
        *,
        token_lifetime: float = 3600,
        rate_limit: int | None = None,
        latency: float = 0,
        token_latency: float = 0,
        credits: int | None = None,
        expires: Expires = "in",
        same_token: bool = False,
        rate_window: float = 60,
        claim_delay: float = 300,
        transition_delay: float = 0,
        legacy_headers: bool = False,
        strict_slashes: bool = False,
        client_id: str | None = None,
        client_secret: str | None = None,
        scopes: Collection[str] = SCOPES,
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        self.options = Options(
            token_lifetime=token_lifetime,
            token_latency=token_latency,
            same_token=same_token,
            expires=expires,
            rate_limit=rate_limit,
            rate_window=rate_window,
            latency=latency,
            legacy_headers=legacy_headers,
            strict_slashes=strict_slashes,
            claim_delay=claim_delay,
            transition_delay=transition_delay,
        )
        self.clock = clock or Clock()
        self._state = State(self.options, self.clock)
        self._asgi_app = SandboxApp(self._state, build(endpoints(), self._endpoint_app))
        self._app = self.add_app(client_id, client_secret, scopes=scopes, credits=credits)
        self._port = port
        self._certificate: Certificate | None = None
        self._ca_file: Path | None = None
        self._running: ServerThread | None = None

    def _endpoint_app(self, endpoint: Endpoint) -> EndpointApp:
        return EndpointApp(endpoint, self._state)

    # Start and stop

    def start(self) -> None:
        """Serve; raises ``OSError`` when the port is taken."""
        if self._running is not None:
            return
        listener = listen(self._port)
        self._port = listener.getsockname()[1]
        self._state.base_url = f"https://{HOST}:{self._port}"
        self._certificate = self._certificate or Certificate()
        context = self._certificate.server_context()
        self._running = ServerThread(self._asgi_app, self._state, listener, context)
        self._ca_file = self._certificate.write_authority()

    def stop(self) -> None:
        """Stop serving at once, whatever is open; a later ``start`` serves on the same port."""
        if self._running is not None:
            self._running.stop()
            self._running = None
        if self._ca_file is not None:
            self._ca_file.unlink(missing_ok=True)
            self._ca_file = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    # How to connect

    @property
    def base_url(self) -> str:
        return self._state.base_url

    @property
    def client_id(self) -> str:
        return self._app.client_id

    @property
    def client_secret(self) -> str:
        return self._app.client_secret

    @property
    def ca_file(self) -> str:
        """The throwaway authority's certificate, for ``verify=`` or ``REQUESTS_CA_BUNDLE``."""
        if self._ca_file is None:
            raise RuntimeError("the sandbox is not running")
        return str(self._ca_file)

    def ssl_context(self) -> ssl.SSLContext:
        """A client's context that trusts the sandbox and nobody else."""
        if self._certificate is None:
            raise RuntimeError("the sandbox was never started")
        return self._certificate.client_context()

    def session(self, **options: Any) -> PokitDokSession:
        """A session bound to this sandbox, whatever ``REQUESTS_CA_BUNDLE`` says."""
        from pokitdok_session import PokitDokSession
        from pokitdok_session.transport import Transport

        options.setdefault("client_id", self.client_id)
        options.setdefault("client_secret", self.client_secret)
        options.setdefault("base_url", self.base_url)
        session = PokitDokSession(**options)
        # requests lets the environment beat `session.verify`; the adapter's own beats both.
        session.mount(
            f"{self.base_url}/", Transport(options.get("retries", 0), verify=str(self.ca_file))
        )
        return session

    def add_app(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        scopes: Collection[str] = SCOPES,
        credits: int | None = None,
    ) -> App:
        """Register a further application: credentials, activities and state of its own."""
        app = App(
            random_text(20) if client_id is None else client_id,
            random_text(40) if client_secret is None else client_secret,
            frozenset(scopes),
            credits,
        )
        self._state.apps[app.client_id] = app
        return app

    # What was received

    @property
    def requests(self) -> RequestLog:
        """Every request but those for tokens; ``len()`` is exact, the last 10,000 are kept."""
        return self._state.requests

    @property
    def token_requests(self) -> int:
        return len(self._state.token_requests)

    @property
    def token_log(self) -> RequestLog:
        """The token requests themselves."""
        return self._state.token_requests

    @property
    def connections(self) -> int:
        """How many TLS handshakes were completed."""
        return self._state.connections

    def received(self, path: str, method: str | None = None) -> list[Record]:
        """The kept requests for a path, which is named as for ``fail``."""
        wanted = Fault(normalize_path(path), method, times=None)
        log = self._state.token_requests if wanted.path == TOKEN_PATH else self._state.requests
        return [seen for seen in log if wanted.matches(seen.method, normalize_path(seen.path))]

    def wait_for_callbacks(self, timeout: float = 10) -> bool:
        """Block until all callbacks due so far were posted or have failed."""
        return self._state.callbacks.wait(timeout)

    # Trouble to order

    def fail(
        self,
        path: str,
        *,
        status: int | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
        times: int | None = 1,
        delay: float = 0,
        reset: Reset = False,
        truncate: bool = False,
        drip: float = 0,
        method: str | None = None,
    ) -> Fault:
        """Have the next ``times`` requests for a path go wrong; ``times=None`` is for ever.

        ``path`` is written with or without ``/api/v4`` and may be a pattern such as
        ``/activities/*``; ``*`` is the whole API, ``/oauth2/token`` the token endpoint. With a
        ``status`` or ``body`` that is the answer, else the true one comes; either ``delay``
        seconds late, with ``drip`` seconds after each byte, or cut in half (``truncate``).
        ``reset=True`` ends the connection by a TCP reset and processes nothing,
        ``reset="after_headers"`` does so between headers and body.
        """
        fault = Fault(
            path,
            method,
            status=status,
            body=body,
            headers=headers or {},
            content_type=content_type,
            times=times,
            delay=delay,
            reset=reset,
            truncate=truncate,
            drip=drip,
        )
        self._state.faults.add(fault)
        return fault

    def clear_faults(self) -> None:
        """Withdraw all faults that `fail` injected."""
        self._state.faults.clear()

    def heal(self) -> None:
        """Withdraw all faults; deprecated, use `clear_faults`."""
        warnings.warn(
            "Sandbox.heal() is deprecated: use Sandbox.clear_faults()",
            DeprecationWarning,
            stacklevel=2,
        )
        self.clear_faults()

    def revoke(self, token: str | None = None) -> None:
        """Make a token invalid from now on, or all of them."""
        if token is None:
            self._state.tokens.clear()
        else:
            self._state.tokens.pop(token, None)


def listen(port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is; with it
    # on, an answer's second segment waits 40 ms for the first one to be acknowledged.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
