"""PokitDokSession: the PokitDok Platform API v4, with its credentials from the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import requests
from urllib3.util.retry import Retry

from ..api.errors import APIError
from ..api.rate_limit import RateLimit
from ..api.reply import Reply
from ..oauth2.timeouts import Timeout
from . import envelope
from .activities import ActivityPoller
from .resources import Resources
from .sent_calls import SentCalls

if TYPE_CHECKING:
    from ..oauth2.stores.base import TokenStore

_BASE_URL = "https://platform.pokitdok.com"


class PokitDokSession(SentCalls, ActivityPoller, Resources):
    """A `requests.Session` for the PokitDok Platform API, with a method for each of its calls.

    ``client_id``, ``client_secret`` and ``base_url`` default to the environment variables
    ``POKITDOK_CLIENT_ID``, ``POKITDOK_CLIENT_SECRET`` and ``POKITDOK_BASE_URL``. ``base_url`` is
    the root of the platform; ``/api/v4`` at its end is accepted. ``version`` is the last segment
    of the API root. `APISession` and `ClientCredentialsSession` explain the other parameters.

    Raises ValueError, which names the variables, if there are no credentials.
    """

    #: What a pickle carries, as in requests: a list of the class, which nothing changes.
    __attrs__ = [*SentCalls.__attrs__, "_window_end"]  # noqa: RUF012

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
        insecure_hosts: Iterable[str] = (),
        store: TokenStore | None = None,
        timeout: Timeout = (5, 60),
        retries: int | Retry = 0,
        max_rate_limit_wait: float = 0,
    ) -> None:
        """Build a session; the docstring of the class explains the parameters."""
        if not isinstance(version, str) or not version or "/" in version:
            raise ValueError(
                f"version must be one segment of a path, such as 'v4', got {version!r}"
            )
        platform = (base_url or os.environ.get("POKITDOK_BASE_URL") or _BASE_URL).rstrip("/")
        platform = platform.removesuffix(f"/api/{version}")
        super().__init__(
            client_id or _from_environment("POKITDOK_CLIENT_ID", "client_id"),
            client_secret or _from_environment("POKITDOK_CLIENT_SECRET", "client_secret"),
            f"{platform}/oauth2/token",
            base_url=f"{platform}/api/{version}",
            scope=scope,
            token=token,
            token_updater=token_updater,
            token_params=token_params,
            token_timeout=token_timeout,
            insecure_hosts=insecure_hosts,
            store=store,
            timeout=timeout,
            retries=retries,
            max_rate_limit_wait=max_rate_limit_wait,
        )
        self._window_end: float | None = None

    def read_reply(self, response: requests.Response) -> Reply[Any]:
        """Return the envelope of a response, and note when the window of the rate limit ends."""
        reply = envelope.read_envelope(response)
        window_end = reply.meta.get("rate_limit_reset")
        if isinstance(window_end, (int, float)):
            self._window_end = window_end
        return reply

    def find_rate_limit(self, reply: Reply[Any]) -> RateLimit | None:
        """Return a `RateLimit` for the 403 that is one, and for 429."""
        return envelope.find_rate_limit(reply, self._window_end)

    def find_error(self, reply: Reply[Any]) -> APIError | None:
        """Return the error that a reply stands for: the body decides first, then the status."""
        return envelope.find_error(reply)

    def find_items(self, reply: Reply[Any]) -> list[Any]:
        """Return the items of a page; a single object is a page of one item."""
        return reply.data if isinstance(reply.data, list) else [reply.data]

    def find_next_page(self, reply: Reply[Any]) -> str | None:
        """Return ``meta.next``, and None after an empty page."""
        following = reply.meta.get("next")
        return following if reply.data and isinstance(following, str) else None

    def format_value(self, value: Any) -> str:
        """Return a datetime in UTC without a zone, as the API writes it; the rest as usual."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(timezone.utc).replace(tzinfo=None)
        return super().format_value(value)


def _from_environment(variable: str, parameter: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ValueError(
            f"{parameter} is missing: pass it, or set {variable} in the environment"
            " (the variables are POKITDOK_CLIENT_ID and POKITDOK_CLIENT_SECRET)"
        )
    return value
