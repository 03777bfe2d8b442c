"""The errors that only the PokitDok API has."""

from __future__ import annotations

from typing import Any

import requests


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
