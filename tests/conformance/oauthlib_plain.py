"""A pytest plugin for both runs of requests-oauthlib's suite: use the client-credentials grant.

The suite builds most sessions without a client, so they have a ``WebApplicationClient``. With a
``BackendApplicationClient`` instead, the tests that still pass are those that hold for this grant.
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


class FunctionAdapter(HTTPAdapter):
    """An adapter that calls the function which a test assigned to ``session.send``."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self.function = send

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        text = self.function(request, **kwargs).text
        response = requests.Response()
        response.status_code = 200
        response.url = request.url
        response.request = request
        response.raw = BytesIO(text.encode() if isinstance(text, str) else b"")
        return response


class SuiteSession:
    """Translates what the suite does to a session, so that it works with any session."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Ours sends token requests through its adapters.
        if name == "send":
            self.mount("https://", FunctionAdapter(value))
        else:
            super().__setattr__(name, value)

    def fetch_token(self, *args: Any, authorization_response: Any = None, **kwargs: Any) -> Any:
        """Fetch a token; this grant does not have an authorization response."""
        return super().fetch_token(*args, **kwargs)


class Plain(SuiteSession, OAuth2Session):
    """The session of requests-oauthlib."""

    def __init__(self, client_id: str, **kwargs: Any) -> None:
        super().__init__(client=BackendApplicationClient(client_id), **kwargs)


session_class: Callable[..., Any] = Plain


def session(client_id: str = "someclientid", client: Any = None, **kwargs: Any) -> Any:
    """Return the session that the suite builds with ``OAuth2Session(...)``."""
    if client is not None and not isinstance(client, BackendApplicationClient):
        return OAuth2Session(client=client, **kwargs)
    built = session_class(client.client_id if client else client_id, **kwargs)
    built.send = fail_to_connect
    return built


def fail_to_connect(request: requests.PreparedRequest, **kwargs: Any) -> Any:
    """Raise ConnectionError: the default for tests that do not replace ``send``."""
    raise requests.ConnectionError("the suite reaches no server", request=request)


def pytest_configure() -> None:
    """Replace the class after its subclasses are defined."""
    requests_oauthlib.OAuth2Session = session


@pytest.fixture(autouse=True)
def stopped_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop both clocks, the wall clock at a whole second.

    oauthlib rounds ``expires_at``, and two tests of the suite compare it with an exact time, so
    they pass by chance. Our session counts from the start of the token request.
    """
    now, monotonic = float(int(time.time())), time.monotonic()
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic)
