"""Token revocation (RFC 7009): the request, and what its response says."""

from __future__ import annotations

import requests

from .client_auth import ClientAuth
from .errors import TokenError
from .origins import without_query
from .token_request import TokenRequest, TransportOptions
from .token_response import read_body


def revocation_request(
    url: str, token: str, *, client_auth: ClientAuth, token_url: str, transport: TransportOptions
) -> TokenRequest:
    """Build the request that revokes an access token."""
    return TokenRequest(
        url=url,
        form={"token": token, "token_type_hint": "access_token"},
        client_auth=client_auth,
        audience=token_url,
        transport=transport,
    )


def check_revocation(response: requests.Response, request: TokenRequest) -> None:
    """Raise `TokenError` if the token is still valid.

    The response to an unknown token is 200 as well (RFC 7009 section 2.2).
    """
    if response.status_code < 300:
        return
    code = read_body(response).get("error")
    advice = ""
    if response.status_code == 401 or code == "invalid_client":
        advice = f": {request.client_auth.refusal_advice(response)}"
    raise TokenError(
        f"the token was not revoked: {without_query(request.url)} returned "
        f"{response.status_code}{advice}",
        error=code if isinstance(code, str) else None,
        status_code=response.status_code,
    )
