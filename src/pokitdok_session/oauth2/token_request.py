"""The token request: its URL, form, headers and client authentication, before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qs, urlencode

import requests
from oauthlib.oauth2 import BackendApplicationClient

from .client_auth.methods import ClientAuth, RequestAuth

#: The fields of a form. A list stands for a field that is sent once per item.
Form: TypeAlias = "dict[str, str | list[str]]"

#: requests-oauthlib's ``access_token_request``: (url, headers, body) to (url, headers, body).
RequestHook: TypeAlias = "Callable[[str, Any, Any], tuple[str, Any, Any]]"

#: requests-oauthlib's ``access_token_response``.
ResponseHook: TypeAlias = "Callable[[requests.Response], requests.Response]"

#: ``token_response``: the response to the token dict, for what RFC 6749 does not describe.
ResponseReader: TypeAlias = "Callable[[requests.Response], Mapping[str, Any]]"

_JSON_HEADERS = {"Accept": "application/json"}
_FORM_HEADERS = {**_JSON_HEADERS, "Content-Type": "application/x-www-form-urlencoded"}


class TransportOptions(NamedTuple):
    """The arguments of `requests.Session.request` that say how a token request is sent.

    None stands for the session's own value.
    """

    timeout: Any = None
    verify: Any = None
    cert: Any = None
    proxies: Any = None


class TokenRequest(NamedTuple):
    """A token request, complete when it is built. One value serves all attempts.

    ``form`` holds everything but the credentials: ``client_auth`` adds those to each attempt.
    ``audience`` is the token URL if this is a request to another endpoint, a revocation.
    ``auth`` is used instead of the Authorization header of ``client_auth``. ``headers`` replace
    the default ones, and ``more_headers`` are added. With ``as_json`` the body is a JSON object.
    ``read_response`` is the caller's ``token_response``.
    """

    url: str
    form: Form
    client_auth: ClientAuth
    audience: str | None = None
    auth: RequestAuth | tuple[str, str] | None = None
    method: str = "POST"
    in_query: bool = False
    headers: Mapping[str, str] | None = None
    more_headers: Mapping[str, str] = MappingProxyType({})
    as_json: bool = False
    transport: TransportOptions = TransportOptions()
    request_hooks: Iterable[RequestHook] = ()
    response_hooks: Iterable[ResponseHook] = ()
    read_response: ResponseReader | None = None

    def __repr__(self) -> str:
        return "<TokenRequest>"  # its fields hold credentials

    def to_requests(self) -> requests.Request:
        """Build the request of one attempt.

        The compliance hooks run, and an assertion is signed, once per attempt.
        """
        form = {**self.form, **self.client_auth.form_fields(self.audience or self.url)}
        url, headers = self.url, {**self._default_headers(), **self.more_headers}
        content: dict[str, Any] = {self._place(): form}
        for hook in self.request_hooks:
            url, headers, content = hook(url, headers, content)
        auth: Any = self.auth or self.client_auth.header_auth()
        return requests.Request(self.method, url, headers=headers, auth=auth, **content)

    def _place(self) -> str:
        """Return the argument of `requests.Request` that takes the form."""
        if self.in_query or self.method == "GET":
            return "params"
        return "json" if self.as_json else "data"

    def _default_headers(self) -> Mapping[str, str]:
        if self.headers is not None:
            return self.headers
        # requests sets the Content-Type of JSON itself.
        return _JSON_HEADERS if self._place() == "json" else _FORM_HEADERS


def build_form(
    client: BackendApplicationClient,
    *,
    scope: Any,
    fields: Mapping[str, Any],
    body: str = "",
    include_client_id: bool = False,
) -> Form:
    """Build the form of a client-credentials request (RFC 6749 section 4.4.2).

    A name occurs once (RFC 6749 section 3.2), except if its value in ``fields`` is a list.
    ``fields`` replaces what the grant itself sends, and None removes a field.
    """
    fields = {name: value for name, value in fields.items() if value is not None}
    fields.pop("client_id", None)  # sent by the client authentication, or not at all
    scope = fields.pop("scope", scope)
    grant = client.prepare_request_body(body=body, scope=scope, include_client_id=include_client_id)
    values = parse_qs(grant, keep_blank_values=True)
    values |= parse_qs(urlencode(fields, doseq=True), keep_blank_values=True)
    return {name: value if len(value) > 1 else value[0] for name, value in values.items()}
