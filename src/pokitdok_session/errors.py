"""The errors a caller can meet, and what each one means.

::

    requests.RequestException
    ├── TokenError                 no usable token: the request was not processed;
    │                              an oauthlib OAuth2Error as well
    ├── InsecureTransport          plain http to where only https is spoken; an oauthlib
    │                              InsecureTransportError as well
    ├── requests.Timeout
    │   └── ActivityPending        `wait_for_activity` came to the end of its patience
    └── requests.HTTPError
        └── APIError               the API answered with an error
            ├── Unauthorized       401  a fresh token was refused too
            ├── PaymentRequired    402  no credits left
            ├── RateLimited        403, 429  too many calls: wait ``retry_after`` seconds
            ├── Forbidden          403  a scope is missing, an identity is locked
            ├── NotFound           404
            ├── ValidationError    400, 422  ``errors`` says which fields and why
            ├── TradingPartnerError  the payer refused the transaction, or is unknown
            └── ServerError        5xx  the outcome of a POST is unknown

Texts name the status, the activity and the fields, never what was sent.
"""

from __future__ import annotations

from typing import Any

import requests
from oauthlib.oauth2 import InsecureTransportError, OAuth2Error


class TokenError(requests.RequestException, OAuth2Error):
    """The token endpoint did not give a usable token; the request was not processed.

    ``error`` is the code of RFC 6749 section 5.2 (``"invalid_client"``) and ``description``
    the server's own words, where the endpoint sent them; ``status_code`` is its HTTP status,
    None when no answer came. For ``retry_after`` seconds the endpoint is not asked again.
    """

    # What OAuth2Error takes from a request of oauthlib's, which there is none of here.
    client_id = redirect_uri = scopes = response_type = grant_type = None

    def __init__(
        self,
        message: str = "no usable token",
        *,
        error: str | None = None,
        description: str = "",
        status_code: int | None = None,
        retry_after: float = 0.0,
    ) -> None:
        # Not OAuth2Error's own __init__: it writes the description into the text.
        requests.RequestException.__init__(self, message)
        self.error = error
        self.description = description
        self.status_code = status_code  # type: ignore[assignment]  # None: no answer came
        self.retry_after = retry_after
        self.uri = None
        self.state = None
        self.response_mode = None


class InsecureTransport(requests.RequestException, InsecureTransportError):
    """A token, a secret or a path of the API was about to go over plain http."""

    def __init__(self, message: str = "https is required") -> None:
        requests.RequestException.__init__(self, message)


class ActivityPending(requests.Timeout):
    """An activity had reached no end state in time; ``activity`` is what it was last."""

    def __init__(
        self,
        message: str = "the activity has reached no end state",
        *,
        response: requests.Response | None = None,
        activity: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, response=response)
        self.activity = activity or {}


class APIError(requests.HTTPError):
    """The API answered with an error.

    ``response`` is the whole answer and ``activity_id`` the activity that PokitDok's support
    asks for, None where the body named none. ``errors`` is the body's ``data.errors`` object,
    empty where there was none.
    """

    def __init__(
        self,
        message: str = "the API answered with an error",
        *,
        response: requests.Response | None = None,
        activity_id: str | None = None,
        errors: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, response=response)
        self.activity_id = activity_id
        self.errors = errors or {}


class Unauthorized(APIError):
    """401: the API refused the token, and the one that replaced it."""


class PaymentRequired(APIError):
    """402: the application has no credits left."""


class RateLimited(APIError):
    """403 "Rate Limited", or 429: the call was not processed.

    ``retry_after`` is the number of seconds until the window ends, 60 where nobody said.
    """

    retry_after: float = 60.0


class Forbidden(APIError):
    """403 for another reason than the rate: a scope is missing, or an identity is locked."""


class NotFound(APIError):
    """404: no such path, or no such thing."""


class ValidationError(APIError):
    """400 or 422: the request was refused before it went to anyone.

    ``errors`` maps the path of a field (``"birth_date.month"``) to a list of messages.
    """


class TradingPartnerError(APIError):
    """The trading partner answered with an X12 999 or TA1, or is not known.

    ``errors["parsing"]`` holds the acknowledgement, ``errors["query"]`` the sentence about an
    unknown trading partner.
    """


class ServerError(APIError):
    """5xx: whether the request was processed is not known."""
