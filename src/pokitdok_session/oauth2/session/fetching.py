"""How a session fetches and revokes its tokens: `fetch_token` and its relatives."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import requests

from ...transport.deadline import response_deadline
from ..errors import TokenError
from ..timeouts import Timeout, limit_timeout
from ..token import Token
from ..token_endpoint import get_response
from ..token_request import TokenRequest, TransportOptions, build_form
from ..token_sending import prepare_token_request
from .base import BaseClientCredentialsSession


class TokenFetching(BaseClientCredentialsSession):
    """`fetch_token` and `refresh_token` of OAuth2Session, and `revoke_token`.

    What of the session's settings reaches a token request:

    ========================= ============================= =====================================
    setting                   token request                 for one `fetch_token` only
    ========================= ============================= =====================================
    ``verify``                yes, and REQUESTS_CA_BUNDLE   ``verify=``
    ``cert``                  if ``token_cert`` is None     ``cert=``
    ``proxies``               yes, and the environment      ``proxies=``
    mounted adapters          yes; retries are those here   -
    ``token_timeout``         yes; ``timeout`` is not used  ``timeout=``
    ``token_params``          yes, as form fields           keywords that are not listed above
    ``token_headers``         yes                           ``headers=`` replaces the default ones
    ``headers``, User-Agent   no: requests' own User-Agent  ``token_headers={"User-Agent": ...}``
    ``params``, ``cookies``   no                            -
    ``auth``, ``hooks``       no; compliance hooks, yes     ``auth=``
    ========================= ============================= =====================================
    """

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
        it. With ``token_fetcher`` the arguments are not used. Raises TokenError if no token comes.
        """
        if code or authorization_response:
            raise ValueError("code and authorization_response must be None: this grant has neither")
        if method.upper() not in ("GET", "POST"):
            raise ValueError(f'method must be "GET" or "POST", got {method!r}')
        options = self._token_options
        if options.fetcher is not None:
            from ..token_fetcher import fetch_by_callable

            return self._accept(fetch_by_callable(options.fetcher, self, self._token_source.clock))
        fields = {"username": username, "password": password, **kwargs}
        fields = {name: value for name, value in fields.items() if value is not None}
        request = TokenRequest(
            url=self._resolve(token_url),
            form=build_form(
                self._client,
                scope=self.scope,
                fields={**self.token_params, **fields},
                body=body,
                include_client_id=include_client_id or options.include_client_id,
            ),
            client_auth=options.client_auth(
                self.client_id,
                client_secret or self.client_secret,
                secret_in_form=include_client_id,
            ),
            auth=auth,
            method=method.upper(),
            in_query=force_querystring,
            headers=headers,
            more_headers=options.headers,
            as_json=options.request_format == "json",
            transport=self._transport_options(timeout, verify, cert, proxies),
            request_hooks=self.compliance_hook["access_token_request"],
            response_hooks=self.compliance_hook["access_token_response"],
            read_response=options.read_response,
        )
        return self._accept(self._request_token(request))

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

    def revoke_token(self, token: str | None = None, *, revocation_url: str | None = None) -> None:
        """Revoke the current token, or another one, at the provider (RFC 7009).

        A token that the provider does not know counts as revoked. Without ``revocation_url`` that
        of the constructor or of the metadata is used. The session and its store forget the
        revoked token, and the next request fetches a new one. Raises TokenError if the provider
        refuses, or does not confirm it.
        """
        from ..revocation import send_revocation

        text = token or self.access_token
        if text is None:
            return
        request = TokenRequest(
            url=revocation_url or self._revocation_url(),
            form={"token": text, "token_type_hint": "access_token"},
            client_auth=self._token_options.client_auth(self.client_id, self.client_secret),
            audience=self._resolve(None),
            transport=self._transport_options(),
        )
        send_revocation(self._token_endpoint.adapt(request), self._send_token_request)
        if self._shared is not None:  # first, because a request may load it from there
            self._shared.remove(self._cache_key_parts(), text)
        if text == self.access_token:
            self._token_source.set(None)

    def _transport_options(
        self, timeout: Timeout = None, verify: Any = None, cert: Any = None, proxies: Any = None
    ) -> TransportOptions:
        return TransportOptions(
            timeout=self.token_timeout if timeout is None else timeout,
            verify=verify,
            cert=self._token_options.cert if cert is None else cert,
            proxies=proxies,
        )

    def _request_token(self, request: TokenRequest) -> Token:
        fetch = functools.partial(
            self._token_endpoint.fetch,
            send=self._send_token_request,
            clock=self._token_source.clock,
            deadline=self._deadline,
        )
        try:
            return fetch(request)
        except TokenError as error:
            if self._discovery is None or error.status_code != 404:
                raise
            # The token endpoint may have moved: the metadata tells where to.
            self._discovery.forget()
            moved = request._replace(url=self._resolve(None))
            if moved.url == request.url:
                raise
        return fetch(moved)

    def _resolve(self, token_url: str | None) -> str:
        """Return the URL of the token endpoint; read the provider's metadata if it is not known."""
        if self._discovery is None or token_url not in (None, self._token_url):
            return token_url or self._token_url
        uses_tls = "tls_client_auth" in self.token_endpoint_auth_method
        return self._discovery.token_endpoint(self._get_metadata, mtls=uses_tls)

    def _revocation_url(self) -> str:
        url = self._token_options.revocation_url
        if url is None and self._discovery is not None:
            url = self._discovery.revocation_endpoint(self._get_metadata)
        if url is None:
            raise ValueError("revocation_url must be given: the provider's metadata names none")
        return url

    def _get_metadata(self, url: str) -> requests.Response:
        request = requests.Request("GET", url, headers={"Accept": "application/json"})
        send, options = self._send_token_request, self._transport_options()
        return get_response(send, request, options, "without its metadata no token was requested")

    def _send_token_request(
        self, request: requests.Request, options: TransportOptions
    ) -> requests.Response:
        """Send a token request through `send`; the response to a renewal has a deadline."""
        prepared = prepare_token_request(request)
        settings = self.merge_environment_settings(
            prepared.url or "", options.proxies or {}, False, options.verify, options.cert
        )
        timeout = limit_timeout(options.timeout, self._deadline)
        with response_deadline(self._deadline):
            return self.send(prepared, timeout=timeout, allow_redirects=False, **settings)
