"""The token endpoint: oauthlib's provider side, which takes credentials in any usual form."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, unquote_plus

from oauthlib.common import Request
from oauthlib.oauth2 import BackendApplicationServer, RequestValidator
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.requests import Request as FormRequest
from starlette.responses import Response
from starlette.types import Scope

from .body import RequestBody
from .faults import TOKEN_PATH
from .responses import INVENTED, encode, html_page, message_response
from .state import App, IssuedToken, State

REVOKE_PATH = "/oauth2/revoke"
ALPHABET = string.ascii_letters + string.digits
TOKEN_LENGTH = 40
# How long ago the `expires` of the documentation's sample was, in seconds.
EXPIRED_AGO = 8.4 * 86400


def random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class Validator(RequestValidator):
    """What oauthlib needs: which clients and scopes are valid, and where tokens are stored."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        header = Headers(request.headers).get("authorization", "")
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() == "basic":
            pairs = list(basic_credentials(encoded))
        else:
            pairs = [(request.client_id or "", request.client_secret or "")]
        for client_id, client_secret in pairs:
            app = self._state.apps.get(client_id)
            if app is not None and secrets_equal(app.client_secret, client_secret):
                request.client = app
                request.client_id = client_id
                return True
        return False

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Request, *args: Any, **kw: Any
    ) -> bool:
        return grant_type == "client_credentials"

    def get_default_scopes(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        return []

    def validate_scopes(
        self,
        client_id: str,
        scopes: list[str],
        client: Any,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        return app_of(request).scopes.issuperset(scopes)

    def save_bearer_token(self, token: Any, request: Request, *args: Any, **kwargs: Any) -> None:
        lifetime = token["expires_in"]
        scopes = request.scopes or ()
        self._state.issue(token["access_token"], app_of(request), scopes, lifetime)


class TokenEndpoint:
    """Responds to ``/oauth2/token`` and ``/oauth2/revoke``."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._server = BackendApplicationServer(
            Validator(state),
            token_generator=self._token_value,
            token_expires_in=self._expires_in,  # type: ignore[arg-type]  # fractions of a second
        )
        self._server.credentials_grant.register_token_modifier(self._token_response)

    async def respond(self, scope: Scope, body: RequestBody) -> Response:
        if scope["method"] != "POST":
            return html_page(405, {"allow": "POST", INVENTED: "1"})
        if scope["path"].rstrip("/") == REVOKE_PATH:
            return self._revoke(body)
        headers = Headers(scope=scope)
        try:
            async with FormRequest(scope, body.receive()).form() as form:
                fields = [(name, text) for name, text in form.multi_items() if type(text) is str]
        except (MultiPartException, ValueError):
            fields = []
        # oauthlib would take an empty scope for a scope without a name.
        fields = [(name, text) for name, text in fields if name != "scope" or text.strip()]
        response_headers, text, status = self._server.create_token_response(
            self._state.base_url + TOKEN_PATH, "POST", fields, dict(headers)
        )
        response = Response(text, status, response_headers)
        response.headers["content-type"] = "application/json;charset=UTF-8"
        return response

    def _revoke(self, body: RequestBody) -> Response:
        try:
            token = json.loads(body.content())["token"]
        except (ValueError, KeyError, TypeError, RecursionError):
            token = None
        if isinstance(token, str):
            self._state.tokens.pop(token, None)
            response = Response(encode({}), media_type="application/json")
        else:
            response = message_response(406)
        # Only one client used it, and its source shows no response.
        response.headers[INVENTED] = "1"
        return response

    def _reusable_token(self, request: Request) -> IssuedToken | None:
        """Return the token to issue again, if the option ``same_token`` is set."""
        if not self._state.options.same_token:
            return None
        return self._state.latest_token(app_of(request), request.scopes or ())

    def _expires_in(self, request: Request) -> float:
        token = self._reusable_token(request)
        if token is None:
            lifetime = self._state.options.token_lifetime
        else:
            lifetime = token.expires_at - self._state.clock.now()
        return int(lifetime) if lifetime == int(lifetime) else lifetime

    def _token_value(self, request: Request) -> str:
        token = self._reusable_token(request)
        return random_text(TOKEN_LENGTH) if token is None else token.value

    def _token_response(
        self, token: dict[str, Any], handler: Any = None, request: Request | None = None
    ) -> dict[str, Any]:
        response = {
            "access_token": token["access_token"],
            "token_type": "bearer",
            "expires_in": token["expires_in"],
        }
        now = self._state.clock.now()
        if self._state.options.expires == "both":
            response["expires"] = int(now + token["expires_in"])
        elif self._state.options.expires == "past":
            response["expires"] = int(now - EXPIRED_AGO)
        return response


def app_of(request: Request) -> App:
    """Return the application that ``authenticate_client`` found."""
    app = request.client
    assert isinstance(app, App)
    return app


def secrets_equal(expected: str, received: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(
        expected.encode("utf-8", "surrogatepass"), received.encode("utf-8", "surrogatepass")
    )


def basic_credentials(encoded: str) -> Iterator[tuple[str, str]]:
    """Yield every id and secret that a Basic header can mean.

    - Both base64 alphabets, with or without padding.
    - With or without a newline after the secret, which ``echo | base64`` adds.
    - As they are, or form-encoded (RFC 6749 section 2.3.1).
    """
    text = encoded.strip().rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return
    try:
        credentials = raw.decode()
    except UnicodeDecodeError:
        credentials = raw.decode("latin-1")
    for text in dict.fromkeys((credentials, credentials.rstrip("\r\n"))):
        for index, character in enumerate(text):
            if character == ":":
                yield text[:index], text[index + 1 :]
        client_id, _, client_secret = text.partition(":")
        yield unquote_plus(client_id), unquote_plus(client_secret)
        yield unquote(client_id), unquote(client_secret)
