"""`ClientCredentialsSession`: its options, and how they become a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from oauthlib.oauth2 import BackendApplicationClient
from urllib3.util.retry import Retry

from ...transport.adapter import Transport
from ...transport.environment import EnvironmentSettingsCache
from ...transport.fork import reset_after_fork
from ...transport.retries import without_statuses
from ..arguments import (
    check_callable,
    check_credential,
    check_mapping,
    check_store,
    scope_list,
    url_list,
)
from ..auth import TokenAuth
from ..origins import Origins, host_names, warn_of_insecure_hosts
from ..timeouts import DEFAULT_TIMEOUT, DEFAULT_TOKEN_TIMEOUT, Timeout, check_timeout
from ..token_endpoint import TokenEndpoint
from ..token_options import AuthMethod, Certificate, TokenFetcher, TokenOptions
from ..token_source import TokenSource
from ..token_usage import ExpiredStatuses, TokenUsage
from .pickling import PicklableSession

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..client_auth.assertion import AssertionCallable, PrivateKeyJWT
    from ..stores.base import TokenStore
    from ..token_request import ResponseReader
    from .options import AssertionOptions, FetcherOptions, SecretOptions, TLSOptions


class ClientCredentialsSession(PicklableSession):
    """A `requests.Session` that carries a client-credentials token (RFC 6749 section 4.4).

    ================================= ==============================================================
    ``client_id``                     str, the id of your application
    ``client_secret``                 str; None if the authentication method does not use it
    ``token_url``                     str, the URL of the token endpoint
    ``base_url``                      str, a URL with one leading slash is appended to it
    ``origins``                       URLs whose origins get the token, besides ``base_url``
    ``scope``                         str or list of str, requested with every token
    ``token``                         dict that ``token_updater`` got earlier
    ``token_updater``                 called with every new token, in the thread that fetched it
    ``token_params``                  dict, added to every token request; a list repeats a name
    ``token_timeout``                 of a token request, as in requests, in seconds
    ``token_endpoint_auth_method``    str, a name registered by RFC 7591 or RFC 8705
    ``client_assertion``              `PrivateKeyJWT`, or a function that returns a signed JWT
    ``client_secret_basic_unencoded`` bool, send id and secret without form-encoding
    ``include_client_id``             bool, send the id also as a form field
    ``token_cert``                    TLS client certificate for the token endpoint: path or two
    ``token_request_format``          ``"form"`` or ``"json"``
    ``token_headers``                 dict, added to every token request
    ``token_response``                function that returns the token dict of a `Response`
    ``token_fetcher``                 function of the session that replaces the token request
    ``revocation_url``                str, for `revoke_token`
    ``token_header``                  str, the request header that holds the token
    ``token_prefix``                  str before the token; None or ``""`` for the token only
    ``origin_headers``                dict, added to every request to these origins, and to no other
    ``expired_statuses``              statuses of an expired token, or a function of the `Response`
    ``insecure_hosts``                host names that may be reached by plain http
    ``store``                         shares one token with all sessions of the same client
    ``timeout``                       of a request, as in requests, in seconds
    ``retries``                       int or urllib3 `Retry`, opts in to more than one attempt
    ================================= ==============================================================

    Without ``base_url`` and ``origins``, the token goes to the origin of the token endpoint.
    Building a session sends nothing. Raises InsecureTransport for a URL that would carry the
    token or the secret over plain http, except to loopback and to ``insecure_hosts``: what goes
    there can be read on the way, the secret too, and an InsecureHostWarning says so once per
    session.

    A response by ``expired_statuses`` has the token renewed and the request sent once more, so it
    must mean that nothing was processed. With another status than 401, for which a missing right
    may be the reason, that happens at most once per 30 s.
    """

    @overload
    def __init__(
        self, client_id: str, client_secret: str, token_url: str, **options: Unpack[SecretOptions]
    ) -> None: ...
    @overload
    def __init__(
        self,
        client_id: str,
        client_secret: None,
        token_url: str,
        **options: Unpack[AssertionOptions],
    ) -> None: ...
    @overload
    def __init__(
        self, client_id: str, client_secret: None, token_url: str, **options: Unpack[TLSOptions]
    ) -> None: ...
    @overload
    def __init__(
        self,
        client_id: str,
        client_secret: str | None,
        token_url: str,
        **options: Unpack[FetcherOptions],
    ) -> None: ...
    def __init__(
        self,
        client_id: str,
        client_secret: str | None,
        token_url: str,
        *,
        base_url: str | None = None,
        origins: Iterable[str] = (),
        scope: str | Iterable[str] | None = None,
        token: Mapping[str, Any] | None = None,
        token_updater: Callable[[dict[str, Any]], Any] | None = None,
        token_params: Mapping[str, Any] | None = None,
        token_timeout: Timeout = DEFAULT_TOKEN_TIMEOUT,
        token_endpoint_auth_method: AuthMethod = "client_secret_basic",
        client_assertion: PrivateKeyJWT | AssertionCallable | None = None,
        client_secret_basic_unencoded: bool = False,
        include_client_id: bool = False,
        token_cert: Certificate | None = None,
        token_request_format: Literal["form", "json"] = "form",
        token_headers: Mapping[str, str] | None = None,
        token_response: ResponseReader | None = None,
        token_fetcher: TokenFetcher | None = None,
        revocation_url: str | None = None,
        token_header: str = "Authorization",
        token_prefix: str | None = "Bearer",
        origin_headers: Mapping[str, str] | None = None,
        expired_statuses: ExpiredStatuses = (401,),
        insecure_hosts: Iterable[str] = (),
        store: TokenStore | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        retries: int | Retry = 0,
    ) -> None:
        """Build a session; the docstring of the class explains the parameters."""
        check_credential(client_id, "client_id")
        self._token_options = TokenOptions(
            auth_method=token_endpoint_auth_method,
            client_assertion=client_assertion,
            basic_unencoded=client_secret_basic_unencoded,
            include_client_id=include_client_id,
            cert=token_cert,
            request_format=token_request_format,
            headers=token_headers or {},
            read_response=token_response,
            fetcher=token_fetcher,
            revocation_url=revocation_url,
        )
        self._token_options.check()
        self._token_options.check_secret(client_secret)
        self._token_usage = TokenUsage(
            header=token_header,
            prefix=token_prefix,
            origin_headers=origin_headers,
            expired_statuses=expired_statuses,
        )
        check_mapping(token, "token")
        check_mapping(token_params, "token_params")
        check_callable(token_updater, "token_updater")
        check_store(store)
        check_timeout(timeout, "timeout")
        check_timeout(token_timeout, "token_timeout")
        self._origins = Origins((), host_names(insecure_hosts, "insecure_hosts"))
        for url, name in ((base_url, "base_url"), (revocation_url, "revocation_url")):
            if url:
                self._origins.trust(url, name)
        self._origins.trust(token_url, "token_url")
        # Before the parent's constructor, which sets the token and the auth object.
        self._token_source = TokenSource()
        self._token_endpoint = TokenEndpoint()
        super().__init__(
            client=BackendApplicationClient(client_id),
            token=dict(token) if token else None,
            scope=scope_list(scope),
            token_updater=token_updater,
        )
        self.auth = self._token_auth(timeout)  # pyright: ignore[reportIncompatibleVariableOverride]  # a property here
        self._token_url = token_url
        self.token_params = dict(token_params or {})
        self.token_timeout = token_timeout
        self.client_secret = client_secret
        self._origin_urls = url_list(origins, "origins")
        self.base_url = base_url
        self.timeout = timeout
        self._environment = EnvironmentSettingsCache()
        self.store = store
        self._shared = None
        if store is not None:
            _ = self._token_options.identity  # refuses what a store cannot tell apart
            from ..stores.shared import SharedTokenSource  # most sessions have no store

            self._shared = SharedTokenSource(store)
        if isinstance(retries, Retry):
            retries = without_statuses(retries, self._token_usage.expired_statuses)
        self.mount("https://", Transport(retries))
        self.mount("http://", Transport(retries))
        reset_after_fork(self)
        if self._origins.insecure_hosts:
            warn_of_insecure_hosts(self._origins.insecure_hosts)

    @property
    def auth(self) -> Any:
        """The auth object that carries the token, also for requests outside this session.

        It does not carry ``origin_headers``. As in requests, another one can be set, or None to
        send no credentials.
        """
        return self._token_auth(self.timeout) if self._uses_token else self._other_auth

    @auth.setter
    def auth(self, value: Any) -> None:
        self._uses_token = isinstance(value, TokenAuth) and value.renewer is self
        self._other_auth = None if self._uses_token else value
