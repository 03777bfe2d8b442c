"""How the client authenticates at the token endpoint: one class per registered method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias
from urllib.parse import quote_plus

import requests
from requests.auth import HTTPBasicAuth

#: What `requests` takes as ``auth=`` and calls with the prepared request.
RequestAuth: TypeAlias = "Callable[[requests.PreparedRequest], requests.PreparedRequest]"

_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class ClientAuth(Protocol):
    """A client authentication method (RFC 7591 section 2, ``token_endpoint_auth_method``)."""

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        """Return the fields to add to the token request. Called for each attempt."""
        ...

    def header_auth(self) -> RequestAuth:
        """Return the auth object that sets the Authorization header, or `no_auth`."""
        ...


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request as it is. With this auth, requests does not read a ``~/.netrc``."""
    return request


@dataclass(frozen=True, repr=False)
class ClientSecretBasic:
    """``client_secret_basic``: id and secret in the Authorization header."""

    client_id: str
    client_secret: str

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        return _NO_FIELDS

    def header_auth(self) -> RequestAuth:
        # Form-encoded before they are joined by a colon: RFC 6749 section 2.3.1.
        return HTTPBasicAuth(quote_plus(self.client_id), quote_plus(self.client_secret))


@dataclass(frozen=True, repr=False)
class ClientSecretPost:
    """``client_secret_post``: id and secret as fields of the form."""

    client_id: str
    client_secret: str

    def form_fields(self, token_url: str) -> Mapping[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def header_auth(self) -> RequestAuth:
        return no_auth
