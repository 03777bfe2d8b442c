"""The grant: what OAuth2Session says and does about a token, over one `TokenSource`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from .auth import Timeout
from .client_auth import ClientAuth, ClientSecretBasic, ClientSecretPost
from .origins import trusted_origin
from .token import Token
from .token_endpoint import fetch_token, send_by
from .token_request import TokenRequest, TransportOptions, build_form
from .token_source import TokenSource

if TYPE_CHECKING:
    from .stores.base import TokenStore
    from .stores.shared import SharedTokenSource

log = logging.getLogger(__name__)


class BaseClientCredentialsSession(OAuth2Session):
    """An OAuth2Session that asks for its tokens by itself, with its client's credentials.

    It keeps the parent's surface and runs none of the parent's ``request`` and ``fetch_token``:
    those write secrets and tokens to the log.
    """

    _client: BackendApplicationClient

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        token_url: str,
        *,
        scope: str | Iterable[str] | None,
        token: Mapping[str, Any] | None,
        token_updater: Callable[[dict[str, Any]], Any] | None,
        token_params: Mapping[str, Any] | None,
        token_timeout: Timeout,
        token_endpoint_auth_method: str,
        store: TokenStore | None,
    ) -> None:
        for name, value in {"client_id": client_id, "client_secret": client_secret}.items():
            if not isinstance(value, str) or not value:
                raise ValueError(f"{name} must be a string that is not empty")
        if token_endpoint_auth_method not in ("client_secret_basic", "client_secret_post"):
            raise ValueError(
                "token_endpoint_auth_method must be client_secret_basic or client_secret_post"
            )
        scope = scope.split() if isinstance(scope, str) else scope
        scope = list(scope) if isinstance(scope, Iterable) else scope
        _require(scope is None or _are_words(scope), "scope must be a string, or a list of strings")
        _require(isinstance(token_params, (Mapping, NoneType)), "token_params must be a dict")
        _require(token_updater is None or callable(token_updater), "token_updater must be callable")
        _require(store is None or _is_store(store), "store must have load, save and lock")
        trusted_origin(token_url)
        self.token_source = TokenSource(self._next_token, self._notify_token_updater)
        super().__init__(
            client=BackendApplicationClient(client_id),
            token=token,
            scope=scope,
            token_updater=token_updater,
        )
        self.client_secret = client_secret
        self.token_url = token_url
        self.token_params = dict(token_params or {})
        self.token_timeout = token_timeout
        self.token_endpoint_auth_method = token_endpoint_auth_method
        self.store = store
        self._shared: SharedTokenSource | None = None
        if store is not None:
            from .stores.shared import (
                SharedTokenSource,  # here, for most sessions share with nobody
            )

            self._shared = SharedTokenSource(store)

    @property
    def token(self) -> dict[str, Any]:
        """The present token as a dict, empty where there is none; ``expires_at`` is epoch seconds.

        Set it to take up a token that was kept, or to None to forget the present one.
        """
        token = self.token_source.current
        return token.shown() if token else {}

    @token.setter
    def token(self, value: Mapping[str, Any] | None) -> None:
        _require(isinstance(value, (Mapping, NoneType)), "token must be a dict")
        self.token_source.set(
            Token.from_saved(value, now=self.token_source.clock()) if value else None
        )

    @property
    def access_token(self) -> str | None:
        """The present token's own text."""
        token = self.token_source.current
        return token.access_token if token else None

    @access_token.setter
    def access_token(self, value: str | None) -> None:
        self.token = {"access_token": value} if value else None

    @access_token.deleter
    def access_token(self) -> None:
        self.token = None

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
        """Ask for a new token now, whatever became of the last, and give it as a dict.

        Raises `TokenError` where none comes. Without an argument it is the request that every
        renewal makes. The parameters are those of OAuth2Session and hold for this request alone;
        further ones become form fields.
        """
        if code or authorization_response:
            raise ValueError("the client-credentials grant has no authorization code")
        if method.upper() not in ("GET", "POST"):
            raise ValueError(f"method must be 'GET' or 'POST', got {method!r}")
        request = self._token_request(
            _given(username=username, password=password, **kwargs),
            body=body,
            url=token_url,
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
        )
        token = self._send_token_request(request)
        self.token_source.set(token)
        if self._shared is not None:
            self._shared.put(self._identity(), token)
        self._notify_token_updater(token)
        return token.shown()

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
        """Ask for a new token: this grant has no refresh token (RFC 6749 section 4.4.3)."""
        options = {"timeout": timeout, "headers": headers, "verify": verify, "proxies": proxies}
        return self.fetch_token(token_url, body=body, auth=auth, **options, **kwargs)

    def _token_request(
        self,
        fields: Mapping[str, Any] = MappingProxyType({}),
        *,
        body: str = "",
        url: str | None = None,
        client_auth: ClientAuth | None = None,
        auth: Any = None,
        method: str = "POST",
        in_query: bool = False,
        headers: Mapping[str, str] | None = None,
        transport: TransportOptions | None = None,
    ) -> TokenRequest:
        """Build the token request; each argument replaces what the session itself has."""
        hooks: Mapping[str, Any] = {**self.compliance_hook}  # the stubs lack a key
        return TokenRequest(
            url=url or self.token_url,
            form=build_form(
                self._client,
                scope=self.scope,
                fields={**self.token_params, **fields},
                body=body,
            ),
            client_auth=client_auth or self._client_auth(),
            auth=auth,
            method=method,
            in_query=in_query,
            headers=headers,
            transport=transport or TransportOptions(timeout=self.token_timeout),
            request_hooks=hooks["access_token_request"],
            response_hooks=hooks["access_token_response"],
        )

    def _client_auth(
        self, client_secret: str | None = None, include_client_id: bool | None = None
    ) -> ClientAuth:
        if include_client_id is None:
            include_client_id = self.token_endpoint_auth_method == "client_secret_post"
        method = ClientSecretPost if include_client_id else ClientSecretBasic
        return method(self._client.client_id, client_secret or self.client_secret)

    def _send_token_request(self, request: TokenRequest) -> Token:
        return fetch_token(request, send_by(self), clock=self.token_source.clock)

    def _next_token(self, stale: Token | None) -> Token:
        if self._shared is None:
            return self._ask()
        return self._shared.next(self._identity(), stale, self._ask, self.token_source.clock)

    def _ask(self) -> Token:
        return self._send_token_request(self._token_request())

    def _identity(self) -> tuple[Any, ...]:
        """Give what a token belongs to: sessions of which it is the same share one."""
        scope = self.scope.split() if isinstance(self.scope, str) else self.scope
        return self.token_url, self.client_id, sorted(scope or ()), self.token_params

    def _notify_token_updater(self, token: Token) -> None:
        log.info("token %s is in place, granted for %.0f s", token.fingerprint, token.lifetime)
        if self.token_updater is None:
            return
        try:
            self.token_updater(dict(token.answer))
        except Exception as error:  # the caller's code; the token is good all the same
            log.warning("token_updater failed with %s", type(error).__name__)

    def __getstate__(self) -> dict[str, Any]:
        """Give everything but what belongs to this process: a pickle holds the credentials."""
        return {**self.__dict__, "token_source": self.token_source.current}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.token_source = TokenSource(
            self._next_token, self._notify_token_updater, state["token_source"]
        )


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise TypeError(what)


def _are_words(scope: Any) -> bool:
    return isinstance(scope, list) and all(isinstance(word, str) for word in scope)


def _is_store(store: Any) -> bool:
    methods = (getattr(store, name, None) for name in ("load", "save", "lock"))
    return not isinstance(store, type) and all(map(callable, methods))


def _given(**options: Any) -> dict[str, Any]:
    """Keep what was given: None stands for what was not."""
    return {name: value for name, value in options.items() if value is not None}
