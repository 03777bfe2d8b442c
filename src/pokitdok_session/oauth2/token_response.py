"""The response to a token request: the token in it, or the `TokenError` it stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import requests

from ..transport.headers import parse_retry_after
from .errors import TokenError
from .origins import without_query
from .token import Token

#: Seconds during which a final refusal, such as a wrong secret, is not requested again.
REFUSAL_COOLDOWN = 30.0

#: The longest Retry-After of the token endpoint that is followed, in seconds.
MAX_RETRY_AFTER = 60.0

# What RFC 6749 section 5.2 allows in an error code, and what the registered codes look like. A
# text of ours repeats only the latter: a server may put anything into the former.
_ERROR_CODE = r"[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}"
_REGISTERED_CODE = r"[a-z_]{1,40}"


def parse_token_response(
    response: requests.Response, url: str, *, requested_at: float, now: float
) -> Token:
    """Return the token that the endpoint at ``url`` granted; raise `TokenError` if it did not."""
    status = response.status_code
    message = f"{without_query(url)} returned {status}"
    body = _json_object(response)
    if status >= 400 or (status < 300 and body and body.get("error") is not None):
        raise _error_response(response, message, body or {})
    if status >= 300:
        raise TokenError(
            f"{message}, a redirect, which is not followed because it would send the "
            "credentials elsewhere: token_url must be the URL it points to",
            status_code=status,
            retry_after=REFUSAL_COOLDOWN,
        )
    if body is None:
        raise TokenError(
            f"{message} with {len(response.content)} bytes that are not a token response: "
            f"check token_url{_no_new_request(REFUSAL_COOLDOWN)}",
            status_code=status,
            retry_after=REFUSAL_COOLDOWN,
        )
    try:
        return Token.from_response(body, requested_at=requested_at, now=now)
    except ValueError as reason:
        raise TokenError(
            f"{message} with a token that cannot be used: {reason}"
            f"{_no_new_request(REFUSAL_COOLDOWN)}",
            status_code=status,
            retry_after=REFUSAL_COOLDOWN,
        ) from None


def error_from_rejected_response(response: requests.Response, url: str) -> TokenError:
    """Return the error for a response that raised an exception, in a compliance hook for example.

    It is judged like any other. A granted token is not used, because the hook rejected it.
    """
    try:
        parse_token_response(response, url, requested_at=0.0, now=0.0)
    except TokenError as error:
        return error
    return TokenError(
        f"{without_query(url)} returned {response.status_code} with a token, but the hook "
        f"access_token_response rejected it{_no_new_request(REFUSAL_COOLDOWN)}",
        status_code=response.status_code,
        retry_after=REFUSAL_COOLDOWN,
    )


def is_transient_status(status: int) -> bool:
    """Return True if the same token request may succeed a moment later."""
    return status >= 500 or status in (408, 429)


def _error_response(
    response: requests.Response, message: str, body: Mapping[str, Any]
) -> TokenError:
    """Build the error of a refusal (RFC 6749 section 5.2)."""
    status = response.status_code
    code, description = _error_code(body), body.get("error_description")
    if not isinstance(description, str):
        description = ""
    if code and re.fullmatch(_REGISTERED_CODE, code):
        message += f" ({code})"
    if is_transient_status(status):
        retry_after = min(parse_retry_after(response.headers) or 0.0, MAX_RETRY_AFTER)
    else:
        retry_after = REFUSAL_COOLDOWN
        message += _advice(status, code, description)
        message += _no_new_request(retry_after)
    return TokenError(
        message,
        error=code,
        description=description,
        status_code=status,
        retry_after=retry_after,
    )


def _no_new_request(seconds: float) -> str:
    return f"; no new token request for {seconds:.0f} s"


def _advice(status: int, code: str | None, description: str) -> str:
    if code == "invalid_client" or status == 401:
        return ": check client_id and client_secret"
    if status in (404, 405):
        return ": check token_url"
    return ": the reason is in .description" if description else ""


def _error_code(body: Mapping[str, Any]) -> str | None:
    code = body.get("error")
    return code if isinstance(code, str) and re.fullmatch(_ERROR_CODE, code) else None


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
