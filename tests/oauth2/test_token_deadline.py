"""The wait for a token ends at the time of the request, whatever the token endpoint does."""

from __future__ import annotations

import math
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.util import Timeout

from pokitdok_session import ClientCredentialsSession, PokitDokSession, TokenError
from pokitdok_session.oauth2.renewal import renewal_call
from pokitdok_session.oauth2.timeouts import limit_timeout
from pokitdok_session.sandbox import Sandbox
from support.http_server import ScriptedResponse, ScriptedServer
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.renewals import status_of, wait_for_renewals

GRANTED = ScriptedResponse(body=b'{"access_token": "t", "expires_in": 3600}')


def test_token_response_that_drips_ends_at_the_time_of_the_request(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    sandbox.fail(TOKEN_PATH, drip=0.03)
    with pytest.raises(TokenError, match=r"no token was available within 0\.3 s"):
        session.get(ACTIVITIES_PATH, timeout=0.3)
    wait_for_renewals()  # the helper thread goes on for other requests
    assert status_of(session) == 200


def test_metadata_and_token_request_share_one_deadline(other_origin: ScriptedServer) -> None:
    seen: list[float] = []

    class Watching(ClientCredentialsSession):
        def send(self, request: Any, **kwargs: Any) -> Any:
            seen.append(self._deadline)
            return super().send(request, **kwargs)

    metadata = b'{"token_endpoint": "%s/token"}' % other_origin.url.encode()
    other_origin.script.update(
        {
            "/.well-known/smart-configuration": ScriptedResponse(body=metadata),
            "/token": GRANTED,
        }
    )
    with Watching.discover("id", "secret", fhir_base=other_origin.url) as session:
        assert session.get("/x").status_code == 200
    of_the_metadata, of_the_token, of_the_request = seen
    assert of_the_metadata == of_the_token < of_the_request == math.inf


def own_get(session: ClientCredentialsSession) -> dict[str, Any]:
    session.get(session.token_url)
    return {"access_token": "never"}


def test_fetcher_that_uses_its_own_session_is_told_at_once(other_origin: ScriptedServer) -> None:
    url = f"{other_origin.url}/token"
    with (
        ClientCredentialsSession("id", None, url, token_fetcher=own_get) as session,
        pytest.raises(TokenError, match="must use another session") as caught,
    ):
        session.get(f"{other_origin.url}/x")
    assert caught.value.is_permanent
    assert other_origin.requests == []


def test_send_that_uses_its_own_session_for_the_token_is_told_at_once(
    other_origin: ScriptedServer,
) -> None:
    class Signing(ClientCredentialsSession):
        def send(self, request: Any, **kwargs: Any) -> Any:
            if request.url.endswith("/token"):
                super().get(other_origin.url + "/key")
            return super().send(request, **kwargs)

    with (
        Signing("id", "secret", f"{other_origin.url}/token") as session,
        pytest.raises(TokenError, match="must use another session"),
    ):
        session.get(f"{other_origin.url}/x")
    assert other_origin.requests == []


def test_fetcher_that_got_a_401_with_the_old_token_is_told_at_once(
    api_server: ScriptedServer, api_session: ClientCredentialsSession
) -> None:
    api_server.script["/root/x"] = ScriptedResponse(401)
    with (
        renewal_call(api_session._token_source, 5),
        pytest.raises(TokenError, match="must use another session"),
    ):
        api_session.get("/x")


def test_context_that_outlives_a_renewal_can_get_a_token(
    api_server: ScriptedServer, api_session: ClientCredentialsSession
) -> None:
    api_session.token = None
    api_server.script["/token"] = GRANTED
    with renewal_call(api_session._token_source, 5):
        context = copy_context()
    assert context.run(api_session.get, "/x").status_code == 200


@pytest.mark.parametrize(
    ("timeout", "used"),
    [
        ((5, 30), (5, 8)),
        ((None, 3), (8, 3)),
        (None, 8),
        (30, 8),
        (2.5, 2.5),
        (Timeout(9), (8, 8)),
        (Timeout(connect=1, read=60), (1, 8)),
    ],
    ids=repr,
)
def test_timeout_is_cut_to_the_time_until_the_deadline(
    timeout: Any, used: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr("pokitdok_session.oauth2.timeouts.time", still)
    assert limit_timeout(timeout, 108.0) == used
    assert limit_timeout(timeout, math.inf) is timeout
    assert limit_timeout(30, 99.0) == 0.001  # requests refuses 0
