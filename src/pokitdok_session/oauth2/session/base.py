"""What OAuth2Session offers for its token, over one `TokenSource`."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from oauthlib.oauth2 import OAuth2Token

from ..arguments import check_mapping, scope_list
from ..errors import TokenError
from ..renewal import current_call, renewal_call
from ..timeouts import SESSION_TIMEOUT, Timeout
from ..token import AccessToken, Token
from ..token_endpoint import TokenEndpoint
from ..token_options import AuthMethod, TokenOptions
from ..token_source import TokenSource
from .oauth2_session import OAuth2Session

if TYPE_CHECKING:
    from ..discovery import Discovery
    from ..stores.base import TokenStore
    from ..stores.shared import SharedTokenSource

log = logging.getLogger(__name__)


class BaseClientCredentialsSession(OAuth2Session):
    """An OAuth2Session that fetches its tokens by itself, with its client's credentials.

    It keeps the surface of OAuth2Session, but runs neither its ``request`` nor its
    ``fetch_token``: those write secrets and tokens to the log. `ClientCredentialsSession` sets
    the attributes below.
    """

    token_params: dict[str, Any]
    token_timeout: Timeout
    timeout: Timeout
    store: TokenStore | None
    _token_source: TokenSource
    _client_secret: str | None
    _token_url: str
    _token_options: TokenOptions
    _token_endpoint: TokenEndpoint
    _shared: SharedTokenSource | None
    _discovery: Discovery | None = None

    @property
    def token_endpoint_auth_method(self) -> AuthMethod:
        """How the client authenticates at the token endpoint."""
        return self._token_options.auth_method

    @property
    def client_id(self) -> str:
        """The client's id. With another one the session forgets the token of the old client."""
        return getattr(self._client, "client_id", None)  # type: ignore[return-value]  # after `del`

    @client_id.setter
    def client_id(self, value: str) -> None:
        is_another = value != self.client_id
        self._client.client_id = value
        if is_another:
            self._token_source.set(None)

    @client_id.deleter
    def client_id(self) -> None:
        del self._client.client_id

    @property
    def client_secret(self) -> str | None:
        """The client's secret. A new one is tried at once, even after a refusal."""
        return self._client_secret

    @client_secret.setter
    def client_secret(self, value: str | None) -> None:
        self._token_options.check_secret(value)
        self._client_secret = value
        self._token_source.forget_failure()

    @property
    def scope(self) -> list[str] | str | None:
        """The scope of the next token. A new one is tried at once, even after a refusal."""
        return super().scope

    @scope.setter
    def scope(self, value: list[str] | str | None) -> None:
        words = scope_list(value)
        self._scope = value if isinstance(value, str) else words  # as OAuth2Session shows it
        self._token_source.forget_failure()

    @property
    def token(self) -> dict[str, Any]:
        """The current token as a dict, empty if there is none.

        ``expires_at`` is in seconds since the epoch. Set it to use a token that was saved, or to
        None to forget the current one.
        """
        token = self._token_source.current
        return self._show(token) if token else {}

    @token.setter
    def token(self, value: Mapping[str, Any] | None) -> None:
        check_mapping(value, "token")
        self._token_source.set(
            Token.from_saved(value, now=self._token_source.clock()) if value else None
        )

    @property
    def access_token(self) -> str | None:
        """The text of the current token. It may have expired; see `get_access_token`."""
        token = self._token_source.current
        return token.access_token if token else None

    @access_token.setter
    def access_token(self, value: str | None) -> None:
        self.token = {"access_token": value} if value else None

    @access_token.deleter
    def access_token(self) -> None:
        self.token = None

    def get_access_token(self, timeout: Timeout = SESSION_TIMEOUT) -> AccessToken:
        """Return a valid token for another client, such as a websocket, with its expiry.

        Fetches or renews it if necessary. Raises TokenError if there is none in time.
        """
        timeout = self.timeout if timeout is SESSION_TIMEOUT else timeout
        token = self._token_source.get(self, timeout)
        return AccessToken(token.access_token, token.response["expires_at"])

    @property
    def _may_wait_for_others(self) -> bool:
        # With a store, another process may hold the lock; a token_fetcher has no time limit.
        return self._shared is not None or self._token_options.fetcher is not None

    def _fetch_next_token(self, stale: Token | None, timeout: float) -> Token:
        """Return the token that replaces ``stale``: from the store, or by a token request."""
        if self._shared is None:
            return self._call_fetch_token(stale, timeout)
        return self._shared.next(
            self._cache_key_parts,
            stale,
            lambda: self._call_fetch_token(stale, timeout),
            self._token_source.clock,
        )

    def _call_fetch_token(self, stale: Token | None, timeout: float) -> Token:
        """Fetch a token through the public methods, which subclasses may override."""
        with renewal_call(self._token_source, timeout) as call:
            fetch = self.fetch_token if stale is None else self.refresh_token
            fetched = fetch(self._token_url)
        if not isinstance(fetched, Mapping):
            kind = type(fetched).__name__
            raise TokenError(
                f"fetch_token must return the token as a dict, got {kind}", is_permanent=True
            )
        if call.token is not None and call.token.access_token == fetched.get("access_token"):
            return call.token
        try:
            return Token.from_saved(fetched, now=self._token_source.clock())
        except ValueError as error:
            raise TokenError(
                f"fetch_token returned a token that is not usable: {error}", is_permanent=True
            ) from None

    def _accept(self, token: Token) -> dict[str, Any]:
        """Use a new token, unless a renewal is waiting for it and uses it itself."""
        if call := current_call(self._token_source):
            call.token = token
        else:
            self._token_source.set(token)
            if self._shared is not None:
                self._shared.put(self._cache_key_parts(), token)
            self._notify_token_updater(token)
        return self._show(token)

    @property
    def _deadline(self) -> float:
        """When a token request must have ended, in monotonic seconds; infinite if unlimited."""
        call = current_call(self._token_source)
        return call.deadline if call else math.inf

    def _cache_key_parts(self) -> tuple[Any, ...]:
        """Return what a token belongs to: sessions with the same parts share one in a store."""
        scope = self.scope.split() if isinstance(self.scope, str) else self.scope
        parts = self._token_url, self.client_id, sorted(scope or ()), self.token_params
        identity = self._token_options.identity
        return (*parts, identity) if identity else parts

    def _show(self, token: Token) -> OAuth2Token:
        """Return a token as OAuth2Session does: a dict with its scope as a list."""
        response = token.to_dict()
        if isinstance(response.get("scope"), str):
            response["scope"] = response["scope"].split()
        requested: Any = self.scope
        return OAuth2Token(response, old_scope=requested)

    def _notify_token_updater(self, token: Token) -> None:
        log.info("token %s is in use, granted for %.0f s", token.fingerprint, token.lifetime)
        missing = self._show(token).missing_scopes if self.scope else []
        if missing:
            words = " ".join(sorted(missing))
            log.info("token %s lacks scopes that were requested: %s", token.fingerprint, words)
        try:
            if self.token_updater is not None:
                self.token_updater(dict(token.response))
        except Exception as error:  # in the caller's code; the token is in use
            log.warning("token_updater raised %s; the token is in use", type(error).__name__)
