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

from ..transport.redaction import without_query
from .errors import TokenError, is_transient_status
from .origins import Origins, host_names, origin_of
from .token_response import REFUSAL_COOLDOWN, read_body


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
        self._origins = Origins((), insecure_hosts)
        host = self._origins.trust(self.url, name)[1]
        self._trusted_hosts = host_names(trusted_hosts, "trusted_token_hosts") | {host}
        self._metadata: Mapping[str, Any] | None = None

    def token_endpoint(self, get: Callable[[str], requests.Response], *, mtls: bool) -> str:
        """Return the token endpoint; with ``mtls`` the one for certificates (RFC 8705 section 5).

        ``get`` sends a GET request and follows no redirect. It raises `TokenError` if no response
        comes, as this does if there is no metadata or it must not be used.
        """
        metadata = self._load(get)
        aliases = metadata.get("mtls_endpoint_aliases") if mtls else None
        if isinstance(aliases, Mapping) and aliases.get("token_endpoint"):
            return self._checked(aliases["token_endpoint"], "mtls_endpoint_aliases")
        return self._checked(metadata["token_endpoint"], "token_endpoint")

    def revocation_endpoint(self, get: Callable[[str], requests.Response]) -> str | None:
        """Return the revocation endpoint, None if the metadata has none."""
        url = self._load(get).get("revocation_endpoint")
        return self._checked(url, "revocation_endpoint") if url else None

    def forget(self) -> None:
        """Read the metadata again next time: the token endpoint has moved."""
        self._metadata = None

    def _load(self, get: Callable[[str], requests.Response]) -> Mapping[str, Any]:
        metadata = self._metadata
        if metadata is None:  # another thread may `forget` what is set here
            metadata = self._metadata = self._read(get)
        return metadata

    def _read(self, get: Callable[[str], requests.Response]) -> Mapping[str, Any]:
        statuses = []
        is_transient = False
        for url in self._metadata_urls():
            response = get(url)
            metadata = read_body(response) if response.status_code == 200 else {}
            if isinstance(metadata.get("token_endpoint"), str):
                self._check_issuer(metadata, url)
                return metadata
            statuses.append(f"{without_query(url)} returned {response.status_code}")
            is_transient = is_transient or is_transient_status(response.status_code)
        advice = f"check {'fhir_base' if self.issuer is None else 'issuer'}"
        if is_transient:
            advice = "the provider has a problem of its own; try again later"
        message = f"no token_endpoint was found: {', '.join(statuses)}; {advice}"
        raise TokenError(message) if is_transient else self._error(message)

    def _metadata_urls(self) -> list[str]:
        if self.issuer is None:
            return [f"{self.url}/.well-known/smart-configuration"]
        parts = urlsplit(self.url)
        return [
            f"{self.url}/.well-known/openid-configuration",
            f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path}",
        ]

    def _check_issuer(self, metadata: Mapping[str, Any], url: str) -> None:
        issuer = metadata.get("issuer")
        if self.issuer is not None and str(issuer).rstrip("/") != self.url:
            raise self._error(
                f"{without_query(url)} must name the issuer {self._shown_url}, but names "
                f"{without_query(str(issuer))}: check issuer"
            )

    def _checked(self, url: Any, name: str) -> str:
        """Return the URL of an endpoint; raise `TokenError` if no credentials must go there.

        Only the endpoint that is used is checked.
        """
        origin = origin_of(url) if isinstance(url, str) else None
        if origin is None:
            raise self._error(f"the metadata of {self._shown_url} must have a URL as {name}")
        if origin[1] not in self._trusted_hosts:
            raise self._error(
                f"the {name} of {self._shown_url} is on another host, {origin[1]}: if it is the "
                f"provider's own, name it in trusted_token_hosts=[{origin[1]!r}]"
            )
        self._origins.trust(url, name)
        return str(url)

    def _error(self, message: str) -> TokenError:
        return TokenError(message, retry_after=REFUSAL_COOLDOWN, is_permanent=True)
