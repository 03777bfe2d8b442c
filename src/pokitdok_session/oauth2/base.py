"""What OAuth2Session offers for its token, over one `TokenSource`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .arguments import check_mapping, drop_none
from .client_auth import ClientAuth, ClientSecretBasic, ClientSecretPost
from .errors import TokenError
from .oauth2_session import OAuth2Session
from .renewal import RenewalCall
from .timeouts import SESSION_DEFAULT, Timeout
from .token import AccessToken, Token
from .token_endpoint import Send, fetch_token
from .token_request import TokenRequest, TransportOptions, build_form
from .token_source import TokenSource

if TYPE_CHECKING:
    from .stores.base import TokenStore
    from .stores.shared import SharedTokenSource

log = logging.getLogger(__name__)


_renewal_call: ContextVar[RenewalCall | None] = ContextVar("renewal_call", default=None)


class BaseClientCredentialsSession(OAuth2Session):
    """An OAuth2Session that fetches its tokens by itself, with its client's credentials.

    It keeps the surface of OAuth2Session, but runs neither its ``request`` nor its
    ``fetch_token``: those write secrets and tokens to the log. `ClientCredentialsSession` sets
    the attributes below.
    """

    token_url: str
    token_params: dict[str, Any]
    token_timeout: Timeout
    token_endpoint_auth_method: str
    timeout: Timeout
    store: TokenStore | None
    token_source: TokenSource
    _client_secret: str
    _shared: SharedTokenSource | None
    _send_token_request: Send

    @property
    def client_secret(self) -> str:
        """The client's secret. A new one is tried at once, even after a refusal."""
        return self._client_secret

    @client_secret.setter
    def client_secret(self, value: str) -> None:
        self._client_secret = value
        self.token_source.forget_failure()

    @property
    def token(self) -> dict[str, Any]:
        """The current token as a dict, empty if there is none.

        ``expires_at`` is in seconds since the epoch. Set it to use a token that was saved, or to
        None to forget the current one.
        """
        token = self.token_source.current
        return token.to_dict() if token else {}

    @token.setter
    def token(self, value: Mapping[str, Any] | None) -> None:
        check_mapping(value, "token")
        self.token_source.set(self._saved_token(value) if value else None)

    @property
    def access_token(self) -> str | None:
        """The text of the current token. It may have expired; see `get_access_token`."""
        token = self.token_source.current
        return token.access_token if token else None

    @access_token.setter
    def access_token(self, value: str | None) -> None:
        self.token = {"access_token": value} if value else None

    @access_token.deleter
    def access_token(self) -> None:
        self.token = None

    def get_access_token(self, timeout: Timeout = SESSION_DEFAULT) -> AccessToken:
        """Return a valid token for another client, such as a websocket, with its expiry.

        Fetches or renews it if necessary. Raises TokenError if there is none in time.
        """
        timeout = self.timeout if timeout is SESSION_DEFAULT else timeout
        token = self.token_source.get(self, timeout)
        return AccessToken(token.access_token, token.response["expires_at"])

    def fetch_token(
        self,
        token_url: str | None = None,
        code: str | None = None,
        authorization_response: str | None = None,
        body: str = "",
        auth: Any = None,
        username: str | None = None,
        password: str | None = None,
        method: str = "POST",
        force_querystring: bool = False,
        timeout: Timeout = None,
        headers: Mapping[str, str] | None = None,
        verify: Any = None,
        proxies: Any = None,
        include_client_id: bool | None = None,
        client_secret: str | None = None,
        cert: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Fetch a new token now, whatever the state of the current one, and return it as a dict.

        The parameters are those of OAuth2Session, for this request only; other keyword arguments
        become form fields. Every renewal calls this method too, so that a subclass can override
        it. Raises TokenError if no token comes.
        """
        if code or authorization_response:
            raise ValueError("the client-credentials grant takes no code; remove this argument")
        if method.upper() not in ("GET", "POST"):
            raise ValueError(f'method must be "GET" or "POST", got {method!r}')
        fields = drop_none(username=username, password=password, **kwargs)
        hooks: Mapping[str, Any] = {**self.compliance_hook}  # the stubs lack a key
        request = TokenRequest(
            url=token_url or self.token_url,
            form=build_form(
                self._client, scope=self.scope, fields={**self.token_params, **fields}, body=body
            ),
            client_auth=self._client_auth(client_secret, include_client_id),
            auth=auth,
            method=method.upper(),
            in_query=force_querystring,
            headers=headers,
            transport=TransportOptions(
                timeout=self.token_timeout if timeout is None else timeout,
                verify=verify,
                cert=cert,
                proxies=proxies,
            ),
            request_hooks=hooks["access_token_request"],
            response_hooks=hooks["access_token_response"],
        )
        renewal = _renewal_call.get()
        token = fetch_token(
            request,
            self._send_token_request,
            clock=self.token_source.clock,
            max_seconds=renewal.timeout if renewal else None,
        )
        if renewal is not None:
            renewal.token = token
            return token.to_dict()
        self.token_source.set(token)
        if self._shared is not None:
            self._shared.put(self._cache_key_parts(), token)
        self._notify_token_updater(token)
        return token.to_dict()

    def refresh_token(
        self,
        token_url: str | None = None,
        refresh_token: Any = None,
        body: str = "",
        auth: Any = None,
        timeout: Any = None,
        headers: Any = None,
        verify: Any = None,
        proxies: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Fetch a new token; this grant has no refresh token (RFC 6749 section 4.4.3).

        A renewal of a token calls this method, so that a subclass can override it.
        """
        options = {"timeout": timeout, "headers": headers, "verify": verify, "proxies": proxies}
        return self.fetch_token(token_url, body=body, auth=auth, **options, **kwargs)

    def _fetch_next_token(self, stale: Token | None, timeout: float) -> Token:
        """Return the token that replaces ``stale``: from the store, or by a token request."""
        if self._shared is None:
            return self._call_fetch_token(stale, timeout)
        return self._shared.next(
            self._cache_key_parts(),
            stale,
            lambda: self._call_fetch_token(stale, timeout),
            self.token_source.clock,
        )

    def _call_fetch_token(self, stale: Token | None, timeout: float) -> Token:
        """Fetch a token through the public methods, which subclasses may override."""
        call = RenewalCall(timeout)
        previous = _renewal_call.set(call)
        try:
            if stale is None:
                fetched = self.fetch_token(self.token_url)
            else:
                fetched = self.refresh_token(self.token_url)
        finally:
            _renewal_call.reset(previous)
        if call.token is not None and call.token.access_token == fetched.get("access_token"):
            return call.token
        try:
            return self._saved_token(fetched)
        except ValueError as error:
            raise TokenError(f"fetch_token returned a token that is not usable: {error}") from None

    def _saved_token(self, value: Mapping[str, Any]) -> Token:
        try:
            return Token.from_saved(value, now=self.token_source.clock())
        except ValueError as reason:
            raise ValueError(
                f"token must be a dict with access_token and expires_at, but {reason}"
            ) from None

    def _cache_key_parts(self) -> tuple[Any, ...]:
        """Return what a token belongs to: sessions with the same parts share one in a store."""
        scope = self.scope.split() if isinstance(self.scope, str) else self.scope
        return self.token_url, self.client_id, sorted(scope or ()), self.token_params

    def _notify_token_updater(self, token: Token) -> None:
        log.info("token %s is in use, granted for %.0f s", token.fingerprint, token.lifetime)
        if self.token_updater is None:
            return
        try:
            self.token_updater(dict(token.response))
        except Exception as error:  # in the caller's code; the token is in use
            log.warning("token_updater raised %s; the token is in use", type(error).__name__)

    def _client_auth(
        self, client_secret: str | None = None, include_client_id: bool | None = None
    ) -> ClientAuth:
        if include_client_id is None:
            include_client_id = self.token_endpoint_auth_method == "client_secret_post"
        method = ClientSecretPost if include_client_id else ClientSecretBasic
        return method(self._client.client_id, client_secret or self.client_secret)
