"""Where the token can go: the origin of a URL, and which origins are safe."""

from __future__ import annotations

import ipaddress
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from requests import Request
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ..transport.redaction import without_query
from .errors import InsecureHostWarning, InsecureTransport

_PACKAGE = __name__.partition(".")[0] + "."

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
    """The origins that the token is sent to. One instance serves a session and its auth object.

    Plain http is allowed to ``insecure_hosts`` only, and to loopback.
    """

    def __init__(
        self, origins: Iterable[Origin], insecure_hosts: frozenset[str] = frozenset()
    ) -> None:
        self.insecure_hosts = insecure_hosts
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
        """Return True if the token is sent to this URL.

        `TokenAuth` asks when a request is prepared, and again for each redirect and replay.
        """
        return url.startswith(self._prefixes) or origin_of(url) in self._origins

    def trust(self, url: str, name: str) -> Origin:
        """Return the origin of a URL that will get a token or a secret.

        ``name`` is the argument that the URL came from. Raises an error of requests if it is not
        an absolute URL, and InsecureTransport for plain http to another machine that is not named
        in ``insecure_hosts``.
        """
        if not isinstance(url, str):
            raise TypeError(f"{name} must be a string, got {type(url).__name__}")
        # The value is repeated only if it is a URL: it may be a secret in the wrong place.
        message = f"{name} must be an absolute URL that begins with https:// and a host"
        try:
            origin = origin_of(Request("GET", url).prepare().url or "")
        except (InvalidURL, InvalidSchema, MissingSchema) as error:
            raise type(error)(message) from None
        if origin is None or not _may_get_a_token(origin, self.insecure_hosts):
            if origin is not None and origin[0] == "http":
                message = (
                    f"{name} must begin with https://, got {without_query(url)}. If token and "
                    f"secret may be read on the way, insecure_hosts=[{origin[1]!r}] allows plain "
                    "http; OAUTHLIB_INSECURE_TRANSPORT is ignored"
                )
            raise InsecureTransport(message)
        return origin

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
            and not _may_get_a_token(origin, self.insecure_hosts)
            and origin[1] in {host for _, host, _ in self._origins}
        ):
            raise InsecureTransport(
                f"refusing plain http to {origin[1]}, which this session uses by https; use https"
            )


def host_names(hosts: Any, argument: str) -> frozenset[str]:
    """Return host names, spelt as in a prepared URL; raise TypeError or ValueError for others."""
    if isinstance(hosts, str) or not isinstance(hosts, Iterable):
        raise TypeError(f"{argument} must be a list of host names, got {type(hosts).__name__}")
    return frozenset(_host_name(host, argument) for host in hosts)


def _host_name(host: Any, argument: str) -> str:
    if not isinstance(host, str):
        raise TypeError(f"{argument} must hold host names, got {type(host).__name__}")
    name, url = None, ""
    try:
        url = Request("GET", f"http://{host}").prepare().url or ""
        name = parse_url(url).host
    except (InvalidURL, LocationParseError):
        pass
    if name is None or {"/", " "} & {*host} or url != f"http://{name}/":
        shown = "a URL with a password" if "@" in host else repr(host)
        raise ValueError(
            f"{argument} must hold host names without scheme, port and path, got {shown}"
        )
    return name


def warn_of_insecure_hosts(hosts: Iterable[str]) -> None:
    """Warn the code that builds a session; the warning points to its line."""
    frame, level = sys._getframe(), 1
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(
        f"insecure_hosts={sorted(hosts)}: token, secret and data can be read on the way to these "
        "hosts, because plain http is allowed; use https outside of a network of your own",
        InsecureHostWarning,
        stacklevel=level,
    )


def check_no_proxy(url: str, proxies: Mapping[str, str] | None) -> None:
    """Raise InsecureTransport if plain http to this machine would leave it through a proxy."""
    proxy = select_proxy(url, proxies) if url.startswith("http:") else None
    host = proxy and parse_url(prepend_scheme_if_needed(proxy, "http")).host
    if host and not _is_loopback(host):
        raise InsecureTransport(
            f"refusing plain http to {parse_url(url).host} through a proxy; use https, or add the "
            "host to NO_PROXY"
        )


def _may_get_a_token(origin: Origin, insecure_hosts: frozenset[str]) -> bool:
    """Return True for https, and for http that stays on this machine or is allowed."""
    scheme, host, _ = origin
    return scheme == "https" or (
        scheme == "http" and (host in insecure_hosts or _is_loopback(host))
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
