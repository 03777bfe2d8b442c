"""What the API's error responses become: one exception class per kind of status."""

from __future__ import annotations

from typing import Any

import requests


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


class ServerError(APIError):
    """5xx: whether the request was processed is not known."""


class TradingPartnerError(APIError):
    """The trading partner answered with an X12 999 or TA1, or is not known.

    ``errors["parsing"]`` holds the acknowledgement, ``errors["query"]`` the sentence about an
    unknown trading partner.
    """
