"""The errors that an API answers with: one exception class per kind of status."""

from __future__ import annotations

from typing import Any, ClassVar

import requests


class APIError(requests.HTTPError):
    """The API answered with an error.

    ``response`` is the HTTP response. ``activity_id`` is the API's own id of the call, None if
    the body named none. ``errors`` holds what the body said about the request, empty if nothing.
    ``processed`` is False if the API did not act on the request, None if that is not known.
    """

    processed: ClassVar[bool | None] = False

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
    """402: the account has no credits left."""


class RateLimited(APIError):
    """429, or what this API says instead: too many calls, and this one was not processed.

    ``retry_after`` is the number of seconds until calls are accepted again. ``is_assumed`` is
    True if the API did not say, and the number is a guess.
    """

    retry_after: float = 60.0
    is_assumed: bool = True


class Forbidden(APIError):
    """403: a scope or a right is missing."""


class NotFound(APIError):
    """404: no such path, or no such object."""


class ValidationError(APIError):
    """400 or 422: the API refused the request before it acted on it.

    ``errors`` maps the path of a field (``"birth_date.month"``) to a list of messages.
    """


class ServerError(APIError):
    """5xx: it is not known whether the request was processed."""

    processed = None


class UnreadableReply(APIError):
    """A status of success, with a body that is not what this API sends.

    It is not known whether the request was processed. A proxy or a login page may have answered.
    """

    processed = None
