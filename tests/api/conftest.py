"""A session for an API that is not PokitDok's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pokitdok_session import APISession
from support.http_server import ScriptedServer


@pytest.fixture
def api(other_origin: ScriptedServer) -> Iterator[APISession]:
    token = {"access_token": "abc", "expires_in": 3600}
    url = other_origin.url
    with APISession("id", "secret", f"{url}/token", base_url=f"{url}/v1", token=token) as api:
        yield api
