"""The errors that only the PokitDok API has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from ..api.errors import APIError


class TradingPartnerError(APIError):
    """The trading partner answered with an X12 999 or TA1, or PokitDok does not know it.

    ``errors["parsing"]`` holds the acknowledgement, ``errors["query"]`` the sentence about an
    unknown trading partner.
    """


class ActivityPending(requests.Timeout):
    """An activity did not reach an end state in time; ``activity`` is what it was last."""

    def __init__(
        self,
        message: str = "the activity has not reached an end state",
        *,
        response: requests.Response | None = None,
        activity: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, response=response)
        self.activity: Mapping[str, Any] = activity or {}
