"""How the client authenticates at the token endpoint: one class per registered method.

========================================= ===================================================
``token_endpoint_auth_method``            what is sent
========================================= ===================================================
``client_secret_basic``                   id and secret in the Authorization header
``client_secret_post``                    id and secret as form fields
``client_secret_jwt``                     a JWT signed with the secret (HS256)
``private_key_jwt``                       a JWT signed with a private key, ``client_assertion``
``tls_client_auth``                       the id; the TLS certificate ``token_cert`` proves it
``self_signed_tls_client_auth``           the same with a self-signed certificate
========================================= ===================================================

The names are registered by RFC 7591 section 2 and RFC 8705 section 2.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote_plus

import requests
from requests.auth import HTTPBasicAuth

from ...transport.headers import parse_date
from ..errors import TokenError

if TYPE_CHECKING:
    from .assertion import AssertionCallable, PrivateKeyJWT

#: What `requests` takes as ``auth=`` and calls with the prepared request.
RequestAuth: TypeAlias = "Callable[[requests.PreparedRequest], requests.PreparedRequest]"

# RFC 7523 section 2.2.
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is. With this auth, requests does not read a ``~/.netrc``."""
    return request


class ClientAuth:
    """The id only, as of a client without a secret; a subclass per method adds the credentials.

    Equal to another one with the same credentials. (Five dataclasses would cost 3 ms.)
    """

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        """Return the fields to add to the token request. Called for each attempt."""
        return {"client_id": self.client_id}

    def header_auth(self) -> RequestAuth:
        """Return the auth object that sets the Authorization header, or `no_auth`."""
        return no_auth

    def refusal_advice(self, response: requests.Response) -> str:
        """Return what to check when the endpoint refuses the client with this response."""
        return "check client_id and client_secret"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # no dict needs them


class _SecretMethod(ClientAuth):
    def __init__(self, client_id: str, client_secret: str) -> None:
        super().__init__(client_id)
        self.client_secret = client_secret


class ClientSecretBasic(_SecretMethod):
    """``client_secret_basic``: id and secret in the Authorization header (RFC 6749 2.3.1).

    The RFC wants both form-encoded before they are joined. Many servers do not decode them;
    for those ``encoded`` is False.
    """

    def __init__(self, client_id: str, client_secret: str, *, encoded: bool = True) -> None:
        super().__init__(client_id, client_secret)
        self.encoded = encoded

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        return {}

    def header_auth(self) -> RequestAuth:
        if self.encoded:
            return HTTPBasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret))
        return HTTPBasicAuth(self.client_id.encode(), self.client_secret.encode())

    def unencoded(self) -> ClientSecretBasic | None:
        """Return the same without the encoding, None if nothing changes or a colon forbids it."""
        same = all(quote_plus(part) == part for part in (self.client_id, self.client_secret))
        if same or not self.encoded or ":" in self.client_id:
            return None
        return ClientSecretBasic(self.client_id, self.client_secret, encoded=False)


class ClientSecretPost(_SecretMethod):
    """``client_secret_post``: id and secret as fields of the form."""

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}


class ClientSecretJWT(_SecretMethod):
    """``client_secret_jwt``: a JWT signed with the secret, and not the secret itself."""

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        from .assertion import sign_with_secret  # most clients sign nothing

        jwt = sign_with_secret(self.client_id, self.client_secret, token_url)
        return {"client_assertion_type": _JWT_BEARER, "client_assertion": jwt}

    def refusal_advice(self, response: requests.Response) -> str:
        return f"check client_id, client_secret and {_clock(response)}"


class ClientAssertion(ClientAuth):
    """``private_key_jwt``: a JWT signed with a private key, or one that a callable returns."""

    def __init__(self, client_id: str, assertion: PrivateKeyJWT | AssertionCallable) -> None:
        super().__init__(client_id)
        self.assertion = assertion

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        try:
            if callable(self.assertion):
                jwt = self.assertion()
            else:
                jwt = self.assertion.sign(self.client_id, token_url)
        except TokenError:
            raise
        except Exception as error:  # the key file is missing, or a vault does not respond
            raise TokenError(
                f"client_assertion raised {type(error).__name__}; __cause__ has its text"
            ) from error
        return {"client_assertion_type": _JWT_BEARER, "client_assertion": jwt}

    def refusal_advice(self, response: requests.Response) -> str:
        return (
            "check client_id, the audience (the token URL unless the provider wants its issuer), "
            f"that the provider has the public key under this kid, and {_clock(response)}"
        )


class TLSClientAuth(ClientAuth):
    """``tls_client_auth``, ``self_signed_tls_client_auth``: the TLS certificate is the proof."""

    def refusal_advice(self, response: requests.Response) -> str:
        return "check client_id and that token_cert is the certificate the provider knows"


def _clock(response: requests.Response) -> str:
    """Return how far the clock here is from the server's, as its Date header tells."""
    seconds = round(time.time() - parse_date(response.headers))
    relation = "ahead of" if seconds >= 0 else "behind"
    return f"the clock here, which is {abs(seconds)} s {relation} the Date of the response"


#: The methods that use the client's secret.
SECRET_METHODS: Mapping[str, Callable[[str, str], ClientAuth]] = {
    "client_secret_basic": ClientSecretBasic,
    "client_secret_post": ClientSecretPost,
    "client_secret_jwt": ClientSecretJWT,
}
