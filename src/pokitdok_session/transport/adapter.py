"""The adapter: how many connections are kept, what they share, and whose they are after a fork."""

from __future__ import annotations

import os
import ssl
import stat
import threading
from queue import Queue
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3.poolmanager import pool_classes_by_scheme
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from .environment import reset_after_fork
from .retries import NO_RETRIES, RetryPolicy, mark_nothing_sent, rewind_body

#: Idle connections kept for one host. Fewer than the threads in use means a TLS handshake a
#: request for those that found none; an unused place costs nothing.
POOL_SIZE = 128

#: Bytes of a body that are read and sent at a time, urllib3's own being 16 KiB.
BLOCK_SIZE = 1 << 18

#: More contexts than this are not kept at a time.
CONTEXTS = 16


class Transport(HTTPAdapter):
    """An `HTTPAdapter` for many threads, which sends nothing twice that may have been processed.

    ``retries`` is a number or a urllib3 `Retry`, as in requests; a subclass of `Retry` is taken
    as it is. A ``verify`` given here beats the session's and the environment's
    ``REQUESTS_CA_BUNDLE``.
    """

    __attrs__ = [*HTTPAdapter.__attrs__, "verify"]  # noqa: RUF012  # requests' own convention

    def __init__(self, retries: int | Retry = 0, *, verify: bool | str | None = None) -> None:
        self.verify = verify
        #: None where requests is to hand the files to urllib3, which also reads them for a proxy.
        self._contexts: SSLContextCache | None = SSLContextCache()
        super().__init__(pool_maxsize=POOL_SIZE, max_retries=RetryPolicy.of(retries))
        reset_after_fork(self)

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
        adapter = self
        if not rewind_body(request):
            # urllib3 goes back in what has a position, even when nothing has been read of it.
            never_again = NO_RETRIES if hasattr(request.body, "tell") else RetryPolicy.times(0)
            adapter = self.but(max_retries=never_again)
        if proxies and (select_proxy(request.url or "", proxies) or "").startswith("https:"):
            adapter = adapter.but(_contexts=None)
        return super(Transport, adapter).send(
            request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=BLOCK_SIZE, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if manager.pool_classes_by_scheme is pool_classes_by_scheme:  # SOCKS has its own
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Put the shared context in place of the files that it has read."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https" and self._contexts is not None:
            context = self._contexts.context(verify, cert)
            if context is not None:
                return host, {"cert_reqs": tls["cert_reqs"], "ssl_context": context}
        return host, tls

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave a pool as it is whose context has read the files; urllib3 would read them again."""
        if conn.conn_kw.get("ssl_context") is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    def but(self, **changes: Any) -> Transport:
        """Be the same adapter, over the same connections, but for some of its attributes."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **changes)
        return other

    def _reset_after_fork(self) -> None:
        reset_connections_after_fork(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._contexts = SSLContextCache()  # OpenSSL has locks of its own in each
        super().__setstate__(state)  # type: ignore[misc]
        reset_after_fork(self)


_inherited_pool_managers: list[Any] = []


def reset_connections_after_fork(adapter: HTTPAdapter) -> None:
    """Give an adapter connections of its own in a child process.

    Those of the parent are kept, unused, until the child ends. Then urllib3 closes them, which
    takes a lock that a thread of the parent may have held.
    """
    managers = [adapter.poolmanager, *adapter.proxy_manager.values()]
    _inherited_pool_managers.extend(managers)
    for manager in managers:
        for pool in list(manager.pools._container.values()):  # without the container's own lock
            idle = pool.pool
            if isinstance(idle, Queue):
                idle.mutex = threading.Lock()
                idle.not_empty = threading.Condition(idle.mutex)
                idle.not_full = threading.Condition(idle.mutex)
    adapter.__setstate__(adapter.__getstate__())  # type: ignore[attr-defined]  # not in the stubs


class HTTPSConnectionPool(urllib3.HTTPSConnectionPool):
    """Connections whose faults say when they came before anything could be sent.

    Its name is urllib3's own, which stands in the text of faults: log rules know it by that.
    """

    def _validate_conn(self, conn: Any) -> None:
        with mark_nothing_sent():
            super()._validate_conn(conn)

    def _prepare_proxy(self, conn: Any) -> None:
        with mark_nothing_sent():
            super()._prepare_proxy(conn)


_POOLS = {"http": urllib3.HTTPConnectionPool, "https": HTTPSConnectionPool}


class SSLContextCache:
    """The contexts of one adapter, by ``verify`` and ``cert`` and the files behind them.

    To read the usual bundle costs ten times what the rest of a new connection does, and requests
    reads it for each. A file that has changed makes another context.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, verify: Any, cert: Any) -> ssl.SSLContext | None:
        """Give the context of these settings; None for what requests itself must see to.

        That is a ``verify`` of another type, a folder of certificates, and what is missing or
        cannot be read: requests has the errors for it.
        """
        if not isinstance(verify, (bool, str)):
            return None
        bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH if verify else None
        pair = (cert, None) if isinstance(cert, str) else cert or (None, None)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            return None
        certificate, key = pair
        try:
            marks = [_mark(path) for path in (bundle, certificate, key) if path]
        except OSError:
            return None
        made_from = (bundle, certificate, key, *marks, os.environ.get("SSLKEYLOGFILE"))
        context = self._kept.get(made_from)
        if context is None:
            with self._lock:  # many threads begin at once, and one reads for all
                context = self._kept.get(made_from) or self._make(made_from)
        return context

    def _make(self, made_from: Any) -> ssl.SSLContext | None:
        if len(self._kept) >= CONTEXTS:
            self._kept.clear()
        try:
            context = self._kept[made_from] = _make(*made_from[:3])
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            return None
        return context


def _mark(path: str) -> tuple[float, int, int]:
    """Tell a file from what it was; raise OSError for what is no file."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(path)
    return status.st_mtime, status.st_size, status.st_ino


def _make(bundle: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    reqs = ssl.CERT_NONE if bundle is None else ssl.CERT_REQUIRED
    context = create_urllib3_context(cert_reqs=reqs)
    if bundle is not None:
        context.load_verify_locations(bundle)
    if certificate is not None:
        context.load_cert_chain(certificate, key, password=_refuse)
    return context


def _refuse() -> str:
    """Be the passphrase of a key that has one, instead of a question at the terminal."""
    raise ValueError("the client's key is encrypted")
