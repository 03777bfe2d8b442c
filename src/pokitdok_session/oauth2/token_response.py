"""The response to a token request: the token in it, or the `TokenError` it stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urljoin

import requests

from ..transport.headers import parse_retry_after
from ..transport.redaction import without_query
from .errors import TokenError, is_transient_status
from .token import Token
from .token_request import TokenRequest

#: Seconds during which a final refusal, such as a wrong secret, is not requested again.
REFUSAL_COOLDOWN = 30.0

#: The longest Retry-After of the token endpoint that is followed, in seconds.
MAX_RETRY_AFTER = 3600.0

# What RFC 6749 section 5.2 allows in an error code, and what the registered codes look like. A
# text of ours repeats only the latter: a server may put anything into the former.
_ERROR_CODE = r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}"
_REGISTERED_CODE = r"[a-z_]{1,40}"

# What to check after an error code of RFC 6749 section 5.2 or RFC 8707 section 2.
_ADVICE = {
    "invalid_scope": "check scope=",
    "invalid_target": "check resource and audience in token_params",
    "unauthorized_client": "the provider must allow this client the client-credentials grant",
    "unsupported_grant_type": "check token_url: its endpoint has no client-credentials grant",
}

_TRANSIENT = {
    408: "the token request did not arrive in time",
    429: "too many token requests were sent",
}

# A body that may be form-encoded. HTML and other texts have a character of these.
_FORM_ENCODED = r"[^\s<>\"'{}]+"


def parse_token_response(
    response: requests.Response, request: TokenRequest, *, requested_at: float, now: float
) -> Token:
    """Return the token that the endpoint granted; raise `TokenError` if it did not."""
    body: Mapping[str, Any] = read_body(response)
    status = response.status_code
    if 300 <= status < 400:
        raise _refusal(
            response,
            request,
            f", a redirect to {_target_of(response, request)}, which is not followed because it "
            "would send the credentials elsewhere: token_url must be the endpoint itself",
        )
    # The caller's own reader knows better what a member "error" means.
    has_error = body.get("error") is not None and request.read_response is None
    if status >= 400 or has_error:
        raise _error_response(response, request, body)
    if request.read_response is not None:
        body = _read_by_caller(response, request)
    if not body:
        raise _refusal(
            response,
            request,
            f" with {len(response.content)} bytes that are not a token response: check token_url",
        )
    try:
        return Token.from_response(body, requested_at=requested_at, now=now)
    except ValueError as error:
        reason = f" with a token that cannot be used: {error}"
        if "access_token" not in body and request.read_response is None:
            reason += "; token_response= can read another form"
        raise _refusal(response, request, reason) from None


def _target_of(response: requests.Response, request: TokenRequest) -> str:
    try:
        return without_query(urljoin(request.url, response.headers.get("Location", "")))
    except ValueError:
        return "an invalid URL"


def error_from_rejected_response(response: requests.Response, request: TokenRequest) -> TokenError:
    """Return the error for a response that raised an exception, in a compliance hook for example.

    It is judged like any other. A granted token is not used, because the hook rejected it.
    """
    try:
        parse_token_response(response, request, requested_at=0.0, now=0.0)
    except TokenError as error:
        return error
    return _refusal(
        response, request, " with a token, but the hook access_token_response rejected it"
    )


def refuses_the_client(status: int | None, code: str | None) -> bool:
    """Return True if the endpoint did not accept the client's authentication.

    RFC 6749 section 5.2 has 401 and ``invalid_client``; some servers say 403 without a code.
    """
    return code == "invalid_client" or status == 401 or (status == 403 and code is None)


def read_body(response: requests.Response) -> dict[str, Any]:
    """Return the parameters in a response, empty if there are none.

    They are a JSON object, in UTF-8 or the declared charset, or form-encoded. requests-oauthlib
    reads these too.
    """
    content = response.content
    for text in (content, _decode(content, response.encoding)):
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            continue
        return body if isinstance(body, dict) else {}
    text = _decode(content, response.encoding or "utf-8").strip()
    pairs = dict(parse_qsl(text)) if re.fullmatch(_FORM_ENCODED, text) else {}
    return pairs if {"access_token", "error"} & pairs.keys() else {}


def error_code(body: Mapping[str, Any]) -> str | None:
    """Return the error code in a response, None if it is not one of RFC 6749 section 5.2."""
    code = body.get("error")
    return code if isinstance(code, str) and re.fullmatch(_ERROR_CODE, code) else None


def _decode(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", "replace")
    except (LookupError, UnicodeError):  # an unknown charset, or one that cannot be read
        return ""


def _read_by_caller(response: requests.Response, request: TokenRequest) -> Mapping[str, Any]:
    assert request.read_response is not None
    try:
        body = request.read_response(response)
    except TokenError:
        raise
    except Exception as error:
        reason = f", but token_response raised {type(error).__name__}; __cause__ has its text"
        raise _refusal(response, request, reason) from error
    if not isinstance(body, Mapping):
        raise _refusal(
            response,
            request,
            f", but token_response must return a dict with access_token, got {type(body).__name__}",
        )
    return body


def _refusal(response: requests.Response, request: TokenRequest, reason: str) -> TokenError:
    """Build the error of a response that will be the same a moment later."""
    return TokenError(
        f"{without_query(request.url)} returned {response.status_code}{reason}"
        f"{_no_new_request(REFUSAL_COOLDOWN)}",
        status_code=response.status_code,
        retry_after=REFUSAL_COOLDOWN,
    )


def _error_response(
    response: requests.Response, request: TokenRequest, body: Mapping[str, Any]
) -> TokenError:
    """Build the error of an error response (RFC 6749 section 5.2)."""
    status = response.status_code
    message = f"{without_query(request.url)} returned {status}"
    code, description = error_code(body), body.get("error_description")
    if not isinstance(description, str):
        description = ""
    if code and re.fullmatch(_REGISTERED_CODE, code):
        message += f" ({code})"
    retry_after = min(parse_retry_after(response.headers) or 0.0, MAX_RETRY_AFTER)
    if is_transient_status(status):
        message += _transient_advice(status, retry_after)
    else:
        retry_after = max(retry_after, REFUSAL_COOLDOWN)
        message += f": {_advice(response, request, code)}"
        if description:
            message += "; the reason is in .description"
        message += _no_new_request(retry_after)
    return TokenError(
        message,
        error=code,
        description=description,
        status_code=status,
        retry_after=retry_after,
    )


def _transient_advice(status: int, seconds: float) -> str:
    problem = _TRANSIENT.get(status, "the token endpoint has a problem of its own")
    message = f": {problem}, and the API request was not processed"
    if seconds >= REFUSAL_COOLDOWN:
        return message + _no_new_request(seconds)
    return f"{message}; try again {f'after {seconds:.0f} s' if seconds >= 1 else 'later'}"


def _advice(response: requests.Response, request: TokenRequest, code: str | None) -> str:
    if refuses_the_client(response.status_code, code):
        return request.client_auth.refusal_advice(response)
    if response.status_code in (404, 405):
        return "check token_url"
    return _ADVICE.get(code or "", "check token_url, scope= and token_params")


def _no_new_request(seconds: float) -> str:
    return f"; no new token request for {seconds:.0f} s"
