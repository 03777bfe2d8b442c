"""What one provider's token endpoint needs, beyond the request that RFC 6749 describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from .arguments import check_callable, check_choice, check_flag, check_header_value, check_mapping
from .client_auth.methods import (
    SECRET_METHODS,
    ClientAssertion,
    ClientAuth,
    ClientSecretBasic,
    TLSClientAuth,
)

if TYPE_CHECKING:
    import requests

    from .client_auth.assertion import AssertionCallable, PrivateKeyJWT
    from .token_request import ResponseReader

#: The values of ``token_endpoint_auth_method``.
AuthMethod: TypeAlias = Literal[
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]

#: A path of a PEM file with certificate and key, or the two paths.
Certificate: TypeAlias = "str | tuple[str, str]"

#: ``token_fetcher``: gets a token for a session in a way of its own, and returns it as a dict.
TokenFetcher: TypeAlias = "Callable[[requests.Session], Mapping[str, Any]]"


class TokenOptions(NamedTuple):
    """The constructor's arguments about the token endpoint, checked and unchangeable."""

    auth_method: AuthMethod = "client_secret_basic"
    client_assertion: PrivateKeyJWT | AssertionCallable | None = None
    basic_unencoded: bool = False
    include_client_id: bool = False
    cert: Certificate | None = None
    request_format: Literal["form", "json"] = "form"
    headers: Mapping[str, str] = {}  # never changed
    read_response: ResponseReader | None = None
    fetcher: TokenFetcher | None = None
    revocation_url: str | None = None

    def __repr__(self) -> str:
        return "<TokenOptions>"

    def check(self) -> None:
        """Raise TypeError or ValueError for options that do not go together."""
        check_choice(self.auth_method, "token_endpoint_auth_method", get_args(AuthMethod))
        _check_assertion(self.auth_method, self.client_assertion)
        check_flag(self.basic_unencoded, "client_secret_basic_unencoded")
        check_flag(self.include_client_id, "include_client_id")
        check_choice(self.request_format, "token_request_format", ("form", "json"))
        check_callable(self.read_response, "token_response")
        check_callable(self.fetcher, "token_fetcher")
        _check_certificate(self.cert)
        _check_headers(self.headers)
        if self.basic_unencoded and self.auth_method != "client_secret_basic":
            raise ValueError(
                "client_secret_basic_unencoded must be used with client_secret_basic, "
                f"got {self.auth_method}"
            )
        if self.fetcher is not None and self.read_response is not None:
            raise ValueError(
                "token_fetcher replaces the token request, so token_response must be None"
            )

    def check_secret(self, client_secret: object) -> None:
        """Raise ValueError if the method does not go with this client secret."""
        method = self.auth_method
        if method not in SECRET_METHODS:
            if client_secret is not None:
                raise ValueError(
                    f"client_secret must be None with {method}, which does not send one"
                )
        elif client_secret is None and self.fetcher is not None:
            return  # only revoke_token would send it
        elif not isinstance(client_secret, str) or not client_secret:
            raise ValueError(
                f"client_secret must be a non-empty string with {method}, "
                f"got {type(client_secret).__name__}"
            )

    def client_auth(
        self, client_id: str, client_secret: str | None, *, secret_in_form: bool | None = None
    ) -> ClientAuth:
        """Return the client authentication.

        ``secret_in_form`` is the ``include_client_id`` of OAuth2Session: it chooses between form
        and header for a secret.
        """
        method = self.auth_method
        if self.client_assertion is not None:
            return ClientAssertion(client_id, self.client_assertion)
        if method not in SECRET_METHODS:
            return TLSClientAuth(client_id)
        if client_secret is None:  # a token_fetcher does not use one
            return ClientAuth(client_id)
        if secret_in_form is not None:
            method = "client_secret_post" if secret_in_form else "client_secret_basic"
        if method == "client_secret_basic":
            return ClientSecretBasic(client_id, client_secret, encoded=not self.basic_unencoded)
        return SECRET_METHODS[method](client_id, client_secret)

    @property
    def identity(self) -> Mapping[str, Any]:
        """What of these options decides which token is granted; it holds no secret."""
        identity: Mapping[str, Any] = getattr(self.client_assertion, "identity", {})
        return identity


def _check_assertion(method: str, client_assertion: object) -> None:
    if method != "private_key_jwt":
        if client_assertion is not None:
            raise ValueError(
                "client_assertion must be used with "
                f"token_endpoint_auth_method='private_key_jwt', got {method!r}"
            )
    elif isinstance(client_assertion, type) or not (
        hasattr(client_assertion, "sign") or callable(client_assertion)
    ):
        raise TypeError(
            "client_assertion must be a PrivateKeyJWT(key, kid=...) or a callable that "
            f"returns a JWT, got {type(client_assertion).__name__}"
        )


def _check_certificate(cert: Any) -> None:
    paths = cert if isinstance(cert, tuple) else (cert,)
    if cert is None or (len(paths) <= 2 and all(isinstance(path, str) for path in paths)):
        return
    raise TypeError(
        "token_cert must be the path of a PEM file, or a tuple of the paths of certificate and "
        f"key, got {type(cert).__name__}"
    )


def _check_headers(headers: Any) -> None:
    check_mapping(headers, "token_headers")
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(
                f"the names in token_headers must be strings, got {type(name).__name__}"
            )
        check_header_value(value, f"token_headers[{name!r}]")
        if name.lower() == "authorization":
            raise ValueError(
                "token_headers must not contain Authorization: token_endpoint_auth_method "
                "chooses a registered scheme, and token_fetcher= can send any other"
            )
