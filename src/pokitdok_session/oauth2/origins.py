"""Where the token can go: the origin of a URL, and which origins are safe."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from requests import Request
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from .errors import InsecureTransport

_DEFAULT_PORTS = {"http": 80, "https": 443}

#: Scheme, host and port (RFC 6454 section 4). The port is never None for http and https.
Origin: TypeAlias = "tuple[str, str, int | None]"


def origin_of(url: str) -> Origin | None:
    """Return the origin of a URL, read by the parser that urllib3 connects with.

    None means that the URL has no scheme or no host.
    """
    try:
        parts = parse_url(url)
    except LocationParseError:
        return None
    if not parts.scheme or not parts.host:
        return None
    scheme = parts.scheme.lower()
    return scheme, parts.host.lower(), parts.port or _DEFAULT_PORTS.get(scheme)


class Origins:
    """The origins that the token is sent to. One instance serves a session and its auth object."""

    def __init__(self, origins: Iterable[Origin]) -> None:
        self.replace(origins)

    def replace(self, origins: Iterable[Origin]) -> None:
        """Use these origins from now on."""
        values = frozenset(origins)
        # A URL that begins like this has that origin, because its authority ends at the slash.
        # This saves parsing the URL of nearly every request.
        prefixes = tuple(
            f"{scheme}://{host}{suffix}/"
            for scheme, host, port in values
            for suffix in ([f":{port}", ""] if port == _DEFAULT_PORTS.get(scheme) else [f":{port}"])
        )
        self._origins = values
        self._prefixes = prefixes

    def __iter__(self) -> Iterator[Origin]:
        return iter(self._origins)

    def contains(self, url: str) -> bool:
        """Return True if the token is sent to this URL."""
        return url.startswith(self._prefixes) or origin_of(url) in self._origins

    def are_foreign_to(self, url: str) -> bool:
        """Return True if the URL has a scheme and none of our hosts, although it may be invalid."""
        return "://" in url and not any(host in url.lower() for _, host, _ in self._origins)

    def check_https(self, url: str) -> None:
        """Raise InsecureTransport for plain http to a host that this session uses by https.

        The path and the body are confidential too, not only the token.
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
            raise InsecureTransport(
                f"refusing plain http to {origin[1]}, which this session uses by https; use https"
            )


def trusted_origin(url: str, name: str) -> Origin:
    """Return the origin of a URL that will get a token or a secret.

    ``name`` is the argument that the URL came from. Raises an error of requests if it is not an
    absolute URL, and InsecureTransport for plain http to another machine.
    """
    if not isinstance(url, str):
        raise TypeError(f"{name} must be a string, got {type(url).__name__}")
    try:
        origin = origin_of(Request("GET", url).prepare().url or "")
    except (InvalidURL, InvalidSchema, MissingSchema) as error:
        # The value is not repeated, because it may be a secret in the wrong place.
        raise type(error)(
            f"{name} must be an absolute URL that begins with https:// and a host"
        ) from None
    if origin is None or not _is_confidential(origin):
        raise InsecureTransport(f"{name} must begin with https://, got {without_query(url)}")
    return origin


def check_no_proxy(url: str, proxies: Mapping[str, str] | None) -> None:
    """Raise InsecureTransport if plain http to this machine would leave it through a proxy."""
    proxy = select_proxy(url, proxies) if url.startswith("http:") else None
    host = proxy and parse_url(prepend_scheme_if_needed(proxy, "http")).host
    if host and not _is_loopback(host):
        raise InsecureTransport(
            "refusing plain http through a proxy; use https, or add the host to NO_PROXY"
        )


def without_query(url: str) -> str:
    """Return a URL without user, query and fragment, which may be confidential."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        return "a URL that cannot be parsed"
    return parts._replace(auth=None, query=None, fragment=None).url


def _is_confidential(origin: Origin) -> bool:
    """Return True for https, and for http that does not leave this machine."""
    scheme, host, _ = origin
    return scheme == "https" or (scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
