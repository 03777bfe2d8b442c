"""The sessions that are measured beside ours, each built as its own documentation does.

A peer whose package is not installed is left out: see the dependency group ``bench``.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

CLIENT_ID = "benchmark"
CLIENT_SECRET = "benchmark-secret"
TOKEN = {"access_token": "a" * 40, "token_type": "bearer", "expires_in": 3600}
#: A token response too, for peers that do not take a token.
CONTENT = json.dumps({"meta": {"activity_id": "53187d2027a27620f2ec7537"}, "data": {}, **TOKEN})


@dataclass
class Place:
    """Where a session goes: a server and the file of its authority, or nowhere (``instant``).

    Without a ``token`` the session must fetch its own.
    """

    url: str
    authority_file: str | None = None
    instant: bool = False
    token: dict[str, Any] | None = None

    @property
    def token_url(self) -> str:
        return f"{self.url}/oauth2/token"

    def configure(self, session: Any) -> Any:
        """Set up a session of requests for this place and return it."""
        if self.instant:
            session.mount("https://", instant_adapter("requests"))
        elif self.authority_file:
            session.verify = self.authority_file
        return session


def instant_adapter(library: str) -> Any:
    """Return an adapter of requests or niquests that returns a response at once."""
    package = importlib.import_module(library)

    class Instant(importlib.import_module(f"{library}.adapters").BaseAdapter):  # type: ignore[misc]
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            response = package.Response()
            response.status_code = 200
            response.url = request.url
            response.request = request
            response.raw = io.BytesIO()  # has no cookies
            response._content = CONTENT.encode()
            return response

        def close(self) -> None:
            """Do nothing."""

    return Instant()


def plain(place: Place) -> Any:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN['access_token']}"
    return place.configure(session)


def ours(place: Place, **options: Any) -> Any:
    from pokitdok_session import PokitDokSession

    return place.configure(
        PokitDokSession(CLIENT_ID, CLIENT_SECRET, base_url=place.url, token=place.token, **options)
    )


def requests_oauthlib(place: Place) -> Any:
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth2Session

    client = BackendApplicationClient(CLIENT_ID)
    session = place.configure(OAuth2Session(client=client, token=place.token))
    if not place.token:
        session.fetch_token(place.token_url, client_secret=CLIENT_SECRET)
    return session


def authlib(place: Place) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    session = place.configure(
        OAuth2Session(
            CLIENT_ID,
            CLIENT_SECRET,
            token=place.token,
            token_endpoint=place.token_url,
            grant_type="client_credentials",
        )
    )
    if not place.token:
        session.fetch_token()
    return session


def requests_oauth2client(place: Place, leeway: int = 20) -> Any:
    import requests
    from requests_oauth2client import BearerToken, OAuth2Client, OAuth2ClientCredentialsAuth

    client = OAuth2Client(
        place.token_url,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        session=place.configure(requests.Session()),
    )
    session = place.configure(requests.Session())
    token = BearerToken(**place.token) if place.token else None
    session.auth = OAuth2ClientCredentialsAuth(client, leeway=leeway, token=token)
    return session


def requests_auth(place: Place) -> Any:
    import requests
    from requests_auth import OAuth2ClientCredentials

    session = place.configure(requests.Session())
    session.auth = OAuth2ClientCredentials(
        place.token_url, CLIENT_ID, CLIENT_SECRET, session=place.configure(requests.Session())
    )
    return session


def google_auth(place: Place) -> Any:
    from google.auth.transport.requests import AuthorizedSession
    from google.oauth2.credentials import Credentials

    return place.configure(AuthorizedSession(Credentials(token=TOKEN["access_token"])))


def pokitdok(place: Place) -> Any:
    from pokitdok.api.client import PokitDokClient

    client = PokitDokClient(
        CLIENT_ID, CLIENT_SECRET, base=place.url, token=TOKEN, auto_refresh=True
    )
    place.configure(client.api_client)
    if not place.token:
        # Its token request reads the authority only from here.
        os.environ["REQUESTS_CA_BUNDLE"] = place.authority_file or ""
        client.fetch_access_token()
    root = len(client.url_base)
    return SimpleNamespace(
        get=lambda url: client.get(url[root:]),
        post=lambda url, json: client.post(url[root:], data=json),
    )


def httpx(place: Place) -> Any:
    import ssl

    import httpx

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=CONTENT.encode())

    headers = {"Authorization": f"Bearer {TOKEN['access_token']}"}
    if place.instant:
        return httpx.Client(headers=headers, transport=httpx.MockTransport(respond))
    context = ssl.create_default_context(cafile=place.authority_file)
    return httpx.Client(headers=headers, verify=context)


def niquests(place: Place) -> Any:
    import niquests

    session = niquests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN['access_token']}"
    if place.instant:
        session.mount("https://", instant_adapter("niquests"))
    else:
        session.verify = place.authority_file
    return session


@dataclass(frozen=True)
class Peer:
    """A session to measure, and the module without which it cannot be built."""

    name: str
    module: str
    build: Callable[[Place], Any]

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None


PEERS = {
    peer.name: peer
    for peer in (
        Peer("requests, static header", "requests", plain),
        Peer("pokitdok-session", "pokitdok_session", ours),
        Peer("requests-oauthlib", "requests_oauthlib", requests_oauthlib),
        Peer("authlib", "authlib", authlib),
        Peer("requests-oauth2client", "requests_oauth2client", requests_oauth2client),
        Peer("requests_auth", "requests_auth", requests_auth),
        Peer("google-auth", "google", google_auth),
        Peer("pokitdok 2.8.1", "pokitdok", pokitdok),
        Peer("httpx", "httpx", httpx),
        Peer("niquests", "niquests", niquests),
    )
}
PLAIN, OURS = tuple(PEERS)[:2]


# Peers that renew a token by themselves, with the shortest margin before the expiry that they
# allow: by default most would fetch a token per call if tokens live for 2 s.


def renewing_requests_oauthlib(place: Place) -> Any:
    """Return a session with the override that many projects use."""
    from oauthlib.oauth2 import BackendApplicationClient, TokenExpiredError
    from requests_oauthlib import OAuth2Session

    class Renewing(OAuth2Session):
        def request(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return super().request(*args, **kwargs)
            except TokenExpiredError:
                self.fetch_token(place.token_url, client_secret=CLIENT_SECRET)
                return super().request(*args, **kwargs)

    session = place.configure(Renewing(client=BackendApplicationClient(CLIENT_ID)))
    session.fetch_token(place.token_url, client_secret=CLIENT_SECRET)
    return session


def renewing_authlib(place: Place) -> Any:
    session = authlib(place)
    session.leeway = 0.1
    return session


def renewing_requests_oauth2client(place: Place) -> Any:
    return requests_oauth2client(place, leeway=0)


def renewing_requests_auth(place: Place) -> Any:
    session = requests_auth(place)
    session.auth.early_expiry = 0.1
    return session


RENEWING: dict[str, Callable[..., Any]] = {
    OURS: ours,
    "requests-oauthlib": renewing_requests_oauthlib,
    "authlib": renewing_authlib,
    "requests-oauth2client": renewing_requests_oauth2client,
    "requests_auth": renewing_requests_auth,
    "pokitdok 2.8.1": pokitdok,
}
