"""The options of a session, for type checkers: which go together, and which exclude each other.

Nothing imports this module at run time. `TokenOptions.check` says the same when a session is
built, and the rest of what no type can say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from urllib3.util.retry import Retry

    from ..client_auth.assertion import AssertionCallable, PrivateKeyJWT
    from ..stores.base import TokenStore
    from ..timeouts import Timeout
    from ..token_options import AuthMethod, Certificate, TokenFetcher
    from ..token_request import ResponseReader
    from ..token_usage import ExpiredStatuses


class _Common(TypedDict, total=False):
    """What goes with every client authentication."""

    base_url: str | None
    origins: Iterable[str]
    scope: str | Iterable[str] | None
    token: Mapping[str, Any] | None
    token_updater: Callable[[dict[str, Any]], Any] | None
    token_params: Mapping[str, Any] | None
    token_timeout: Timeout
    client_secret_basic_unencoded: bool
    include_client_id: bool
    token_cert: Certificate | None
    token_request_format: Literal["form", "json"]
    token_headers: Mapping[str, str] | None
    revocation_url: str | None
    token_header: str
    token_prefix: str | None
    origin_headers: Mapping[str, str] | None
    expired_statuses: ExpiredStatuses
    insecure_hosts: Iterable[str]
    store: TokenStore | None
    timeout: Timeout
    retries: int | Retry


class SecretOptions(_Common, total=False):
    """What goes with a client secret."""

    token_endpoint_auth_method: Literal[
        "client_secret_basic", "client_secret_post", "client_secret_jwt"
    ]
    client_assertion: None
    token_response: ResponseReader | None
    token_fetcher: None


class _Assertion(TypedDict):
    token_endpoint_auth_method: Literal["private_key_jwt"]
    client_assertion: PrivateKeyJWT | AssertionCallable


class AssertionOptions(_Common, _Assertion, total=False):
    """What goes with a client that signs a JWT."""

    token_response: ResponseReader | None
    token_fetcher: None


class _TLS(TypedDict):
    token_endpoint_auth_method: Literal["tls_client_auth", "self_signed_tls_client_auth"]


class TLSOptions(_Common, _TLS, total=False):
    """What goes with a client that has a TLS certificate."""

    client_assertion: None
    token_response: ResponseReader | None
    token_fetcher: None


class _Fetcher(TypedDict):
    token_fetcher: TokenFetcher


class FetcherOptions(_Common, _Fetcher, total=False):
    """What goes with a callable in place of the token request; the secret may be missing."""

    token_endpoint_auth_method: AuthMethod
    client_assertion: None
    token_response: None


class SessionOptions(_Common, total=False):
    """All options, for `discover`, which does not tell the kinds of client apart."""

    token_endpoint_auth_method: AuthMethod
    client_assertion: PrivateKeyJWT | AssertionCallable | None
    token_response: ResponseReader | None
    token_fetcher: TokenFetcher | None
