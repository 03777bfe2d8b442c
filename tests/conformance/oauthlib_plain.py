"""For both runs of requests-oauthlib's suite: each session of no other grant is a backend's.

The suite builds most sessions without a client, which makes them ``WebApplicationClient`` ones.
What still passes once they are ``BackendApplicationClient`` ones is what it says of such a session.
"""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
import requests_oauthlib
from oauthlib.oauth2 import BackendApplicationClient
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth2Session

Send = Callable[..., Any]


class Answers(HTTPAdapter):
    """A function that a test put in the place of ``send``, as an adapter."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self.answer = send

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        text = self.answer(request, **kwargs).text
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.request = request
        response.raw = BytesIO(text.encode() if isinstance(text, str) else b"")
        return response


class Tested:
    """What the suite does to a session, said so that any session understands it."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Ours sends its token requests by a session of their own, with the same adapters.
        if name == "send":
            self.mount("https://", Answers(value))
        else:
            super().__setattr__(name, value)

    def fetch_token(self, *args: Any, authorization_response: Any = None, **kwargs: Any) -> Any:
        """Ask for a token; the answer of a browser is no part of this grant."""
        return super().fetch_token(*args, **kwargs)


class Plain(Tested, OAuth2Session):
    """The session of requests-oauthlib."""

    def __init__(self, client_id: str, **kwargs: Any) -> None:
        super().__init__(client=BackendApplicationClient(client_id), **kwargs)


session_class: Callable[..., Any] = Plain


def session(client_id: str = "someclientid", client: Any = None, **kwargs: Any) -> Any:
    """Build what the suite means by ``OAuth2Session(...)``."""
    if client is not None and not isinstance(client, BackendApplicationClient):
        return OAuth2Session(client=client, **kwargs)
    built = session_class(client.client_id if client else client_id, **kwargs)
    built.send = unanswered
    return built


def unanswered(request: requests.PreparedRequest, **kwargs: Any) -> Any:
    """Stand for the network, where a test has put nothing in its place."""
    raise requests.ConnectionError("the suite reaches no server", request=request)


def pytest_configure() -> None:
    """Put it in the place of the class, once all that derives from the class is defined."""
    requests_oauthlib.OAuth2Session = session


@pytest.fixture(autouse=True)
def whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop both clocks, that of the wall at a whole second.

    oauthlib rounds ``expires_at``; two tests of the suite compare it with an exact time, and so
    pass by chance. Ours counts from when the token was asked for.
    """
    now, monotonic = float(int(time.time())), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic)
