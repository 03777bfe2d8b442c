"""A pytest plugin that replaces ``requests.Session`` by ours, with a token of another origin."""

from collections.abc import Callable
from typing import Any

import requests
from ours import Ours
from requests.adapters import HTTPAdapter

TOKEN = "a-token-of-another-origin"
ORIGIN = "https://api.invalid"


class Session(Ours):
    """Our session without arguments, so that it is built, subclassed and pickled like theirs."""

    def __init__(self) -> None:
        token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
        super().__init__("id", "secret", f"{ORIGIN}/token", base_url=ORIGIN, token=token)


def without_token(send: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """Return an adapter's ``send`` that fails if a request has our token or goes to its origin."""

    def checked(
        adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        assert TOKEN not in str(request.headers), "the token was sent to another origin"
        assert not str(request.url).startswith(ORIGIN), "no test needs a token"
        return send(adapter, request, *args, **kwargs)

    return checked


requests.Session = requests.sessions.Session = Session  # requests.api and requests.session follow
HTTPAdapter.send = without_token(HTTPAdapter.send)
