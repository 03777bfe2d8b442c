"""The auth object: puts the token on requests to its own origins, and replays one after a 401."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import requests
from requests.auth import AuthBase
from requests.cookies import extract_cookies_to_jar
from requests.utils import requote_uri

from ..transport.retries import rewind_body
from .errors import TokenError
from .origins import Origins, origin_of
from .rejections import REJECTED_TOKEN_COOLDOWN
from .renewal import Renewer
from .timeouts import Timeout
from .token import Token
from .token_source import TokenSource
from .token_usage import TokenUsage

log = logging.getLogger(__name__)

_REDIRECTS = requests.sessions.SessionRedirectMixin()


class TokenAuth(AuthBase):
    """Bearer token usage (RFC 6750 section 2.1), for a session or a single ``requests.get``.

    A request to another origin goes out without the token.
    """

    def __init__(
        self,
        origins: Origins,
        source: TokenSource,
        renewer: Renewer,
        usage: TokenUsage,
        *,
        timeout: Timeout,
        use_netrc: bool = False,
        withhold: bool = False,
    ) -> None:
        self.origins = origins
        self.source = source
        self.renewer = renewer
        self.usage = usage
        self.timeout = timeout
        self.use_netrc = use_netrc
        self.withhold = withhold

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if not self.origins.contains(request.url or ""):
            return self._without_token(request)
        if self.withhold:
            return request
        token = self.source.get(self.renewer, self.timeout)
        header = self.usage.header
        if header in request.headers:
            log.debug("replacing the caller's %s header by the token", header)
        request.headers[header] = self.usage.value(token)
        # Before the caller's hooks, also after a redirect: those see the second response.
        request.hooks["response"].insert(0, ReplayHook(self, token))
        return request

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.renewer, "auth")

    def _without_token(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = request.url or ""
        self.origins.check_https(url)
        origin = origin_of(url)
        if origin is not None:
            log.debug("not sending the token to %s://%s:%s: not an origin of this session", *origin)
        # What requests does without an auth: a netrc entry, else user:password@ of the URL.
        netrc = requests.sessions.get_netrc_auth(url) if self.use_netrc else None
        request.prepare_auth(netrc)
        return request


class ReplayHook:
    """The response hook of a request with a token: renews the token and replays after a 401.

    A request that got a 401 was not processed, so every method can be sent again, with its whole
    body or not at all. It is sent a third time if the second token came from a store and was not
    fresh. Another status of ``expired_statuses`` is treated in the same way, except if the token
    was fresh: then the response is returned, because it is about a right that is missing.

    It is not replayed, and the caller gets the 401, if the body can be read only once, if there
    is no better token (see `TokenSource.replace`), or if its URL is no longer one of our origins.
    """

    def __init__(self, auth: TokenAuth, token: Token, *, attempts: int = 2) -> None:
        self.auth = auth
        self.token = token
        self.attempts = attempts
        self.body_is_spent = False

    def __call__(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        request, usage = response.request, self.auth.usage
        may_be_expired = response.status_code in usage.expired_statuses or usage.expired_predicate
        if may_be_expired and self.was_sent_with(request) and usage.says_expired(response):
            response = self._renew_and_replay(response, **kwargs)
        if usage.header != "Authorization" and response.is_redirect:
            self._keep_from_other_origins(request, response)
        return response

    def _renew_and_replay(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        request, source = response.request, self.auth.source
        is_ours = self.auth.origins.contains  # which may have changed since the request was sent
        # Another status than 401 may also mean that the client lacks a right.
        is_certain = response.status_code == 401
        is_fresh = self.token.is_young(source.clock(), REJECTED_TOKEN_COOLDOWN)
        if (is_fresh and not is_certain) or not is_ours(request.url or ""):
            return response
        self.body_is_spent = not rewind_body(request)
        # The adapter of a caller may not say which one it is.
        can_be_replayed = not self.body_is_spent and hasattr(response, "connection")
        _release(response)  # before the token request, which may need this connection
        try:
            token = source.replace(self.token, self.auth.renewer, kwargs.get("timeout"))
        except TokenError as error:
            if can_be_replayed and is_certain:
                raise
            log.warning("no new token after a %d: %s", response.status_code, error)
            token = None
        if token is None or not can_be_replayed or not is_ours(request.url or ""):
            return response
        replayed = self._replay(response, token, **kwargs)
        if not self.auth.usage.says_expired(replayed):
            return replayed
        is_fresh = replayed.status_code == 401 and source.mark_rejected(token)
        if is_fresh or self.attempts == 1:
            return replayed
        again = ReplayHook(self.auth, token, attempts=self.attempts - 1)
        return again._renew_and_replay(replayed, **kwargs)

    def _keep_from_other_origins(
        self, request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Take the token off a request that requests is about to copy to another origin.

        Without our session, as in ``requests.get(url, auth=session.auth)``, requests does that
        for the Authorization header only.
        """
        try:  # the URL as requests writes it before it sends
            location = requote_uri(_REDIRECTS.get_redirect_target(response) or "")
            target = urljoin(response.url, location)
        except ValueError:  # requests will raise it too
            target = ""
        if self.was_sent_with(request) and not self.auth.origins.contains(target):
            del request.headers[self.auth.usage.header]

    def was_sent_with(self, request: requests.PreparedRequest) -> bool:
        """Return True if the request carries this token; a redirect may copy the hook only."""
        usage = self.auth.usage
        return request.headers.get(usage.header) == usage.value(self.token)

    def _replay(self, refused: requests.Response, token: Token, **kwargs: Any) -> requests.Response:
        request = refused.request.copy()
        usage = self.auth.usage
        request.headers[usage.header] = usage.value(token)
        # With a hook of its own, for code that sends ``response.request`` once more.
        hooks = [ReplayHook(self.auth, token) if hook is self else hook for hook in _hooks(request)]
        request.hooks = {**request.hooks, "response": hooks}
        # As requests' own digest authentication does.
        cookies = request._cookies  # type: ignore[attr-defined]  # not in the stubs
        extract_cookies_to_jar(cookies, refused.request, refused.raw)
        request.prepare_cookies(cookies)
        started = time.perf_counter()
        response = refused.connection.send(request, **kwargs)
        response.elapsed = refused.elapsed + timedelta(seconds=time.perf_counter() - started)
        response.history = [*refused.history, refused]
        response.request = request
        return response

    @classmethod
    def of(cls, request: requests.PreparedRequest) -> ReplayHook | None:
        """Return the hook of a request that was sent with a token, else None."""
        return next((hook for hook in _hooks(request) if isinstance(hook, cls)), None)

    @classmethod
    def detach(cls, request: requests.PreparedRequest) -> ReplayHook | None:
        """Take token and hook off a request that a redirect has copied; return the hook."""
        hook = cls.of(request)
        others = [each for each in _hooks(request) if not isinstance(each, cls)]
        request.hooks = {**(request.hooks or {}), "response": others}  # copies share the mapping
        if hook is None or not hook.was_sent_with(request):
            return None
        del request.headers[hook.auth.usage.header]
        return hook

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickled response carries its request with the hooks. The session, and with it the
        # secret, does not go along.
        return functools.partial, (_noop_hook,)


