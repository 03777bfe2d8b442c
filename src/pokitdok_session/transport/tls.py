"""TLS contexts that are shared by the connections of an adapter."""

from __future__ import annotations

import os
import ssl
import stat
import threading
from typing import Any

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import parse_url, ssl_

from .redaction import iter_causes

#: Contexts that are cached at a time.
MAX_CONTEXTS = 16


class SSLContextCache:
    """TLS contexts by ``verify``, ``cert`` and the versions of the files that they name.

    Reading the default CA bundle takes ten times as long as the rest of a new connection, and
    requests reads it for each. A file that has changed makes another context.
    """

    def __init__(self) -> None:
        self._contexts: dict[Any, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def get(self, verify: Any, cert: Any) -> ssl.SSLContext | None:
        """Return the context of these settings, or None if requests has to handle them.

        requests handles a folder of certificates, a ``verify`` of another type, and files that
        are missing or invalid: it has the errors for them.
        """
        if not isinstance(verify, (bool, str)):
            return None
        bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH if verify else None
        pair = (cert, None) if isinstance(cert, str) else cert or (None, None)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            return None
        certificate, key = pair
        try:
            versions = [_file_version(path) for path in (bundle, certificate, key) if path]
        except OSError:
            return None
        # The classes, because truststore replaces them: a context of the replaced class recurses.
        classes = (ssl.SSLContext, vars(ssl_).get("SSLContext"), ssl_.create_urllib3_context)
        keylog = os.environ.get("SSLKEYLOGFILE")
        cache_key = (bundle, certificate, key, *versions, keylog, *classes)
        context = self._contexts.get(cache_key)
        if context is None:
            with self._lock:  # threads that start together read the files once
                context = self._contexts.get(cache_key)
                if context is None:
                    context = self._create(cache_key)
        return context

    def _create(self, cache_key: Any) -> ssl.SSLContext | None:
        if len(self._contexts) >= MAX_CONTEXTS:
            self._contexts.clear()
        try:
            context = self._contexts[cache_key] = create_context(*cache_key[:3])
        except (OSError, ValueError):  # ssl.SSLError is an OSError
            return None
        return context


def create_context(bundle: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """Return a client context that trusts ``bundle``; None turns verification off."""
    context = ssl_.create_urllib3_context(
        cert_reqs=ssl.CERT_NONE if bundle is None else ssl.CERT_REQUIRED
    )
    if bundle is not None:
        context.load_verify_locations(bundle)
    if certificate is not None:
        context.load_cert_chain(certificate, key, password=_fail_on_encrypted_key)
    return context


def _file_version(path: str) -> tuple[float, int, int]:
    """Return what changes with the content of a file; raise OSError if it is not a file."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(path)
    return status.st_mtime, status.st_size, status.st_ino


def _fail_on_encrypted_key() -> str:
    """Raise ValueError in place of OpenSSL's question for a passphrase at the terminal."""
    raise ValueError("the key of the client certificate must not be encrypted")


def explain_certificate_error(error: requests.exceptions.SSLError, verify: Any) -> None:
    """If a server's certificate was not accepted, say why, and with which CA bundle."""
    for cause in iter_causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            url = parse_url(getattr(error.request, "url", None) or "")
            bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
            error.__cause__ = cause
            error.args = (
                f"certificate verify failed for {url.scheme}://{url.netloc}: "
                f"{cause.verify_message} (CA bundle: {bundle}; verify or REQUESTS_CA_BUNDLE "
                "must name one with the authority of the certificate)",
            )
            return
