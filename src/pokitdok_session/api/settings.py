"""What an `APISession` is built with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

from urllib3.util.retry import Retry

from ..oauth2.session import ClientCredentialsSession
from ..oauth2.timeouts import Timeout

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from ..oauth2.client_auth.assertion import AssertionCallable, PrivateKeyJWT
    from ..oauth2.stores.base import TokenStore
    from ..oauth2.token_options import AuthMethod, Certificate, TokenFetcher
    from ..oauth2.token_request import ResponseReader
    from ..oauth2.token_usage import ExpiredStatuses
    from .session_options import (
        APIAssertionOptions,
        APIFetcherOptions,
        APISecretOptions,
        APISessionOptions,
        APITLSOptions,
    )


class APISessionSettings(ClientCredentialsSession):
    """The constructor of `APISession`: that of `ClientCredentialsSession`, and one argument more.

    It is written out, because some libraries read a constructor's arguments from its signature.
    """

    #: What a pickle carries, as in requests: a list of the class, which nothing changes.
    __attrs__ = [*ClientCredentialsSession.__attrs__, "max_rate_limit_wait"]  # noqa: RUF012

    if TYPE_CHECKING:  # the same method, with the options of this class

        @overload
        @classmethod
        def discover(
            cls,
            client_id: str,
            client_secret: str | None = None,
            *,
            issuer: str,
            fhir_base: None = None,
            trusted_token_hosts: Iterable[str] = (),
            **options: Unpack[APISessionOptions],
        ) -> Self: ...
        @overload
        @classmethod
        def discover(
            cls,
            client_id: str,
            client_secret: str | None = None,
            *,
            issuer: None = None,
            fhir_base: str,
            trusted_token_hosts: Iterable[str] = (),
            **options: Unpack[APISessionOptions],
        ) -> Self: ...
        @classmethod
        def discover(  # pyright: ignore[reportIncompatibleMethodOverride]  # one option more
            cls, *args: Any, **kwargs: Any
        ) -> Self: ...

    @overload
    def __init__(
        self,
        client_id: str,
        client_secret: str,
        token_url: str,
        **options: Unpack[APISecretOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        client_id: str,
        client_secret: None,
        token_url: str,
        **options: Unpack[APIAssertionOptions],
    ) -> None: ...
    @overload
    def __init__(
        self, client_id: str, client_secret: None, token_url: str, **options: Unpack[APITLSOptions]
    ) -> None: ...
    @overload
    def __init__(
        self,
        client_id: str,
        client_secret: str | None,
        token_url: str,
        **options: Unpack[APIFetcherOptions],
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
        token_timeout: Timeout = (5, 30),
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
        timeout: Timeout = (5, 60),
        retries: int | Retry = 0,
        max_rate_limit_wait: float = 0,
    ) -> None:
        """Build a session; the docstring of the class explains the parameters."""
        if isinstance(max_rate_limit_wait, bool) or not isinstance(
            max_rate_limit_wait, (int, float)
        ):
            raise TypeError(
                "max_rate_limit_wait must be a number of seconds,"
                f" got {type(max_rate_limit_wait).__name__}"
            )
        build: Any = super().__init__  # the overloads do not take arguments that are handed on
        build(
            client_id,
            client_secret,
            token_url,
            base_url=base_url,
            origins=origins,
            scope=scope,
            token=token,
            token_updater=token_updater,
            token_params=token_params,
            token_timeout=token_timeout,
            token_endpoint_auth_method=token_endpoint_auth_method,
            client_assertion=client_assertion,
            client_secret_basic_unencoded=client_secret_basic_unencoded,
            include_client_id=include_client_id,
            token_cert=token_cert,
            token_request_format=token_request_format,
            token_headers=token_headers,
            token_response=token_response,
            token_fetcher=token_fetcher,
            revocation_url=revocation_url,
            token_header=token_header,
            token_prefix=token_prefix,
            origin_headers=origin_headers,
            expired_statuses=expired_statuses,
            insecure_hosts=insecure_hosts,
            store=store,
            timeout=timeout,
            retries=retries,
        )
        self.max_rate_limit_wait = max_rate_limit_wait
