"""The auth object: the token on a request to its own origin, and one replay when it is refused."""

from __future__ import annotations

import contextlib
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import requests
from requests.auth import AuthBase
from requests.cookies import extract_cookies_to_jar

from ..transport.retries import rewind_body
from .errors import TokenError
from .origins import origin_of
from .token import Token
from .token_source import RENEWAL_TIMEOUT

if TYPE_CHECKING:
    from .session import ClientCredentialsSession

log = logging.getLogger(__name__)

Timeout: TypeAlias = "float | tuple[float | None, float | None] | None"


def total_timeout(timeout: Any) -> float:
    """Give the seconds that a call with this timeout may wait for a token."""
    parts = timeout if isinstance(timeout, tuple) else (getattr(timeout, "total", timeout),)
    if not all(isinstance(part, (int, float)) and part > 0 for part in parts):
        return RENEWAL_TIMEOUT  # no end to one of them, or nothing that requests will take
    return float(min(sum(parts), RENEWAL_TIMEOUT))


class TokenAuth(AuthBase):
    """Bearer token usage (RFC 6750 section 2.1), for a session or a single ``requests.get``.

    A request to another origin passes as it is.
    """

    def __init__(self, session: ClientCredentialsSession, patience: float | None = None) -> None:
        self.session = session
        self._patience = patience

    def patience(self) -> float:
        """Give the seconds to wait for a token at most: the session's own unless others are set."""
        return total_timeout(self.session.timeout) if self._patience is None else self._patience

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        url = request.url or ""
        if not self.session.is_token_origin(url):
            self.session.origins.check_https(url)
            origin = origin_of(url)
            if origin is not None:
                log.debug("no token goes to %s://%s:%s, no origin of this session", *origin)
            request.prepare_auth(None)  # as without an auth: user:password@ of the URL, if any
            return request
        token = self.session.token_source.get(self.patience())
        request.headers["Authorization"] = token.header
        # Before the caller's own hooks, also after a redirect: those see the second answer.
        request.hooks["response"].insert(0, ReplayOn401(self, token))
        return request


class ReplayOn401:
    """The response hook of a request that bears a token: sends it once more after a 401.

    A 401 was not processed, so any method may be repeated, with the whole body or not at all.
    It is sent a third time when the second token was not fresh, but lay in a store.
    """

    def __init__(self, auth: TokenAuth, token: Token, *, tries: int = 2) -> None:
        self.auth = auth
        self.token = token
        self.tries = tries

    def __call__(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        request = response.request
        if response.status_code != 401 or not self.was_sent_with(request):
            return response
        source = self.auth.session.token_source
        can_be_sent_again = rewind_body(request)
        try:
            token = source.replace(self.token, total_timeout(kwargs.get("timeout")))
        except TokenError:
            if can_be_sent_again:
                response.close()  # or its connection is lost to the pool
                raise
            token = None
        if token is None or not can_be_sent_again:
            return response
        again = request.copy()
        again.headers["Authorization"] = token.header
        # Its own hook, for whoever sends ``response.request`` once more.
        hooks = [ReplayOn401(self.auth, token) if hook is self else hook for hook in _hooks(again)]
        again.hooks = {**again.hooks, "response": hooks}
        answer = self._send(again, response, **kwargs)
        if answer.status_code == 401 and not source.mark_rejected(token) and self.tries > 1:
            return ReplayOn401(self.auth, token, tries=self.tries - 1)(answer, **kwargs)
        return answer

    def was_sent_with(self, request: requests.PreparedRequest) -> bool:
        """Say whether this token is on the request: a redirect copies hooks, not always headers."""
        return request.headers.get(
            "Authorization"
        ) == self.token.header and self.auth.session.is_token_origin(request.url or "")

    def _send(
        self, again: requests.PreparedRequest, refused: requests.Response, **kwargs: Any
    ) -> requests.Response:
        with contextlib.suppress(requests.RequestException):
            _ = refused.content  # drained and closed, or its connection is lost to the pool
        refused.close()
        cookies = again._cookies  # type: ignore[attr-defined]  # as requests' own digest auth does
        extract_cookies_to_jar(cookies, refused.request, refused.raw)
        again.prepare_cookies(cookies)
        started = time.perf_counter()
        answer = refused.connection.send(again, **kwargs)
        answer.elapsed = refused.elapsed + timedelta(seconds=time.perf_counter() - started)
        answer.history = [*refused.history, refused]
        answer.request = again
        return answer

    @classmethod
    def take(cls, request: requests.PreparedRequest) -> ReplayOn401 | None:
        """Take the token off a request that a redirect has copied; give the hook it came with."""
        ours = [hook for hook in _hooks(request) if isinstance(hook, cls)]
        rest = [hook for hook in _hooks(request) if not isinstance(hook, cls)]
        request.hooks = {**(request.hooks or {}), "response": rest}  # copies share the mapping
        for hook in ours:
            if request.headers.get("Authorization") == hook.token.header:
                del request.headers["Authorization"]
                return hook
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        # A response is pickled with its request and its hooks: the session, and with it the
        # secret, stays here.
        return _no_replay, ()


def _hooks(request: requests.PreparedRequest) -> list[Any]:
    hooks = (request.hooks or {}).get("response") or []
    return [hooks] if callable(hooks) else list(hooks)


def _no_replay() -> Any:
    return _pass_on


def _pass_on(response: requests.Response, **kwargs: Any) -> requests.Response:
    return response
