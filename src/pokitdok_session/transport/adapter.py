"""The adapter: how many connections are kept, what they share, and how a fork replaces them."""

from __future__ import annotations

import threading
from queue import Queue
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError
from requests.utils import select_proxy
from urllib3.poolmanager import pool_classes_by_scheme
from urllib3.util.retry import Retry

from .fork import reset_after_fork
from .in_doubt import mark
from .pools import POOL_CLASSES
from .retries import NO_RETRIES, RetryPolicy, rewind_body
from .tls import SSLContextCache, TLSFileError, explain_certificate_error

#: Idle connections that are kept per host. With fewer than there are threads, each thread that
#: finds none makes a TLS handshake per request. An unused place costs nothing.
POOL_SIZE = 128

#: Bytes of a body that are read and sent at a time; urllib3's own value is 16 KiB.
BLOCK_SIZE = 1 << 18


class Transport(HTTPAdapter):
    """An `HTTPAdapter` for many threads. It sends no POST twice that may have been processed.

    ``retries`` is a number or a urllib3 `Retry`. A ``verify`` given here takes precedence over
    the session's and over the environment variable ``REQUESTS_CA_BUNDLE``.
    """

    __attrs__ = [*HTTPAdapter.__attrs__, "verify"]  # noqa: RUF012  # requests' own convention

    #: False if urllib3 has to read the files, which it also does for a proxy's certificate.
    _shares_contexts = True

    def __init__(self, retries: int | Retry = 0, *, verify: bool | str | None = None) -> None:
        self.verify = verify
        self._contexts = SSLContextCache()
        super().__init__(pool_maxsize=POOL_SIZE, max_retries=RetryPolicy.from_value(retries))
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
        if (policy := getattr(request, "max_retries", None)) is not None:
            adapter = self.replace(max_retries=policy)  # a token request has its own retries
        elif not rewind_body(request):
            # urllib3 rewinds a body that has a position even if nothing of it was read.
            has_position = hasattr(request.body, "tell")
            adapter = self.replace(
                max_retries=NO_RETRIES if has_position else RetryPolicy.from_count(0)
            )
        if proxies and (select_proxy(request.url or "", proxies) or "").startswith("https:"):
            adapter = adapter.replace(_shares_contexts=False)
        try:
            return super(Transport, adapter).send(
                request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies
            )
        except SSLError as error:
            error.request = error.request or request
            explain_certificate_error(error, verify)
            raise

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, blocksize=BLOCK_SIZE, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOL_CLASSES
        if "ssl_context" in kwargs:  # a subclass has its own
            self._shares_contexts = False

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if manager.pool_classes_by_scheme is pool_classes_by_scheme:  # SOCKS has its own
            manager.pool_classes_by_scheme = POOL_CLASSES
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        with mark("nothing_was_sent"):
            return super().get_connection_with_tls_context(*args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Replace the names of the files by the shared context that has read them."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            context = self._contexts.get(verify, cert)  # which also checks the files
            if context is not None and self._shares_contexts:
                return host, {"cert_reqs": tls["cert_reqs"], "ssl_context": context}
            tls.pop("ssl_context", None)  # of requests before 2.32.5: no file was checked for it
        return host, tls

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave a pool with a shared context alone: urllib3 would read the files again."""
        if not self._shares_contexts or conn.conn_kw.get("ssl_context") is None:
            for setting, files in (("verify", None), ("cert", cert)):
                try:
                    super().cert_verify(conn, url, verify, files)  # type: ignore[no-untyped-call]
                except OSError as error:  # requests raises it bare for a file that is missing
                    with mark("nothing_was_sent"):
                        raise TLSFileError(str(error), setting=setting) from error

    def replace(self, **attributes: Any) -> Transport:
        """Return a copy that shares connections, with some attributes replaced."""
        twin = object.__new__(type(self))  # `copy.copy` would make new connections
        for name, value in {**vars(self), **attributes}.items():
            setattr(twin, name, value)
        return twin

    def _reset_after_fork(self) -> None:
        reset_connections_after_fork(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._contexts = SSLContextCache()  # a context cannot be pickled
        super().__setstate__(state)  # type: ignore[misc]
        reset_after_fork(self)


_inherited_pool_managers: list[Any] = []


def reset_connections_after_fork(adapter: HTTPAdapter) -> None:
    """Replace the connections of an adapter in a child process.

    The parent's are kept unused until the child ends. When the interpreter ends, urllib3 closes
    them, which takes a lock that a thread of the parent may have held: it is replaced here.
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
