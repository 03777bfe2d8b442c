"""What tests of the token request share: a session for any provider, and what arrived."""

from __future__ import annotations

import base64
import urllib.parse
from typing import Any

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.sandbox import Record, Sandbox
from pokitdok_session.transport.adapter import Transport
from support.http_server import ScriptedResponse
from support.paths import ACTIVITIES_PATH, TOKEN_PATH

TOKEN = TOKEN_PATH
PATH = ACTIVITIES_PATH

GRANTED = ScriptedResponse(
    body=b'{"access_token": "granted", "token_type": "bearer", "expires_in": 60}'
)


def generic(sandbox: Sandbox, **options: Any) -> ClientCredentialsSession:
    """A session of the generic class, which has parameters that the API's class does not have."""
    options.setdefault("client_id", sandbox.client_id)
    options.setdefault("client_secret", sandbox.client_secret)
    options.setdefault("token_url", sandbox.base_url + TOKEN)
    options.setdefault("base_url", sandbox.base_url + "/api/v4")
    session = ClientCredentialsSession(**options)
    session.mount(sandbox.base_url + "/", Transport(verify=sandbox.ca_file))
    return session


def form_of(record: Record) -> list[tuple[str, str]]:
    return urllib.parse.parse_qsl(
        record.body.decode(), keep_blank_values=True, strict_parsing=bool(record.body)
    )


def credentials_of(record: Record) -> tuple[str, str]:
    """Return the id and secret of a Basic header (RFC 7617, RFC 6749 section 2.3.1)."""
    scheme, _, encoded = record.headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    name, colon, secret = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    assert colon == ":"
    assert ":" not in secret
    return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)
