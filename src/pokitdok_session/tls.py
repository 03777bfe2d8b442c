"""One SSLContext for the connections of an adapter, as long as what it is made of is the same."""

from __future__ import annotations

import os
import ssl
import stat
import threading
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

#: More contexts than this are not kept at a time.
CONTEXTS = 16


class Contexts:
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
        certificate, key = (cert, None) if isinstance(cert, str) or cert is None else cert
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
