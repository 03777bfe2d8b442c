"""Where a token may go: the origin of a URL, and which ones are safe to speak to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from requests import Request
from requests.exceptions import InvalidURL, MissingSchema
from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from .errors import InsecureTransport

_DEFAULT_PORTS = {"http": 80, "https": 443}

# requests' own text repeats what it was given, which may be a secret in the wrong place.
_NOT_A_URL = "token_url, base_url and origins begin with https:// and a host: one of them does not"

#: Scheme, host and port (RFC 6454 section 4), with the port written out.
Origin: TypeAlias = "tuple[str, str, int | None]"


def origin_of(url: str) -> Origin | None:
    """Read the origin with the parser that urllib3 connects by; None where there is none."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    if not parts.scheme or not parts.host:
        return None
    scheme = parts.scheme.lower()
    return scheme, parts.host.lower(), parts.port or _DEFAULT_PORTS.get(scheme)


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

    def check_https(self, url: str) -> None:
        """Raise InsecureTransport for plain http to a host that is spoken to by https.

        Its paths and bodies are confidential too.
        """
        if url.startswith("https:"):
            return
        origin = origin_of(url)
        if (
            origin is not None
            and origin[0] == "http"
            and not _is_confidential(origin)
            and origin[1] in {host for _, host, _ in self._origins}
        ):
            raise InsecureTransport("this host is only spoken to by https")


def trusted_origin(url: str) -> Origin:
    """Give the origin of a URL that will be sent a secret.

    Raises requests' own errors for what is no URL, and InsecureTransport for
    plain http to another machine.
    """
    try:
        origin = origin_of(Request("GET", url).prepare().url or "")
    except (InvalidURL, MissingSchema) as error:
        raise type(error)(_NOT_A_URL) from None
    if origin is None or not _is_confidential(origin):
        raise InsecureTransport(f"{without_query(url)} must be https")
    return origin


def check_no_proxy(url: str, proxies: Mapping[str, str] | None) -> None:
    """Raise InsecureTransport where plain http to this machine would leave it by a proxy."""
    proxy = select_proxy(url, proxies) if url.startswith("http:") else None
    host = proxy and parse_url(prepend_scheme_if_needed(proxy, "http")).host
    if host and not _is_loopback(host):
        raise InsecureTransport(
            "plain http would leave this machine by a proxy: set none, or name the host in NO_PROXY"
        )


def without_query(url: str) -> str:
    """Give a URL without what it may carry besides its place: user, query, fragment."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return "the URL"
    return parts._replace(auth=None, query=None, fragment=None).url


def _is_confidential(origin: Origin) -> bool:
    """Say whether nobody on the way can read: https, or a way that leaves no machine."""
    scheme, host, _ = origin
    return scheme == "https" or (scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
