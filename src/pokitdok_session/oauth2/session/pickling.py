"""What a session takes along into another process: pickle, copy and fork."""

from __future__ import annotations

import copy
import threading
from typing import Any

from requests.adapters import HTTPAdapter

from ...transport.adapter import Transport, reset_connections_after_fork
from ...transport.environment import EnvironmentSettingsCache
from ...transport.fork import reset_after_fork
from ..token_source import TokenSource
from .oauth2_session import OAuth2Session
from .overrides import RequestsOverrides


class PicklableSession(RequestsOverrides):
    """A session that can be pickled, copied and forked."""

    #: What a pickle carries; a subclass adds its own names, as in requests.
    __attrs__ = [  # noqa: RUF012  # requests' own convention
        *OAuth2Session.__attrs__,
        *("_client", "_scope", "redirect_uri", "state", "_state", "_pkce"),
        *("auto_refresh_url", "auto_refresh_kwargs", "token_updater", "compliance_hook"),
        *("_token_source", "_token_url", "token_params", "token_timeout"),
        *("_token_options", "_token_usage", "_token_endpoint", "_discovery", "_client_secret"),
        *("_base_url", "_origin_urls", "_origins", "timeout", "_uses_token"),
        *("store", "_shared"),
    ]

    def _reset_after_fork(self) -> None:
        """Replace the parent's lock and connections; a `Transport` does that by itself."""
        if hasattr(self.cookies, "_cookies_lock"):  # as requests itself replaces it
            vars(self.cookies)["_cookies_lock"] = threading.RLock()
        for adapter in self.adapters.values():
            if isinstance(adapter, HTTPAdapter) and not isinstance(adapter, Transport):
                reset_connections_after_fork(adapter)

    def __getstate__(self) -> dict[str, Any]:
        """Return the settings, with the credentials and the token. Connections stay here."""
        state = {name: getattr(self, name, None) for name in self.__attrs__}
        return {**state, "auth": self._other_auth, "_token_source": self._token_source.current}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._token_source = TokenSource(state["_token_source"])
        self._environment = EnvironmentSettingsCache()
        super().__setstate__(  # type: ignore[misc]  # not in the stubs
            {**state, "_token_source": self._token_source}
        )
        # A shallow copy must not change the client and the origins of the original.
        self._client, self._origins = copy.copy(self._client), copy.copy(self._origins)
        reset_after_fork(self)
