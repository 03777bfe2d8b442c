"""The errors of the grant: no usable token, or plain http where only https is allowed."""

from __future__ import annotations

import requests
from oauthlib.oauth2 import InsecureTransportError, OAuth2Error


def is_transient_status(status: int) -> bool:
    """Return True if the same token request may succeed a moment later."""
    return status >= 500 or status in (408, 425, 429)


class TokenError(requests.RequestException, OAuth2Error):
    """The token endpoint did not grant a usable token, so the request was not sent.

    ``error`` is the code of RFC 6749 section 5.2 (``"invalid_client"``) and ``description`` the
    server's words, if the endpoint sent them. ``status_code`` is its HTTP status, None if no
    response came. For ``retry_after`` seconds no further token request is sent. ``is_permanent``
    is True if the next token request will fail for the same reason: the endpoint refuses the
    client, redirects, or grants no usable token, the provider's metadata must not be used, or a
    callable returns no usable token.
    ``processed`` is False; it is None if a request was answered by a redirect, and the next one
    had no token.
    """

    processed: bool | None = False

    # OAuth2Error takes these from a request of oauthlib, which does not exist here.
    client_id = redirect_uri = scopes = response_type = grant_type = None

    def __init__(
        self,
        message: str = "no usable token",
        *,
        error: str | None = None,
        description: str = "",
        status_code: int | None = None,
        retry_after: float = 0.0,
        is_permanent: bool = False,
    ) -> None:
        # Not OAuth2Error's own __init__: it writes the description into the text.
        requests.RequestException.__init__(self, message)
        self.error = error
        self.description = description
        self.status_code = status_code  # type: ignore[assignment]  # None: no response
        self.retry_after = retry_after
        is_refusal = status_code is not None and not is_transient_status(status_code)
        self.is_permanent = is_permanent or is_refusal
        self.uri = None
        self.state = None
        self.response_mode = None


class InsecureTransport(requests.RequestException, InsecureTransportError):
    """A token, a secret or a path of the API was about to go over plain http. Nothing was sent."""

    processed: bool | None = False

    def __init__(self, message: str = "https is required") -> None:
        requests.RequestException.__init__(self, message)


class InsecureHostWarning(UserWarning):
    """``insecure_hosts`` allows plain http: token, secret and data can be read on the way."""
