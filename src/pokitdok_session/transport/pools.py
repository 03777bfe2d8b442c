"""Connection pools that know what a lost connection has carried."""

from __future__ import annotations

import functools
import io
import logging
import math
import ssl
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import urllib3

from .deadline import DeadlineReader, current, limit_connect
from .in_doubt import IDEMPOTENT_METHODS, mark

log = logging.getLogger(__name__)

#: How a connection ends that the server has closed.
_LOST = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class _Response(HTTPResponse):
    """A response that marks an exception raised after its first byte has arrived."""

    def begin(self) -> None:
        has_begun = self.fp.peek(1) != b""
        try:
            super().begin()
        except ConnectionError as error:
            error.response_has_begun = has_begun  # type: ignore[attr-defined]
            raise


class _LimitedResponse(_Response):
    """A response that must be complete at the deadline of its thread."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        stream = DeadlineReader(self.fp.detach(), sock, current.deadline)
        self.fp: Any = io.BufferedReader(stream)


class _ResendingPool(urllib3.HTTPConnectionPool):
    """A pool that sends a request again if the server had closed the idle connection.

    A server closes an idle connection without notice, and a request can be on its way at that
    moment. If the connection was reused and no byte of a response came, an idempotent request
    is sent once more, on a new connection; Go's net/http does the same.
    """

    def _get_conn(self, timeout: Any = None) -> Any:
        conn: Any = super()._get_conn(timeout)
        conn.is_reused = conn.sock is not None  # urllib3 has closed it if the end was noticed
        conn.response_class = _Response if current.deadline == math.inf else _LimitedResponse
        return conn

    def _validate_conn(self, conn: Any) -> None:
        limit_connect(conn)
        super()._validate_conn(conn)

    def _make_request(self, conn: Any, method: str, *args: Any, **options: Any) -> Any:
        if not conn.is_reused:
            return super()._make_request(conn, method, *args, **options)
        rewind = _rewinder(options.get("body"))
        try:
            return super()._make_request(conn, method, *args, **options)
        except _LOST as error:
            if getattr(error, "response_has_begun", False):
                raise
            error.reused_connection_closed = True  # type: ignore[union-attr]
            if method not in IDEMPOTENT_METHODS or rewind is None:
                raise
        log.debug("the server closed an idle connection: %s is sent on a new one", method)
        rewind()
        conn.close()
        with mark("was_sent_before"):
            if self.proxy is not None and self.scheme == "https":
                self._prepare_proxy(conn)
            return super()._make_request(conn, method, *args, **options)


class HTTPConnectionPool(_ResendingPool):
    """It has the name of urllib3's own class, which exception texts and log rules show."""


class HTTPSConnectionPool(_ResendingPool, urllib3.HTTPSConnectionPool):
    """A pool that also marks exceptions raised before the request could be sent."""

    def _validate_conn(self, conn: Any) -> None:
        with mark("nothing_was_sent"):
            super()._validate_conn(conn)

    def _prepare_proxy(self, conn: Any) -> None:
        limit_connect(conn)
        with mark("nothing_was_sent"):
            super()._prepare_proxy(conn)


POOL_CLASSES = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}


def _rewinder(body: Any) -> Callable[[], object] | None:
    """Return a function that puts a body back to its position; None if that is impossible."""
    if body is None or isinstance(body, (bytes, str)):
        return lambda: None
    try:
        return functools.partial(body.seek, body.tell())
    except (AttributeError, OSError, ValueError):
        return None
