"""The token endpoint of a provider, read from the metadata that it publishes.

============== ==================================================== ===========================
given          read                                                 described by
============== ==================================================== ===========================
``fhir_base``  ``{fhir_base}/.well-known/smart-configuration``      SMART App Launch 2
``issuer``     ``{issuer}/.well-known/openid-configuration``, then  OpenID Connect Discovery 1.0,
               ``/.well-known/oauth-authorization-server/{path}``   RFC 8414 section 3
============== ==================================================== ===========================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from .errors import TokenError
from .origins import host_names, origin_of, trusted_origin, without_query
from .token_response import REFUSAL_COOLDOWN, is_transient_status, read_body


class Endpoints:
    """The endpoints of a provider. Each is checked when it is used, because others do not matter.

    ``check`` returns the URL with this name, or raises `TokenError`.
    """

    def __init__(self, metadata: Mapping[str, Any], check: Callable[[Any, str], str]) -> None:
        self._metadata = metadata
        self._check = check

    @property
    def token(self) -> str:
        """The token endpoint."""
        return self._check(self._metadata["token_endpoint"], "token_endpoint")

    @property
    def mtls_token(self) -> str:
        """The token endpoint for clients with a TLS certificate (RFC 8705 section 5)."""
        aliases = self._metadata.get("mtls_endpoint_aliases")
        alias = aliases.get("token_endpoint") if isinstance(aliases, Mapping) else None
        return self._check(alias, "mtls_endpoint_aliases") if alias else self.token

    @property
    def revocation(self) -> str | None:
        """The revocation endpoint, None if the metadata has none."""
        url = self._metadata.get("revocation_endpoint")
        return self._check(url, "revocation_endpoint") if url else None


class Discovery:
    """Where a provider publishes its metadata, and what was read there.

    The metadata is read when the first token is needed, and kept until `forget`. A token endpoint
    must be on the host of the metadata or on one of ``trusted_hosts``, because it gets the
    client's credentials.
    """

    def __init__(
        self,
        *,
        issuer: str | None = None,
        fhir_base: str | None = None,
        trusted_hosts: Iterable[str] = (),
        insecure_hosts: frozenset[str] = frozenset(),
    ) -> None:
        if (issuer is None) == (fhir_base is None):
            got = "neither" if issuer is None else "both"
            raise ValueError(f"discover must get either issuer or fhir_base, got {got}")
        self.issuer = issuer
        self.url = (issuer or fhir_base or "").rstrip("/")
        self._shown_url = without_query(self.url)
        name = "fhir_base" if issuer is None else "issuer"
        host = trusted_origin(self.url, name, insecure_hosts)[1]
        self._trusted_hosts = host_names(trusted_hosts, "trusted_token_hosts") | {host}
        self._insecure_hosts = insecure_hosts
        self._endpoints: Endpoints | None = None

    def endpoints(self, get: Callable[[str], requests.Response]) -> Endpoints:
        """Return the endpoints. ``get`` sends a GET request and follows no redirect.

        It raises `TokenError` if no response comes, as this does if there is no metadata or it
        must not be used.
        """
        if self._endpoints is None:
            self._endpoints = self._read(get)
        return self._endpoints

    def forget(self) -> None:
        """Read the metadata again next time: the token endpoint has moved."""
        self._endpoints = None

    def _read(self, get: Callable[[str], requests.Response]) -> Endpoints:
        statuses = []
        is_transient = False
        for url in self._metadata_urls():
            response = get(url)
            metadata = read_body(response) if response.status_code == 200 else {}
            if isinstance(metadata.get("token_endpoint"), str):
                return self._from_metadata(metadata, url)
            statuses.append(f"{without_query(url)} returned {response.status_code}")
            is_transient = is_transient or is_transient_status(response.status_code)
        advice = f"check {'fhir_base' if self.issuer is None else 'issuer'}"
        if is_transient:
            advice = "the provider has a problem of its own; try again later"
        message = f"no token_endpoint was found: {', '.join(statuses)}; {advice}"
        raise TokenError(message, retry_after=0.0 if is_transient else REFUSAL_COOLDOWN)

    def _metadata_urls(self) -> list[str]:
        if self.issuer is None:
            return [f"{self.url}/.well-known/smart-configuration"]
        parts = urlsplit(self.url)
        return [
            f"{self.url}/.well-known/openid-configuration",
            f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}",
        ]

    def _from_metadata(self, metadata: Mapping[str, Any], url: str) -> Endpoints:
        issuer = metadata.get("issuer")
        if self.issuer is not None and str(issuer).rstrip("/") != self.url:
            raise self._error(
                f"{without_query(url)} must name the issuer {self._shown_url}, but names "
                f"{without_query(str(issuer))}: check issuer"
            )
        return Endpoints(metadata, self._checked)

    def _checked(self, url: Any, name: str) -> str:
        """Return the URL of an endpoint; raise `TokenError` if no credentials must go there."""
        origin = origin_of(url) if isinstance(url, str) else None
        if origin is None:
            raise self._error(f"the metadata of {self._shown_url} must have a URL as {name}")
        if origin[1] not in self._trusted_hosts:
            raise self._error(
                f"the {name} of {self._shown_url} is on another host, {origin[1]}: if it is the "
                f"provider's own, name it in trusted_token_hosts=[{origin[1]!r}]"
            )
        trusted_origin(url, name, self._insecure_hosts)
        return str(url)

    def _error(self, message: str) -> TokenError:
        return TokenError(message, retry_after=REFUSAL_COOLDOWN)
