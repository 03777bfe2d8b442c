"""A token endpoint and an API that behave like one provider's, and refuse everything else."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from .http_server import ReceivedRequest, ScriptedResponse, ScriptedServer

CLIENT_ID, CLIENT_SECRET = "client", "s3cret"
REFUSED = ScriptedResponse(401, b'{"error": "invalid_client"}')


class TokenRequest:
    """A token request as a provider reads it."""

    def __init__(self, request: ReceivedRequest, server: ProviderStub) -> None:
        self.method = request.method
        self.headers = request.headers
        self.certificate = request.certificate
        self.path, _, query = request.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query))
        self.form, self.json = self._read(request)
        self._server = server

    def _read(self, request: ReceivedRequest) -> tuple[dict[str, str], Any]:
        if request.headers["Content-Type"] == "application/json":
            return {}, json.loads(request.body)
        return dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=False)), None

    @property
    def basic(self) -> tuple[str, str] | None:
        """Id and secret in the Authorization header, as they were sent."""
        kind, _, encoded = (self.headers["Authorization"] or "").partition(" ")
        if kind != "Basic":
            return None
        client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        return client_id, secret

    def is_signed(self, assertion: str, alg: str, *, audience: str, key: Any) -> bool:
        """Return True if a JWT is signed by the key, for this audience, and new."""
        options: Any = {"require": ["exp", "iat", "jti", "iss", "sub"]}
        expected = self._server.url + audience
        try:
            claims = jwt.decode(
                assertion, key, algorithms=[alg], audience=expected, options=options
            )
        except jwt.PyJWTError:
            return False
        if claims["jti"] in self._server.assertions or claims["exp"] - claims["iat"] > 300:
            return False
        self._server.assertions.add(claims["jti"])
        return True


class ProviderStub(ScriptedServer):
    """Grants a token to the requests that ``grants`` accepts, and serves ``/data`` for it.

    ``answer`` builds the response to a request that is granted. ``header`` is how the API wants
    the token; ``companions`` are headers that it wants beside it. An expired token gets the
    status ``expired``.
    """

    def __init__(
        self,
        grants: Callable[[TokenRequest], bool],
        answer: Callable[[str], ScriptedResponse],
        *,
        context: ssl.SSLContext,
        refusal: ScriptedResponse = REFUSED,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        companions: Mapping[str, str],
        expired: int = 401,
    ) -> None:
        self.assertions: set[str] = set()
        self.granted = 0
        self.refused = 0
        self.stumbles: list[ScriptedResponse] = []
        self.data = b"{}"
        self._grants, self._answer, self._refusal = grants, answer, refusal
        self._header, self._prefix = header, prefix
        self._companions, self._expired = companions, expired
        script = {"/token": self._token, "/data": self._data}
        super().__init__(script, context=context)
        metadata = {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
        published = ScriptedResponse(body=json.dumps(metadata).encode())
        self.script["/fhir/.well-known/smart-configuration"] = published
        self.script["/.well-known/openid-configuration"] = published

    def expire_token(self) -> None:
        """Refuse the last token from now on."""
        self.granted += 1

    def _token(self, request: ReceivedRequest) -> ScriptedResponse:
        if self.stumbles:
            return self.stumbles.pop()
        if not self._grants(TokenRequest(request, self)):
            self.refused += 1
            return self._refusal
        self.granted += 1
        return self._answer(f"token-{self.granted}")

    def _data(self, request: ReceivedRequest) -> ScriptedResponse:
        if any(request.headers[name] != value for name, value in self._companions.items()):
            return ScriptedResponse(400)
        if request.headers[self._header] != f"{self._prefix}token-{self.granted}":
            return ScriptedResponse(self._expired)
        return ScriptedResponse(body=self.data)


def granted(token: str, *, status: int = 200, **members: Any) -> ScriptedResponse:
    """Return the response of RFC 6749 section 5.1; a member that is None is left out."""
    members = {"access_token": token, "token_type": "Bearer", "expires_in": 3600, **members}
    body = {name: value for name, value in members.items() if value is not None}
    return ScriptedResponse(status, json.dumps(body).encode())
