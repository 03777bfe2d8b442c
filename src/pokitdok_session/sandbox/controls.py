"""What a test orders from a running sandbox, and what it reads: applications, faults, counters."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import Any

from .server.faults import TOKEN_PATH, Fault, Reset, normalize_path
from .server.request_log import Record, RequestLog
from .server.state import App, State
from .server.token_endpoint import random_text

SCOPES = ("user_schedule", "business_schedule")


class Controls:
    """The controls of a `Sandbox`, which has the state."""

    _state: State

    def add_app(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        scopes: Collection[str] = SCOPES,
        credits: int | None = None,
    ) -> App:
        """Register another application, with its own credentials, activities and stores."""
        if isinstance(scopes, str):
            raise TypeError("scopes must be a list of strings, got str")
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
        """Every request except token requests. ``len()`` counts all; the last 10,000 are saved."""
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
        """Return the saved requests for a path, which is written as for ``fail``."""
        pattern = Fault(normalize_path(path), method, times=None)
        log = self._state.token_requests if pattern.path == TOKEN_PATH else self._state.requests
        return [
            record for record in log if pattern.matches(record.method, normalize_path(record.path))
        ]

    def wait_for_callbacks(self, timeout: float = 10) -> bool:
        """Wait until all queued callbacks were posted or failed; False after ``timeout`` s."""
        return self._state.callbacks.wait(timeout)

    # Faults

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
        """Inject a fault into the next ``times`` requests for a path; None means every request.

        ``path`` has a leading ``/api/v4`` or not, and can be a pattern: ``/activities/*``. ``*``
        is the whole API, ``/oauth2/token`` the token endpoint. The fault itself:

        - ``status``, ``body``, ``headers``, ``content_type`` replace the response. Without a
          status and a body the request is processed and its own response is sent.
        - ``delay``: seconds before the response.
        - ``drip``: seconds after each byte of the body.
        - ``truncate``: half of the body, then the end of the connection.
        - ``reset=True``: a TCP reset, and the request is not processed.
        - ``reset="after_headers"``: a TCP reset between headers and body.
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
        """Remove all faults that `fail` injected."""
        self._state.faults.clear()

    def heal(self) -> None:
        """Remove all faults. Deprecated: use `clear_faults`."""
        warnings.warn(
            "Sandbox.heal() is deprecated: use Sandbox.clear_faults()",
            DeprecationWarning,
            stacklevel=2,
        )
        self.clear_faults()

    def revoke(self, token: str | None = None) -> None:
        """Make one token invalid, or all tokens."""
        if token is None:
            self._state.tokens.clear()
        else:
            self._state.tokens.pop(token, None)
