"""A pytest plugin that replaces each ``BackendApplicationClient`` session by ours."""

from typing import Any

import oauthlib_plain
from ours import Ours

# The suite requests resources from these.
ORIGINS = ("https://i.b", "https://slack.com", "https://api.instagram.com")


class Session(oauthlib_plain.SuiteSession, Ours):
    """Our session; parameters of other grants are ignored."""

    def __init__(
        self, client_id: str, *, token: Any = None, token_updater: Any = None, **other_grants: Any
    ) -> None:
        super().__init__(
            client_id,
            "someclientsecret",
            "https://example.com/token",
            origins=ORIGINS,
            token=token,
            token_updater=token_updater,
        )


oauthlib_plain.session_class = Session
