"""The adapter: how many connections are kept, and which faults of the wire may be sent again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

#: Idle connections kept for one host. Fewer than the threads in use means a TLS handshake a
#: request for those that found none; an unused place costs nothing.
POOL_SIZE = 128

#: A connection that was never made carried nothing: it is made again, twice.
_CONNECT_AGAIN = 2


class Transport(HTTPAdapter):
    """An `HTTPAdapter` for many threads.

    ``retries`` is a number or a urllib3 `Retry`, as in requests. A ``verify`` given here beats
    the session's and the environment's ``REQUESTS_CA_BUNDLE``.
    """

    __attrs__ = [*HTTPAdapter.__attrs__, "verify"]  # noqa: RUF012  # requests' own convention

    def __init__(self, retries: int | Retry = 0, *, verify: bool | str | None = None) -> None:
        self.verify = verify
        super().__init__(pool_maxsize=POOL_SIZE, max_retries=_policy(retries))

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        if self.verify is not None:
            verify = self.verify
        return super().send(request, stream, timeout, verify, cert, proxies)


def _policy(retries: int | Retry) -> Retry:
    if isinstance(retries, Retry):
        return retries
    if retries == 0:
        return Retry(
            total=None, connect=_CONNECT_AGAIN, read=False, status=0, other=0, backoff_factor=0.2
        )
    return Retry(
        total=retries,
        backoff_factor=0.2,
        status_forcelist=(429, 502, 503, 504),
        raise_on_status=False,
    )


def seconds_of_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3); None where it says nothing."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def server_time(headers: Mapping[str, str]) -> float:
    """Read the server's clock from its Date header, in epoch seconds; ours where it has none."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return time.time()


def rewind(request: requests.PreparedRequest) -> bool:
    """Make the body ready to be sent again, whole; False where that cannot be.

    None, bytes and text need nothing, and a file goes back to where it was. requests notes that
    place in ``_body_position`` (also None for a generator, which would be sent again empty).
    """
    if request.body is None or isinstance(request.body, (bytes, str)):
        return True
    if request._body_position is None:
        return False
    try:
        requests.utils.rewind_body(request)
    except (requests.exceptions.UnrewindableBodyError, ValueError):
        return False
    return True
