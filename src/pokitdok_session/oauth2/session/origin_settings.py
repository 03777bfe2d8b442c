"""Where the token of a session goes: its settings ``token_url``, ``base_url``, ``origins``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ..arguments import url_list
from ..origins import Origins
from .from_metadata import FromMetadata


class OriginSettings(FromMetadata):
    """A session that knows its origins. `ClientCredentialsSession` sets the attributes."""

    _base_url: str | None
    _origin_urls: list[str]
    _origins: Origins

    @property
    def token_url(self) -> str:
        """The URL of the token endpoint. A new one is tried at once, even after a refusal.

        It replaces the one of the provider's metadata. If it also is the origin that gets the
        token, for lack of ``base_url`` and ``origins``, the old token is dropped.
        """
        return self._token_url

    @token_url.setter
    def token_url(self, value: str) -> None:
        self._origins.trust(value, "token_url")
        origins = self.origins
        self._token_url = value
        self._update_origins(self._origin_urls, self._base_url)
        self._discovery = None
        if self.origins == origins:
            self._token_source.forget_failure()
        else:
            self._token_source.set(None)

    @property
    def origins(self) -> list[str]:
        """The origins that the token goes to, as URLs. The one of ``base_url`` is always there."""
        return [f"{scheme}://{host}:{port}" for scheme, host, port in self._origins]

    @origins.setter
    def origins(self, urls: Iterable[str]) -> None:
        urls = url_list(urls, "origins")
        self._update_origins(urls, self.base_url)
        self._origin_urls = urls

    @property
    def base_url(self) -> str | None:
        """What a URL with one leading slash is appended to."""
        return self._base_url

    @base_url.setter
    def base_url(self, value: str | None) -> None:
        if isinstance(value, str) and ("?" in value or "#" in value):
            raise ValueError("base_url must not have a query or a fragment: paths are added to it")
        self._update_origins(self._origin_urls, value)
        self._base_url = value and value.rstrip("/")

    def _update_origins(self, urls: list[str], base_url: str | None) -> None:
        named = [(url, "origins") for url in urls]
        if base_url:
            named.append((base_url, "base_url"))
        self._origins.replace(
            [self._origins.trust(*each) for each in named or [(self._token_url, "token_url")]]
        )

    def is_token_origin(self, url: str) -> bool:
        """Return True if the token is sent to this URL."""
        return self._origins.contains(url)

    def _absolute_url(self, given: Any) -> str:
        """Append a path to the base URL; a path that contains the base path already is kept."""
        url = (given.decode() if isinstance(given, bytes) else str(given)).lstrip()
        if url[:1] != "/" or url[:2] == "//" or not self._base_url:
            return url
        base_path = urlsplit(self._base_url).path
        rest = url.removeprefix(base_path)
        if rest != url and rest[:1] in ("", "/", "?", "#"):
            return self._base_url.removesuffix(base_path) + url
        return self._base_url + url
