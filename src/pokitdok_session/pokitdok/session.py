"""The API, bound: base URL, version, `call`, and patience with the rate limit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import requests
from urllib3.util.retry import Retry

from ..api.errors import RateLimited
from ..api.reply import Reply, parse_reply
from ..oauth2.auth import Timeout
from ..oauth2.session import ClientCredentialsSession
from ..transport.multipart import Multipart
from ..transport.retries import rewind_body
from .activities import Following

if TYPE_CHECKING:
    from ..oauth2.stores.base import TokenStore

_BASE_URL = "https://platform.pokitdok.com"


class PokitDokSession(ClientCredentialsSession, Following):
    """A `requests.Session` for the PokitDok Platform API, with a method for each resource.

    Credentials and base URL come from ``POKITDOK_CLIENT_ID``, ``POKITDOK_CLIENT_SECRET`` and
    ``POKITDOK_BASE_URL`` where they are not given. With ``max_rate_limit_wait`` a resource method
    that meets the rate limit waits for at most so many seconds, and asks once more. What else
    there is to set, `ClientCredentialsSession` explains.

    Raises ValueError, naming the variables, where there are no credentials.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        base_url: str | None = None,
        version: str = "v4",
        scope: str | Iterable[str] | None = None,
        token: Mapping[str, Any] | None = None,
        token_updater: Callable[[dict[str, Any]], Any] | None = None,
        token_params: Mapping[str, Any] | None = None,
        token_timeout: Timeout = (5, 30),
        store: TokenStore | None = None,
        timeout: Timeout = (5, 60),
        retries: int | Retry = 0,
        max_rate_limit_wait: float = 0,
    ) -> None:
        base_url = (base_url or os.environ.get("POKITDOK_BASE_URL") or _BASE_URL).rstrip("/")
        if base_url.endswith(f"/api/{version}"):
            raise ValueError(f"base_url is the root of the platform, without /api/{version}")
        if not isinstance(max_rate_limit_wait, (int, float)):
            raise TypeError("max_rate_limit_wait must be a number of seconds")
        super().__init__(
            client_id or _from_environment("POKITDOK_CLIENT_ID", "client_id"),
            client_secret or _from_environment("POKITDOK_CLIENT_SECRET", "client_secret"),
            f"{base_url}/oauth2/token",
            base_url=base_url,
            scope=scope,
            token=token,
            token_updater=token_updater,
            token_params=token_params,
            token_timeout=token_timeout,
            store=store,
            timeout=timeout,
            retries=retries,
        )
        self.api_root = f"{base_url}/api/{version}"
        self.max_rate_limit_wait = max_rate_limit_wait
        self._window_end: float | None = None

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request below the API's root; give its `Reply`, or raise an `APIError`.

        This is how the resource methods ask, and how to ask what has none:
        ``session.call("GET", "/ssl/")``.
        """
        if files:
            data = Multipart(data, files)
            headers = {**(headers or {}), "Content-Type": data.content_type}
        response = self.request(method, path, params=params, json=json, data=data, headers=headers)
        try:
            return self._open(response)
        except RateLimited as limit:
            if limit.retry_after > self.max_rate_limit_wait or not rewind_body(response.request):
                raise
            time.sleep(limit.retry_after)
        return self._open(self._send_again(response.request))

    def _send_again(self, request: requests.PreparedRequest) -> requests.Response:
        settings = self.merge_environment_settings(request.url or "", {}, None, None, None)
        return self.send(request, **settings)

    def _open(self, response: requests.Response) -> Reply:
        reply = parse_reply(response, window_end=self._window_end)
        window_end = reply.meta.get("rate_limit_reset")
        if isinstance(window_end, (int, float)):
            self._window_end = window_end
        return reply


def _from_environment(variable: str, parameter: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ValueError(
            f"no credentials: give {parameter}, or set {variable} in the environment, where"
            " POKITDOK_CLIENT_ID and POKITDOK_CLIENT_SECRET are looked for"
        )
    return value
