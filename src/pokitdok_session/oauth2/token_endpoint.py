"""The token endpoint: how a token request is sent, and how often."""

from __future__ import annotations

import math
import random
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import requests

from ..transport import redaction
from ..transport.tls import TLSFileError, certificate_advice
from .client_auth.methods import ClientAuth, ClientSecretBasic
from .errors import InsecureTransport, TokenError, is_transient_status
from .token import Token
from .token_request import TokenRequest, TransportOptions
from .token_response import (
    error_from_rejected_response,
    parse_token_response,
    refuses_the_client,
)

#: Attempts after which a renewal has failed.
ATTEMPTS = 3

#: Seconds that all attempts and the waits between them may take together.
MAX_TOTAL_TIME = 60.0

#: Seconds before credentials that were accepted before, and are refused now, are sent once more.
LATE_REFUSAL_PAUSE = 1.0


#: Sends a token request through a session, but without its headers and cookies.
Send: TypeAlias = Callable[[requests.Request, TransportOptions], requests.Response]


class TokenEndpoint:
    """The token endpoint of one session: sends token requests, and keeps what the last ones taught.

    ``_granted`` is the request that got the last token. ``_not_decoding`` is the authentication
    that only worked without its encoding (RFC 6749 section 2.3.1).
    """

    def __init__(self) -> None:
        self._granted: TokenRequest | None = None
        self._not_decoding: ClientAuth | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the last request here: it may hold an auth object that cannot be pickled."""
        return {"_granted": None, "_not_decoding": self._not_decoding}

    def fetch(
        self,
        request: TokenRequest,
        send: Send,
        *,
        clock: Callable[[], float] = time.monotonic,
        deadline: float = math.inf,
    ) -> Token:
        """Send the token request with retries; raise `TokenError` if no token comes.

        ``clock`` is the clock that the lifetime of the token is measured by. No attempt begins
        after ``deadline``, in monotonic seconds.
        """
        attempts = _Attempts(send, clock, deadline)
        request = self.adapt(request)
        try:
            token = attempts.run(request)
        except TokenError as error:
            again = self._second_request(request, error, attempts)
            if again is None:
                raise
            try:
                token = attempts.run(again)
            except TokenError:
                raise error from error.__cause__
            if again is not request:
                self._not_decoding = request.client_auth
            request = again
        self._granted = request
        return token

    def adapt(self, request: TokenRequest) -> TokenRequest:
        """Return the request with the credentials in the form that the provider understands."""
        if request.client_auth != self._not_decoding:
            return request
        return _without_encoding(request) or request

    def _second_request(
        self, request: TokenRequest, error: TokenError, attempts: _Attempts
    ) -> TokenRequest | None:
        """Return what to send after a refusal that may be wrong, None if it is final."""
        if request == self._granted and error.status_code in (400, 401):
            # Some endpoints refuse good credentials once in a while.
            return request if attempts.wait(LATE_REFUSAL_PAUSE) else None
        is_refused = refuses_the_client(error.status_code, error.error)
        return _without_encoding(request) if is_refused else None


class _Attempts:
    """The attempts of one `TokenEndpoint.fetch`, and the time that is left for them."""

    def __init__(self, send: Send, clock: Callable[[], float], deadline: float) -> None:
        self._send = send
        self._clock = clock
        self._deadline = min(deadline, time.monotonic() + MAX_TOTAL_TIME)

    def run(self, request: TokenRequest) -> Token:
        """Send a request up to `ATTEMPTS` times, as long as it may succeed a moment later."""
        attempt = 1
        while True:
            try:
                return self._attempt(request)
            except TokenError as error:
                wait = error.retry_after or random.uniform(0.2, 0.3) * 2**attempt
                if attempt == ATTEMPTS or not _is_transient(error) or not self.wait(wait):
                    raise
            attempt += 1

    def wait(self, seconds: float) -> bool:
        """Wait before the next attempt; return False, at once, if the time does not suffice."""
        if time.monotonic() + seconds > self._deadline:
            return False
        time.sleep(seconds)
        return True

    def _attempt(self, request: TokenRequest) -> Token:
        requested_at = self._clock()
        try:
            response = self._send(request.to_requests(), request.transport)
            for hook in request.response_hooks:
                response = hook(response)
        except (InsecureTransport, TokenError):
            raise
        except requests.RequestException as error:
            if error.response is None:
                raise _connection_error(error, request.url, request.transport) from error
            # The compliance hook of a caller calls raise_for_status(), for example.
            raise error_from_rejected_response(error.response, request) from error
        return parse_token_response(response, request, requested_at=requested_at, now=self._clock())


def get_response(
    send: Send, request: requests.Request, options: TransportOptions, consequence: str
) -> requests.Response:
    """Send a request to the provider; raise `TokenError` if no response comes.

    ``consequence`` says in its text what did not happen.
    """
    try:
        return send(request, options)
    except InsecureTransport:
        raise
    except requests.RequestException as error:
        raise _connection_error(error, request.url, options, consequence) from error


def _connection_error(
    error: requests.RequestException,
    url: str,
    options: TransportOptions,
    consequence: str = "the API request was not processed",
) -> TokenError:
    shown = redaction.without_query(url)
    if isinstance(error, TLSFileError):
        setting = "session.verify or REQUESTS_CA_BUNDLE"
        if error.setting == "cert":
            setting = "session.cert" if options.cert is None else "token_cert"
        return TokenError(
            f"nothing was sent to {shown} ({error}; the setting is {setting}): {consequence}"
        )
    reason = type(error).__name__
    roots = [part for part in redaction.iter_causes(error) if isinstance(part, OSError)][1:]
    if roots:  # the last is the deepest: refused, reset, unknown host, a certificate
        reason += f" from {type(roots[-1]).__name__}"
        if isinstance(roots[-1], socket.gaierror):
            reason += "; the host name was not found"
    if isinstance(error, requests.exceptions.SSLError):
        reason += f"; {_tls_problem(error)}"
    elif isinstance(error, requests.exceptions.ProxyError):
        reason += "; session.proxies or HTTPS_PROXY names the proxy"
    elif isinstance(error, requests.Timeout):
        reason += "; token_timeout sets how long to wait"
    return TokenError(f"no response from {shown} ({reason}): {consequence}")


def _tls_problem(error: requests.exceptions.SSLError) -> str:
    """Return why there is no TLS connection, and the setting that decides about it."""
    problem = "no TLS connection was made"
    for part in redaction.iter_causes(error):
        if isinstance(part, ssl.SSLCertVerificationError):
            # `Transport` has explained it; another adapter may have a bundle of its own.
            return str(error) if part is error.__cause__ else certificate_advice(part, "unknown")
        if isinstance(part, ssl.SSLError) and (reason := getattr(part, "reason", None)):
            problem = f"no TLS connection was made, OpenSSL says {reason}"
    return problem


def _without_encoding(request: TokenRequest) -> TokenRequest | None:
    """Return the request with the credentials as they are, None if that makes no difference."""
    if request.auth is not None or not isinstance(request.client_auth, ClientSecretBasic):
        return None
    plain = request.client_auth.unencoded()
    return None if plain is None else request._replace(client_auth=plain)


def _is_transient(failure: TokenError) -> bool:
    """Return True if the same token request may succeed a moment later."""
    if failure.status_code is not None:
        return is_transient_status(failure.status_code)
    cause = failure.__cause__
    return isinstance(
        cause, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    ) and not isinstance(cause, requests.exceptions.SSLError)
