"""The token request: its URL, form, headers and client authentication, before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlencode

import requests
from oauthlib.oauth2 import BackendApplicationClient

from .client_auth import ClientAuth, RequestAuth
from .origins import trusted_origin

#: The fields of a form. A list stands for a field that is sent once per item.
Form: TypeAlias = "dict[str, str | list[str]]"

#: requests-oauthlib's ``access_token_request``: (url, headers, body) to (url, headers, body).
RequestHook: TypeAlias = "Callable[[str, Any, Any], tuple[str, Any, Any]]"

#: requests-oauthlib's ``access_token_response``.
ResponseHook: TypeAlias = "Callable[[requests.Response], requests.Response]"

FORM_HEADERS: Mapping[str, str] = MappingProxyType(
    {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
)


@dataclass(frozen=True, repr=False)
class TransportOptions:
    """The arguments of `requests.Session.request` that say how a token request is sent.

    None stands for the session's own value.
    """

    timeout: Any = None
    verify: Any = None
    cert: Any = None
    proxies: Any = None


@dataclass(frozen=True, repr=False)
class TokenRequest:
    """A token request, complete when it is built. One value serves all attempts.

    ``form`` holds everything but the credentials: ``client_auth`` adds those to each attempt.
    ``auth`` is used instead of the Authorization header of ``client_auth``. ``headers`` replace
    `FORM_HEADERS`.
    """

    url: str
    form: Form
    client_auth: ClientAuth
    auth: RequestAuth | tuple[str, str] | None = None
    method: str = "POST"
    in_query: bool = False
    headers: Mapping[str, str] | None = None
    transport: TransportOptions = field(default_factory=TransportOptions)
    request_hooks: Iterable[RequestHook] = ()
    response_hooks: Iterable[ResponseHook] = ()

    def to_requests(self) -> requests.Request:
        """Build the request of one attempt.

        The compliance hooks run, and an assertion is signed, once per attempt. Raise
        `InsecureTransport` if a hook leads to plain http.
        """
        in_query = self.in_query or self.method == "GET"
        form = {**self.form, **self.client_auth.form_fields(self.url)}
        url, headers = self.url, dict(FORM_HEADERS if self.headers is None else self.headers)
        content: dict[str, Any] = {"params" if in_query else "data": form}
        for hook in self.request_hooks:
            url, headers, content = hook(url, headers, content)
        trusted_origin(url, "token_url")
        auth: Any = self.auth or self.client_auth.header_auth()
        return requests.Request(self.method, url, headers=headers, auth=auth, **content)

    def apply_response_hooks(self, response: requests.Response) -> requests.Response:
        """Return the response as the compliance hooks leave it."""
        for hook in self.response_hooks:
            response = hook(response)
        return response


def build_form(
    client: BackendApplicationClient, *, scope: Any, fields: Mapping[str, Any], body: str = ""
) -> Form:
    """Build the form of a client-credentials request (RFC 6749 section 4.4.2).

    A name occurs once (RFC 6749 section 3.2), except if its value in ``fields`` is a list.
    ``fields`` replaces what the grant itself sends, and None removes a field.
    """
    fields = {name: value for name, value in fields.items() if value is not None}
    fields.pop("client_id", None)  # the client authentication sends it
    scope = fields.pop("scope", scope)
    grant = client.prepare_request_body(body=body, scope=scope, include_client_id=False)
    values = parse_qs(grant, keep_blank_values=True)
    values |= parse_qs(urlencode(fields, doseq=True), keep_blank_values=True)
    return {name: value if len(value) > 1 else value[0] for name, value in values.items()}
