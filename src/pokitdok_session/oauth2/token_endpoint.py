"""The token endpoint: what is asked of it, how often, and how its answer is judged."""

from __future__ import annotations

import json
import random
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode

import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests import Session  # this one, should somebody put another in its place
from requests.auth import HTTPBasicAuth

from ..transport import redaction
from ..transport.adapter import Transport
from ..transport.retries import NO_RETRIES, parse_retry_after
from .errors import InsecureTransport, TokenError
from .origins import check_no_proxy, trusted_origin, without_query
from .token import Token

#: Times that the endpoint is asked before a renewal has failed.
ATTEMPTS = 3

#: Seconds that the attempts and the waits between them may take together.
LONGEST = 60.0

#: Seconds during which a final refusal, such as a wrong secret, is not asked for again.
REFUSAL_COOLDOWN = 30.0

_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "application/x-www-form-urlencoded",
}

# What RFC 6749 section 5.2 allows in an error code, and how those that it names look: a text
# repeats nothing else.
_ERROR_CODE = r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}"
_NAMED_CODE = r"[a-z_]{1,40}"


class TokenRequest:
    """One request to the token endpoint. ``options`` are `requests.Session.request`'s own."""

    def __init__(
        self, url: str, form: dict[str, Any], auth: Any, options: Mapping[str, Any]
    ) -> None:
        self.url = url
        self.form = form
        self.auth = auth
        self.options = dict(options)
        self.method = "POST"
        self.in_query = False
        self.headers: Mapping[str, str] = _HEADERS

    @classmethod
    def compose(
        cls,
        client: BackendApplicationClient,
        url: str,
        *,
        client_secret: str,
        include_client_id: bool,
        scope: Any,
        fields: Mapping[str, Any],
        options: Mapping[str, Any],
        body: str = "",
    ) -> TokenRequest:
        """Ask for the client-credentials grant (RFC 6749 section 4.4.2).

        The credentials go into the header, or with ``include_client_id`` into the form; a list
        among ``fields`` becomes a field for each of its items.
        """
        fields = {name: value for name, value in fields.items() if value is not None}
        fields.pop("client_id", None)
        scope = fields.pop("scope", scope)
        if include_client_id:
            fields["client_secret"] = client_secret
            auth: Any = no_auth
        else:
            # Form-encoded before they are joined: RFC 6749 section 2.3.1.
            auth = HTTPBasicAuth(quote_plus(client.client_id), quote_plus(client_secret))
        form = client.prepare_request_body(
            body=body, scope=scope, include_client_id=include_client_id
        )
        # A name stands once (RFC 6749 section 3.2), unless it is given as a list.
        values = parse_qs(form, keep_blank_values=True)
        values |= parse_qs(urlencode(fields, doseq=True), keep_blank_values=True)
        once = {name: value if len(value) > 1 else value[0] for name, value in values.items()}
        return cls(url, once, auth, options)

    def token(
        self,
        session: requests.Session,
        hooks: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> Token:
        """Ask until there is a token, or no sense in asking; raise `TokenError` then.

        Of ``session`` nothing is used but the way: adapters, proxies, certificates. ``hooks`` are
        requests-oauthlib's compliance hooks, ``clock`` is what the token's life is counted by.
        """
        carrier = _session_for_token_request(session)
        give_up = time.monotonic() + LONGEST
        attempt = 0
        while True:
            attempt += 1
            asked = clock()
            try:
                response = self._send(carrier, hooks)
                return _parse_token_response(response, self.url, asked=asked, now=clock())
            except InsecureTransport:
                raise
            except TokenError as error:
                failure = error
            except requests.RequestException as error:
                failure = self._error_from_exception(error)
                failure.__cause__ = error
            wait = failure.retry_after or random.uniform(0.2, 0.3) * 2**attempt
            too_late = attempt == ATTEMPTS or time.monotonic() + wait > give_up
            if too_late or not _is_transient(failure):
                raise failure
            time.sleep(wait)

    def _send(self, carrier: requests.Session, hooks: Mapping[str, Any]) -> requests.Response:
        place = "params" if self.in_query or self.method == "GET" else "data"
        url, headers = self.url, dict(self.headers)
        content: dict[str, Any] = {place: dict(self.form)}
        for hook in hooks["access_token_request"]:
            url, headers, content = hook(url, headers, content)
        trusted_origin(url)
        response = carrier.request(
            self.method,
            url,
            headers=headers,
            auth=self.auth,
            allow_redirects=False,  # a 307 would post the secret to another place
            **content,
            **self.options,
        )
        for hook in hooks["access_token_response"]:
            response = hook(response)
        return response

    def _error_from_exception(self, error: requests.RequestException) -> TokenError:
        why = type(error).__name__
        roots = [part for part in redaction.iter_causes(error) if isinstance(part, OSError)][1:]
        if roots:  # the last is the deepest: refused, reset, no such host, a certificate
            why += f" from {type(roots[-1]).__name__}"
        if isinstance(error, requests.exceptions.SSLError):
            why += "; certificates are verified by session.verify or REQUESTS_CA_BUNDLE"
        return TokenError(
            f"no answer from {without_query(self.url)} ({why}): the request was not processed"
        )


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Be an auth that adds nothing, and keeps requests from looking in a ``~/.netrc``."""
    return request


class _TokenEndpointSession(Session):
    """Nothing but the way to the token endpoint, and silent on it: a query may hold the secret."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        check_no_proxy(request.url or "", kwargs.get("proxies"))
        with redaction.redact_logs(request):
            try:
                return super().send(request, **kwargs)
            except requests.RequestException as fault:
                redaction.redact_exception(fault, request)
                raise


def _session_for_token_request(session: requests.Session) -> requests.Session:
    carrier = _TokenEndpointSession()
    # How often to ask is decided here, and not for each of the times by the adapter once more.
    carrier.adapters = OrderedDict(
        (prefix, adapter.but(max_retries=NO_RETRIES) if isinstance(adapter, Transport) else adapter)
        for prefix, adapter in session.adapters.items()
    )
    carrier.proxies = session.proxies
    carrier.verify = session.verify
    carrier.cert = session.cert
    carrier.trust_env = session.trust_env
    return carrier


def _is_transient(failure: TokenError) -> bool:
    """Whether the same question may be answered a moment later."""
    if failure.status_code is not None:
        return failure.status_code in (408, 429) or failure.status_code >= 500
    fault = failure.__cause__
    return isinstance(
        fault, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    ) and not isinstance(fault, requests.exceptions.SSLError)


def _parse_token_response(
    response: requests.Response, url: str, *, asked: float, now: float
) -> Token:
    status = response.status_code
    said = f"{without_query(url)} answered {status}"
    answer = _json_object(response)
    code = answer.get("error") if answer else None
    if status >= 400 or (status < 300 and code is not None):
        raise _error_from_response(response, said, answer or {})
    if status >= 300:
        raise TokenError(
            f"{said}, a redirect, which is not followed: set token_url to where it leads",
            status_code=status,
            retry_after=REFUSAL_COOLDOWN,
        )
    if answer is None:
        raise TokenError(
            f"{said} with {len(response.content)} bytes that are no JSON object",
            status_code=status,
        )
    try:
        return Token.from_response(answer, asked=asked, now=now)
    except ValueError as reason:
        raise TokenError(
            f"{said} with a token that cannot be used: {reason}", status_code=status
        ) from None


def _error_from_response(
    response: requests.Response, said: str, answer: dict[str, Any]
) -> TokenError:
    status = response.status_code
    code, description = answer.get("error"), answer.get("error_description")
    if not isinstance(description, str):
        description = ""
    if not isinstance(code, str) or not re.fullmatch(_ERROR_CODE, code):
        code = None
    elif re.fullmatch(_NAMED_CODE, code):
        said += f" ({code})"
    if status < 500 and status not in (408, 429):
        wait = REFUSAL_COOLDOWN
        if code == "invalid_client" or status == 401:
            said += ": check client_id and client_secret"
        elif status in (404, 405):
            said += ": check token_url"
        elif description:
            said += ": its .description says why"
        said += f"; it is not asked again for {wait:.0f} s"
    else:
        wait = min(parse_retry_after(response.headers) or 0.0, LONGEST)
    return TokenError(
        said,
        error=code,
        description=description,
        status_code=status,
        retry_after=wait,
    )


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
