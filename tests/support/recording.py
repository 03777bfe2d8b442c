"""Adapters that record what a session sends, and sessions for hosts without a server."""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import BaseAdapter

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.transport.adapter import Transport

API_TOKEN = {"access_token": "of-the-api", "token_type": "bearer", "expires_in": 3600}
BEARER = "Bearer of-the-api"


class RecordingAdapter(BaseAdapter):
    """Records requests and responds with {}, for hosts without a server."""

    def __init__(self, location: str | None = None) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []
        self.location = location

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(request)
        response = requests.Response()
        response.request, response.url = request, request.url or ""
        response.status_code = 200
        response._content = b"{}"
        if self.location and len(self.sent) == 1:
            response.status_code = 302
            response.headers["Location"] = self.location
        response.raw = requests.packages.urllib3.HTTPResponse()
        return response

    def close(self) -> None:
        """Close nothing: no connection is open."""

    def authorizations(self) -> list[str | None]:
        return [request.headers.get("Authorization") for request in self.sent]


def session_for(
    base_url: str | None = "https://api.example/v4", **options: Any
) -> ClientCredentialsSession:
    """Return a session with a token for https://api.example."""
    return ClientCredentialsSession(
        "id", "secret", "https://auth.example/token", base_url=base_url, token=API_TOKEN, **options
    )


class OptionsRecorder(Transport):
    """A transport that keeps what it was options of each request."""

    def __init__(self, verify: str | None = None) -> None:
        super().__init__(verify=verify)
        self.options: list[dict[str, Any]] = []

    def send(self, request: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        self.options.append({"path": request.path_url, **kwargs})
        return super().send(request, **{**kwargs, "cert": None})


def send_redirected(
    session: ClientCredentialsSession, source: str, target: str
) -> list[str | None]:
    """Return the Authorization header of each request, when the first is redirected."""
    wire = RecordingAdapter(target)
    session.mount("https://", wire)
    session.mount("http://", wire)
    session.get(source)
    return wire.authorizations()
