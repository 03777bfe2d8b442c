"""Put our session, with a token for an unrelated origin, in the place of ``requests.Session``."""

from collections.abc import Callable
from typing import Any

import requests
from ours import Ours
from requests.adapters import HTTPAdapter

TOKEN = "a-token-of-another-origin"
ORIGIN = "https://api.invalid"


class Session(Ours):
    """Our session without arguments, so that it is built, subclassed and pickled as theirs."""

    def __init__(self) -> None:
        token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
        super().__init__("id", "secret", f"{ORIGIN}/token", base_url=ORIGIN, token=token)


def without_token(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Fail the test whose request carries our token, or goes to its origin: none should."""

    def checked(
        adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        assert TOKEN not in str(request.headers), "the token left for another origin"
        assert not str(request.url).startswith(ORIGIN), "nothing here should need a token"
        return send(adapter, request, *args, **kwargs)

    return checked


requests.Session = requests.sessions.Session = Session  # requests.api and requests.session follow
HTTPAdapter.send = without_token(HTTPAdapter.send)
