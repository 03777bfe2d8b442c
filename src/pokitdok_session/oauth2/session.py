"""The session: whose token is always good, goes to its own origin alone, and is never asked for.

The way of one request::

    request          the default timeout, requests' own order of arguments
    prepare_request  a path is put behind the API root; compliance hooks
    TokenAuth        sees the final URL: ours? take or renew the token, set the header
    send             plain http to our own host goes no further; the adapter sends
    ReplayOn401           sees the answer: our token refused? replace it, send once more
    rebuild_auth     on each redirect: the token stays at home

What it stands on, a question a file: `tokens` what a token is, `renewal` when the next is asked
for, `endpoint` how, `grant` what OAuth2Session says of it, `bearer` how it goes on a request,
`origin` where it may go, `transport` over which connections, `faults` what may be sent again,
`sharing` and `stores` who else has it, `silence` what is not said, `process` what is remembered of
the environment and made anew by a child. None of them knows PokitDok.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidURL, MissingSchema
from requests.utils import resolve_proxies
from requests_oauthlib import OAuth2Session
from urllib3.util.retry import Retry

from ..transport import redaction
from ..transport.adapter import Transport, reset_connections_after_fork
from ..transport.environment import EnvironmentSettingsCache
from ..transport.fork import reset_after_fork
from ..transport.outcome import annotate_error
from .auth import ReplayOn401, Timeout, TokenAuth, total_timeout
from .base import BaseClientCredentialsSession
from .client_auth import no_auth
from .errors import TokenError
from .origins import Origins, check_no_proxy

if TYPE_CHECKING:
    from .stores.base import TokenStore

_NOT_A_URL = "no URL: it begins with https:// and a host, or with one slash where base_url is set"

_SESSIONS_OWN: Any = object()  # no timeout given to the call: the session's own, unlike None


class ClientCredentialsSession(BaseClientCredentialsSession):
    """A `requests.Session` that carries a client-credentials token (RFC 6749 section 4.4).

    ``base_url`` is what a URL that begins with a single ``/`` is appended to. Its origin, or each
    of ``origins``, is where the token goes; without either it is the token endpoint's own.
    ``token`` is a dict that ``token_updater`` was given earlier: that is called with every token,
    the first too, in the thread of the renewal. ``token_params`` go into every token request:
    ``{"audience": ...}``, with a list where a name stands several times. With a ``store`` all
    sessions of the same client, in any process and on any host that reaches it, share one token.
    ``timeout`` and ``token_timeout`` are requests' own, in seconds. ``retries``, a number or a
    urllib3 `Retry`, opts in to more than one try.

    Nothing is sent before the first request. Raises InsecureTransport for a URL that would
    bear the token or the secret over plain http, loopback apart.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        token_url: str,
        *,
        base_url: str | None = None,
        origins: Iterable[str] = (),
        scope: str | Iterable[str] | None = None,
        token: Mapping[str, Any] | None = None,
        token_updater: Callable[[dict[str, Any]], Any] | None = None,
        token_params: Mapping[str, Any] | None = None,
        token_timeout: Timeout = (5, 30),
        token_endpoint_auth_method: str = "client_secret_basic",
        store: TokenStore | None = None,
        timeout: Timeout = (5, 60),
        retries: int | Retry = 0,
    ) -> None:
        super().__init__(
            client_id,
            client_secret,
            token_url,
            scope=scope,
            token=token,
            token_updater=token_updater,
            token_params=token_params,
            token_timeout=token_timeout,
            token_endpoint_auth_method=token_endpoint_auth_method,
            store=store,
        )
        self.base_url = base_url and base_url.rstrip("/")
        self.api_root = self.base_url
        self.origins = Origins(origins or [base_url or token_url])
        self.timeout = timeout
        self._surroundings = EnvironmentSettingsCache()
        self._token_auth = TokenAuth(self)
        self.auth = self._token_auth
        self.mount("https://", Transport(retries))
        self.mount("http://", Transport(retries))
        reset_after_fork(self)

    def request(  # type: ignore[override]  # requests' order of arguments, not OAuth2Session's
        self,
        method: str,
        url: str | bytes,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        cookies: Any = None,
        files: Any = None,
        auth: Any = None,
        timeout: Timeout = _SESSIONS_OWN,
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
        """Send a request as `requests.Session.request` does, with the token where it belongs.

        Raises `TokenError`, and sends nothing, when there is no usable token.
        """
        if auth is None and self.auth is self._token_auth:
            if withhold_token:
                auth = no_auth
            elif timeout is not _SESSIONS_OWN:
                auth = TokenAuth(self, total_timeout(timeout))
        return super(OAuth2Session, self).request(
            method,
            url,
            params=params,
            data=data,
            headers=headers,
            cookies=cookies,
            files=files,
            auth=auth,
            timeout=self.timeout if timeout is _SESSIONS_OWN else timeout,
            allow_redirects=allow_redirects,
            proxies=proxies,
            hooks=hooks,
            stream=stream,
            verify=verify,
            cert=cert,
            json=json,
        )

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare as requests does; a path is appended to the API's root."""
        request = _copy(request)
        url = request.url.decode() if isinstance(request.url, bytes) else str(request.url)
        url = url.lstrip()
        if url[:1] == "/" and url[:2] != "//" and self.api_root:
            request.url = url = self.api_root + url
        ours, auth = self.is_token_origin(url), request.auth
        if not ours and (auth is no_auth or (isinstance(auth, TokenAuth) and auth.session is self)):
            request.auth = None  # neither has anything to say there
        if isinstance(request.auth or self.auth, TokenAuth):
            if ours:
                request.auth = request.auth or None  # () or "" is no auth to be anonymous by
                if self.compliance_hook["protected_request"]:
                    request.headers = dict(request.headers or {})
                for hook in self.compliance_hook["protected_request"]:
                    request.url, request.headers, request.data = hook(
                        request.url, request.headers, request.data
                    )
            elif not request.auth and self.trust_env:
                # The session's auth is not for this URL: look where requests would look.
                request.auth = requests.sessions.get_netrc_auth(url)
        # To merge nothing with the session's own, and to encode it, costs requests a tenth of a
        # request; None and "" say so at once. Where the session's headers hold a None, merging
        # is what takes it out.
        if request.params == {} and not self.params:
            request.params = ""
        if request.headers == {} and self.headers and None not in self.headers.values():
            request.headers = None
        try:
            return super().prepare_request(request)
        except (InvalidURL, MissingSchema) as error:
            # requests' own error, without what it shows: a path with its query, as a rule
            raise type(error)(_NOT_A_URL) from None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send as requests does, with the session's timeout unless another is given.

        Raises InsecureTransport for plain http to a host that is spoken to by https: the
        path and the body are confidential too.
        """
        kwargs.setdefault("timeout", self.timeout)
        url = getattr(request, "url", None) or ""
        self.origins.check_https(url)
        if not self.is_token_origin(url):
            with redaction.redact_logs(None):  # a redirect has led from ours to another's
                return super().send(request, **kwargs)
        if url.startswith("http:"):
            proxies = resolve_proxies(request, dict(self.proxies or {}), self.trust_env)
            check_no_proxy(url, kwargs.setdefault("proxies", proxies))
        with redaction.redact_logs(request):
            try:
                return super().send(request, **kwargs)
            except TokenError:
                raise
            except requests.RequestException as fault:
                annotate_error(fault, request)
                raise

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Merge as requests does, and read the environment again only when it is another."""
        ask = super().merge_environment_settings
        if proxies or proxies is None or verify is not None or cert is not None:
            return ask(url, proxies, stream, verify, cert)
        settings = self._surroundings.settings(self, url, ask)
        if stream is not None:
            settings["stream"] = stream
        return settings

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Keep the token on its own origin when a redirect leads elsewhere.

        requests would keep it from http to https and from port to port, and would look in a
        ``~/.netrc`` for something to replace it by.
        """
        url = prepared_request.url or ""
        carried = ReplayOn401.take(prepared_request)
        if not self.is_token_origin(url):
            super().rebuild_auth(  # type: ignore[no-untyped-call]  # untyped in the stubs
                prepared_request, response
            )
        elif carried:
            # Not prepare_auth: it measures the body anew, which has not been rewound yet.
            carried.auth(prepared_request)
        elif self.should_strip_auth(  # type: ignore[no-untyped-call]  # untyped in the stubs
            response.request.url or "", url
        ):
            prepared_request.headers.pop("Authorization", None)

    def is_token_origin(self, url: str) -> bool:
        """Say whether the token goes to this URL."""
        return self.origins.own(url)

    def _reset_after_fork(self) -> None:
        """Give the cookies a lock that no thread of the parent holds, and see to adapters.

        `Transport` sees to itself. One of the caller's own would go on with connections that
        belong to the parent.
        """
        if hasattr(self.cookies, "_cookies_lock"):  # requests' own way of it
            vars(self.cookies)["_cookies_lock"] = threading.RLock()
        for adapter in self.adapters.values():
            if isinstance(adapter, HTTPAdapter) and not isinstance(adapter, Transport):
                reset_connections_after_fork(adapter)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["_surroundings"]
        if state["auth"] is state.pop("_token_auth"):
            del state["auth"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._surroundings = EnvironmentSettingsCache()
        self._token_auth = TokenAuth(self)
        self.__dict__.setdefault("auth", self._token_auth)
        reset_after_fork(self)


def _copy(request: requests.Request) -> requests.Request:
    """Copy what is about to be changed, and is the caller's; `copy.copy` takes its time."""
    copied = object.__new__(type(request))
    copied.__dict__.update(request.__dict__)
    return copied
