"""The methods of `requests.Session` that are overridden: request, prepare, send, redirect.

``request`` takes the arguments of requests in their order, which OAuth2Session changes.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.exceptions import InvalidURL, MissingSchema
from requests.utils import resolve_proxies

from ...transport import redaction
from ...transport.environment import EnvironmentSettingsCache
from ...transport.in_doubt import annotate_error, set_answered, set_processed
from ...transport.responses import redact_raise_for_status
from ..auth import ReplayHook, TokenAuth
from ..errors import TokenError
from ..origins import check_no_proxy
from ..timeouts import SESSION_TIMEOUT, Timeout, default_timeout
from ..token_sending import PreparedTokenRequest
from ..token_usage import TokenUsage
from .oauth2_session import OAuth2Session
from .origin_settings import OriginSettings

_INVALID_URL = (
    "invalid URL: give an absolute URL (https://host/path), or set base_url and give a path that "
    'begins with one "/"'
)


class RequestsOverrides(OriginSettings):
    """A session whose requests carry the token. `ClientCredentialsSession` sets the attributes."""

    _uses_token: bool
    _other_auth: Any
    _environment: EnvironmentSettingsCache
    _token_usage: TokenUsage

    def request(  # type: ignore[override]  # withhold_token is new
        self,
        method: str,
        url: str | bytes,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        cookies: Any = None,
        files: Any = None,
        auth: Any = None,
        timeout: Timeout = SESSION_TIMEOUT,
        allow_redirects: bool = True,
        proxies: Any = None,
        hooks: Any = None,
        stream: bool | None = None,
        verify: Any = None,
        cert: Any = None,
        json: Any = None,
        *,
        withhold_token: bool = False,
    ) -> requests.Response:
        """Send a request as `requests.Session.request` does, with the token for our origins.

        The token replaces the caller's own ``Authorization`` header (or ``token_header``), unless
        ``withhold_token`` is True. Raises TokenError, and sends nothing, without a usable token.
        """
        if auth is None and self._uses_token:
            wait = self.timeout if timeout is SESSION_TIMEOUT else timeout
            auth = self._token_auth(wait, use_netrc=self.trust_env, withhold=withhold_token)
        # Not OAuth2Session.request, which logs the token and sends it to every host.
        return super(OAuth2Session, self).request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            cookies=cookies,
            files=files,
            auth=auth,
            timeout=default_timeout(self.timeout, url) if timeout is SESSION_TIMEOUT else timeout,
            allow_redirects=allow_redirects,
            proxies=proxies,
            hooks=hooks,
            stream=stream,
            verify=verify,
            cert=cert,
            json=json,
        )

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request as requests does; a path is appended to ``base_url``."""
        request = _copy(request)
        url = request.url = self._absolute_url(request.url)
        if self._uses_token:
            # Also in place of () and "", with which requests would send no credentials.
            request.auth = request.auth or self._token_auth(self.timeout, use_netrc=self.trust_env)
        self._run_compliance_hooks(request)
        usage = self._token_usage
        if usage.origin_headers and self.is_token_origin(request.url):
            request.headers = usage.add_origin_headers(request.headers)
        self._skip_empty_merges(request)
        try:
            return super().prepare_request(request)
        except (InvalidURL, MissingSchema) as error:
            if "://" in url and not any(host in url.lower() for _, host, _ in self._origins):
                raise  # it has nothing of ours
            # The text of requests repeats the URL, and with it the query.
            raise type(error)(_INVALID_URL) from None

    def _run_compliance_hooks(self, request: requests.Request) -> None:
        hooks = self.compliance_hook["protected_request"]
        if not hooks or not isinstance(request.auth, TokenAuth) or request.auth.withhold:
            return
        if self.is_token_origin(request.url or ""):
            request.headers = dict(request.headers or {})
            for hook in hooks:
                request.url, request.headers, request.data = hook(
                    request.url, request.headers, request.data
                )

    def _skip_empty_merges(self, request: requests.Request) -> None:
        """Save a tenth of the request's cost: merging and encoding what is empty.

        Headers are merged if a session header is None, because merging removes it.
        """
        if request.params == {} and not self.params:
            request.params = ""  # requests encodes {} but not ""
        if request.headers == {} and self.headers and None not in self.headers.values():
            request.headers = None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as requests does, with the session's timeout unless another is given.

        Token requests leave here too. Raises InsecureTransport for plain http to a host that
        this session uses by https: the path and the body are confidential too.
        """
        if isinstance(request, PreparedTokenRequest):
            self._origins.trust(request.url or "", "token_url")
            check_no_proxy(request.url or "", kwargs.get("proxies"))
            with redaction.redact_logs(request):
                try:
                    response = super().send(request, **kwargs)
                except requests.RequestException as error:
                    redaction.redact_exception(error, request)
                    raise
            return redact_raise_for_status(response)  # it may hold the secret
        url = getattr(request, "url", None) or ""
        kwargs.setdefault("timeout", default_timeout(self.timeout, url))
        if not self.is_token_origin(url):
            self._origins.check_https(url)
            # A redirect of our origin to another may have put confidential data in the URL.
            with redaction.redact_logs(request if redaction.is_redacting() else None):
                try:
                    return super().send(request, **kwargs)
                except (requests.RequestException, ValueError) as error:
                    set_processed(error, request)
                    raise
        if url.startswith("http:"):
            proxies = resolve_proxies(request, dict(self.proxies or {}), self.trust_env)
            check_no_proxy(url, kwargs.setdefault("proxies", proxies))
        with redaction.redact_logs(request):
            try:
                response = super().send(request, **kwargs)
                return redact_raise_for_status(response)
            except TokenError as error:
                set_answered(error, request)
                raise
            except (requests.RequestException, ValueError) as error:
                annotate_error(error, request)
                raise

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Merge as requests does; the environment is read again only after a change."""
        compute = super().merge_environment_settings
        if proxies or proxies is None or verify is not None or cert is not None:
            return compute(url, proxies, stream, verify, cert)
        settings = self._environment.settings(self, url, compute)
        if stream is not None:
            settings["stream"] = stream
        return settings

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow no redirect of the token endpoint, not even to look where it leads."""
        if isinstance(resp.request, PreparedTokenRequest):
            return None
        return super().get_redirect_target(resp)

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Keep the token and ``origin_headers`` on their origin when a redirect leads away.

        requests would keep it from http to https, and in any other header than Authorization. It
        would also look for a replacement in a ``~/.netrc``.
        """
        url, sent_to = prepared_request.url or "", response.request.url or ""
        hook = ReplayHook.detach(prepared_request)
        if self.should_strip_auth(sent_to, url):  # type: ignore[no-untyped-call]  # not in the stubs
            for name in ("Authorization", self._token_usage.header):
                prepared_request.headers.pop(name, None)
        if self.is_token_origin(sent_to) and not self.is_token_origin(url):
            for name in self._token_usage.origin_headers:
                prepared_request.headers.pop(name, None)
        if hook and hook.auth.origins.contains(url):  # perhaps the auth of another session
            # Not prepare_auth, which measures the body again before it is rewound.
            hook.auth(prepared_request)
        elif not self.is_token_origin(url):
            super().rebuild_auth(  # type: ignore[no-untyped-call]  # not in the stubs
                prepared_request, response
            )

    def _token_auth(
        self, timeout: Timeout, *, use_netrc: bool = False, withhold: bool = False
    ) -> TokenAuth:
        return TokenAuth(
            self._origins,
            self._token_source,
            self,
            self._token_usage,
            timeout=timeout,
            use_netrc=use_netrc,
            withhold=withhold,
        )


def _copy(request: requests.Request) -> requests.Request:
    """Copy a request of the caller before it is changed; ten times faster than `copy.copy`."""
    copied = object.__new__(type(request))
    copied.__dict__.update(request.__dict__)
    return copied
