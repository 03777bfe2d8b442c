"""Token revocation (RFC 7009): how it is sent, and what the response says."""

from __future__ import annotations

from ..transport.redaction import without_query
from .errors import TokenError, is_transient_status
from .token_endpoint import Send, get_response
from .token_request import TokenRequest
from .token_response import error_code, read_body, refuses_the_client

_UNCONFIRMED = "the provider did not confirm that the token is revoked"


def send_revocation(request: TokenRequest, send: Send) -> None:
    """Send the request; raise `TokenError` unless the provider confirms that it was successful.

    The response to an unknown token is 200 as well (RFC 7009 section 2.2).
    """
    response = get_response(send, request.to_requests(), request.transport, _UNCONFIRMED)
    if response.status_code < 300:
        return
    is_transient = is_transient_status(response.status_code)
    code = error_code(read_body(response))
    advice = "try again later" if is_transient else "check revocation_url"
    if refuses_the_client(response.status_code, code):
        advice = request.client_auth.refusal_advice(response)
    elif code == "unsupported_token_type":
        advice = "this provider does not revoke access tokens"
    raise TokenError(
        f"{_UNCONFIRMED if is_transient else 'the token was not revoked'}: "
        f"{without_query(request.url)} returned {response.status_code}: {advice}",
        error=code,
        status_code=response.status_code,
    )
