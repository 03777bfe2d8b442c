"""Token revocation (RFC 7009): how it is sent, and what the response says."""

from __future__ import annotations

from ..transport.redaction import without_query
from .errors import TokenError
from .token_endpoint import Send, get_response
from .token_request import TokenRequest
from .token_response import is_transient_status, read_body, refuses_the_client


def send_revocation(request: TokenRequest, send: Send) -> None:
    """Send the request; raise `TokenError` if the token is still valid.

    The response to an unknown token is 200 as well (RFC 7009 section 2.2).
    """
    response = get_response(
        send, request.to_requests(), request.transport, "the token was not revoked"
    )
    if response.status_code < 300:
        return
    code = read_body(response).get("error")
    advice = "check revocation_url"
    if refuses_the_client(response.status_code, code):
        advice = request.client_auth.refusal_advice(response)
    elif code == "unsupported_token_type":
        advice = "this provider does not revoke access tokens"
    elif is_transient_status(response.status_code):
        advice = "try again later"
    raise TokenError(
        f"the token was not revoked: {without_query(request.url)} returned "
        f"{response.status_code}: {advice}",
        error=code if isinstance(code, str) else None,
        status_code=response.status_code,
    )
