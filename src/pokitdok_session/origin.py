"""Where a token may go: the origin of a URL, and which ones are safe to speak to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from requests import Request
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from .errors import InsecureTransport

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Scheme, host and port (RFC 6454 section 4), with the port written out."""

    scheme: str
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def is_confidential(self) -> bool:
        """Whether nobody on the way can read: https, or a way that leaves no machine."""
        return self.scheme == "https" or (self.scheme == "http" and self.is_loopback)


def origin_of(url: str) -> Origin | None:
    """Read the origin with the parser that urllib3 connects by; None where there is none."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    if not parts.scheme or not parts.host:
        return None
    scheme = parts.scheme.lower()
    return Origin(scheme, parts.host.lower(), parts.port or _DEFAULT_PORTS.get(scheme))


class Origins:
    """The origins that a token goes to."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._origins = frozenset(map(trusted_origin, urls))
        # A URL that begins so has this origin: its authority ends at the slash.
        self._prefixes = tuple(
            f"{scheme}://{host}{place}/"
            for scheme, host, port in self._origins
            for place in ([f":{port}", ""] if port == _DEFAULT_PORTS.get(scheme) else [f":{port}"])
        )

    def own(self, url: str) -> bool:
        """Say whether the token goes to this URL."""
        return url.startswith(self._prefixes) or origin_of(url) in self._origins

    def refuse_exposure(self, url: str) -> None:
        """Raise InsecureTransport for plain http to a host that is spoken to by https.

        Its paths and bodies are confidential too.
        """
        if url.startswith("https:"):
            return
        origin = origin_of(url)
        if (
            origin is not None
            and not origin.is_confidential
            and any(origin.host == own.host for own in self._origins)
        ):
            raise InsecureTransport("this host is only spoken to by https")


def trusted_origin(url: str) -> Origin:
    """Give the origin of a URL that will be sent a secret.

    Raises requests' own errors for what is no URL, and InsecureTransport for
    plain http to another machine.
    """
    origin = origin_of(Request("GET", url).prepare().url or "")
    if origin is None or not origin.is_confidential:
        raise InsecureTransport(f"{without_query(url)} must be https")
    return origin


def without_query(url: str) -> str:
    """Give a URL without what it may carry besides its place: user, query, fragment."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return "the URL"
    return parts._replace(auth=None, query=None, fragment=None).url