def reason_of_401(response: requests.Response) -> str:
    """Return in words why a 401 came back to the caller."""
    hook = ReplayHook.of(response.request)
    if hook is None:
        return (
            "the request carried other credentials than the token of this session; "
            "check session.auth and the headers of the request"
        )
    if hook.body_is_spent:
        return (
            "the API refused the token, and the request was not replayed, because its body can be "
            "read only once; send it again"
        )
    if hook.auth.source.rejections.suspects_a_rival:
        return (
            "the API refuses each token soon after it was granted; "
            "if other processes use this client, give all of them the same store"
        )
    if not all(earlier.is_redirect for earlier in response.history):
        return (
            "the API refused the token and the one that replaced it; "
            "check base_url, scope= and the rights of the client"
        )
    return (
        "the API refused the token, and there was no other to try: the provider granted the same "
        "one again, or a new token was refused as well less than 30 s ago; check base_url, scope= "
        "and the rights of the client"
    )


def _release(response: requests.Response) -> None:
    """Read the response and give its connection back to the pool."""
    with contextlib.suppress(requests.RequestException):
        _ = response.content
    response.close()


def _hooks(request: requests.PreparedRequest) -> list[Any]:
    hooks = (request.hooks or {}).get("response") or []
    return [hooks] if callable(hooks) else list(hooks)


def _noop_hook(response: requests.Response, **kwargs: Any) -> requests.Response:
    return response
