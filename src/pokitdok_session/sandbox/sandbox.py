"""`Sandbox`, the object that users have: options, start and stop, and how to connect."""

from __future__ import annotations

import os
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .controls import SCOPES, Controls
from .endpoints import endpoints
from .server.app import SandboxApp
from .server.clock import Clock
from .server.endpoint import EndpointApp
from .server.routing import Endpoint, build_router
from .server.runner import HOST, ServerThread, listen
from .server.state import Expires, Options, State
from .server.tls import Certificate

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

    from pokitdok_session import PokitDokSession


class Sandbox(Controls):
    """A PokitDok of your own on a loopback port, over TLS, until the ``with`` block ends.

    All times are in seconds. Those with a star run on ``clock``, which tests can advance; the
    others really pass.

    ==================== ======================================================================
    ``token_lifetime`` * ``expires_in`` of a token
    ``token_latency``    delay of each token response
    ``latency``          delay of each response
    ``rate_limit``       calls per ``rate_window`` *, None for no limit; the service's was 84
    ``credits``          billed calls that can be paid, None for no limit
    ``claim_delay`` *    time until a claim, a batch or a job is processed
    ``transition_delay`` * time between the transitions of a claim after ``claim_delay``
    ``expires``          adds ``expires`` to a token response: ``"both"`` the true time,
                         ``"past"`` a time in the past, as in the documentation
    ``same_token``       issue the same token again until it expires
    ``scopes``           the scopes that the application can request
    ``legacy_headers``   label JSON as text/html, as the service of 2014 to 2016 did
    ``strict_slashes``   redirect a GET without the documented last slash
    ``client_id``, ``client_secret`` random by default
    ``port``             0 picks a free one
    ==================== ======================================================================
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
        self._asgi_app = SandboxApp(self._state, build_router(endpoints(), self._endpoint_app))
        self._app = self.add_app(client_id, client_secret, scopes=scopes, credits=credits)
        self._port = port
        self._certificate: Certificate | None = None
        self._ca_file: Path | None = None
        self._server: ServerThread | None = None
        #: The process that started the server.
        self._pid = os.getpid()

    def _endpoint_app(self, endpoint: Endpoint) -> EndpointApp:
        return EndpointApp(endpoint, self._state)

    # Start and stop

    def start(self) -> None:
        """Start to serve; raises ``OSError`` if the port is in use."""
        if self._server is not None:
            return
        listener = listen(self._port)
        self._port = listener.getsockname()[1]
        self._state.base_url = f"https://{HOST}:{self._port}"
        self._certificate = self._certificate or Certificate()
        context = self._certificate.server_context()
        self._pid = os.getpid()
        self._server = ServerThread(self._asgi_app, self._state, listener, context)
        self._ca_file = self._certificate.write_authority()

    def stop(self) -> None:
        """Stop at once and abort open connections; ``start`` serves on the same port again.

        A forked child leaves the server and the files to its parent.
        """
        if self._pid != os.getpid():
            return
        if self._server is not None:
            self._server.stop()
            self._server = None
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
        """The path of the authority's certificate, for ``verify=`` or ``REQUESTS_CA_BUNDLE``."""
        if self._ca_file is None:
            raise RuntimeError("the sandbox must run before it has a ca_file: call start()")
        return str(self._ca_file)

    def ssl_context(self) -> ssl.SSLContext:
        """Return a client's context that trusts only this sandbox."""
        if self._certificate is None:
            raise RuntimeError("the sandbox must run before it has a certificate: call start()")
        return self._certificate.client_context()

    def session(self, **options: Any) -> PokitDokSession:
        """Return a session on this sandbox, which trusts its certificate with any adapter."""
        from .session import SandboxSession  # the server does not import the client

        options.setdefault("client_id", self.client_id)
        options.setdefault("client_secret", self.client_secret)
        options.setdefault("base_url", self.base_url)
        session = SandboxSession(**options)
        session.verify = self.ca_file
        return session

    @contextmanager
    def no_waiting(self) -> Iterator[None]:
        """In this block, sessions advance ``clock`` where they would wait.

        That is `wait_for_activity`, and the wait for the end of a rate limit. It holds for every
        session of this process.
        """
        from .session import waits_on  # the server does not import the client

        with waits_on(self.clock):
            yield
