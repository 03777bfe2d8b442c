"""TLS contexts that are shared by the connections of an adapter, and what is wrong with TLS."""

from __future__ import annotations

import os
import ssl
import threading
from typing import Any

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import parse_url, ssl_

from .redaction import iter_causes

#: Contexts that are cached at a time.
MAX_CONTEXTS = 16

# Codes of OpenSSL's X509_STORE_CTX_get_error(3), which another CA bundle would not change.
_OUTSIDE_VALIDITY = (9, 10)  # the certificate is not yet valid, has expired
_OTHER_NAME = (62, 64)  # it is for another host, for another IP address


class TLSFileError(requests.exceptions.SSLError):
    """A CA bundle, a client certificate or its key cannot be used. Nothing was sent.

    No request can succeed until ``setting``, ``"verify"`` or ``"cert"``, names a usable file.
    """

    def __init__(self, message: str = "a TLS file cannot be used", *, setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class SSLContextCache:
    """TLS contexts by ``verify``, ``cert`` and the versions of the files that they name.

    Reading the default CA bundle takes ten times as long as the rest of a new connection, and
    requests reads it for each. A file that has changed makes another context.
    """

    def __init__(self) -> None:
        self._contexts: dict[Any, ssl.SSLContext | None] = {}
        self._lock = threading.Lock()

    def get(self, verify: Any, cert: Any) -> ssl.SSLContext | None:
        """Return the context of these settings, or None if requests has to handle them.

        requests handles a folder of certificates, settings of another type, pyOpenSSL, and files
        that are missing: it has the errors for those. Raises TLSFileError for an invalid file.
        """
        if ssl_.IS_PYOPENSSL:
            return None
        if not isinstance(verify, (bool, str)):
            if not isinstance(verify, (bytes, os.PathLike)):
                return None
            verify = os.fsdecode(verify)
        if verify == "":  # which requests takes for False
            return None
        bundle = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH if verify else None
        pair = (cert, None) if isinstance(cert, (str, bytes)) else cert or (None, None)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            return None
        certificate, key = pair
        try:
            versions = [_file_version(path) for path in (bundle, certificate, key) if path]
        except (OSError, ValueError):  # ValueError: a path with a null character
            return None
        # The classes, because truststore replaces them: a context of the replaced class recurses.
        classes = (ssl.SSLContext, vars(ssl_).get("SSLContext"), ssl_.create_urllib3_context)
        keylog = os.environ.get("SSLKEYLOGFILE")
        cache_key = (bundle, certificate, key, *versions, keylog, *classes)
        try:
            return self._contexts[cache_key]
        except KeyError:
            with self._lock:  # threads that start together read the files once
                if cache_key not in self._contexts:
                    self._create(cache_key)
                return self._contexts[cache_key]

    def _create(self, cache_key: Any) -> None:
        if len(self._contexts) >= MAX_CONTEXTS:
            self._contexts.clear()
        context = create_context(*cache_key[:3])  # also reads a certificate beside a folder
        is_folder = cache_key[0] is not None and os.path.isdir(cache_key[0])
        self._contexts[cache_key] = None if is_folder else context


def create_context(bundle: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """Return a client context that trusts ``bundle``; None turns verification off.

    Raises TLSFileError, which names the file, if one of them cannot be used.
    """
    context = ssl_.create_urllib3_context(
        cert_reqs=ssl.CERT_NONE if bundle is None else ssl.CERT_REQUIRED
    )
    if bundle is not None and not os.path.isdir(bundle):
        try:
            context.load_verify_locations(bundle)
        except OSError as error:  # ssl.SSLError is one
            raise TLSFileError(
                f"the CA bundle {bundle} cannot be used: {_problem(error, 'certificate')}; verify "
                "or REQUESTS_CA_BUNDLE must name a PEM file of certificates",
                setting="verify",
            ) from error
    if certificate:
        try:
            context.load_cert_chain(certificate, key, password=_fail_on_encrypted_key)
        except (OSError, ValueError) as error:
            problem = _client_certificate_problem(certificate, key or certificate, error)
            raise TLSFileError(problem, setting="cert") from error
    return context


def _client_certificate_problem(certificate: str, key: str, error: Exception) -> str:
    """Return which file of a client certificate is wrong, and what must be there."""
    if not isinstance(error, OSError):
        return f"{error}, got {key}"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certificate)
    except OSError as wrong:
        what = f"client certificate {certificate} cannot be used: {_problem(wrong, 'certificate')}"
    else:
        problem = _problem(error, "private key of that certificate")
        what = f"key {key} of the client certificate cannot be used: {problem}"
    return (
        f"the {what}; cert must name a PEM file with the certificate and its key, or be a pair of "
        "two files"
    )


def _problem(error: OSError, content: str) -> str:
    if not isinstance(error, ssl.SSLError):
        return error.strerror or type(error).__name__
    reason = f" ({error.reason})" if getattr(error, "reason", None) else ""
    return f"it does not hold a valid {content} in PEM form{reason}"


def _file_version(path: str | bytes) -> tuple[float, int, int]:
    """Return what changes with the content of a file; raise OSError if there is none."""
    status = os.stat(path)
    return status.st_mtime, status.st_size, status.st_ino


def _fail_on_encrypted_key() -> str:
    """Raise ValueError in place of OpenSSL's question for a passphrase at the terminal."""
    raise ValueError("the key of the client certificate must not be encrypted")


def explain_certificate_error(error: requests.exceptions.SSLError, verify: Any) -> None:
    """If a server's certificate was not accepted, say why, and what to do."""
    for cause in iter_causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            url = parse_url(getattr(error.request, "url", None) or "")
            error.__cause__ = cause
            error.args = (
                f"certificate verify failed for {url.scheme}://{url.netloc}: "
                f"{certificate_advice(cause, verify)}",
            )
            return


def certificate_advice(error: ssl.SSLCertVerificationError, verify: object) -> str:
    """Return what is wrong with the certificate of a server, and what to do about it."""
    bundle = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
    # truststore may raise one without these two.
    problem = getattr(error, "verify_message", "the certificate is not trusted")
    code = getattr(error, "verify_code", None)
    if code in _OUTSIDE_VALIDITY:
        return f"{problem}: check this machine's clock, or tell the operator of the server"
    if code in _OTHER_NAME:
        return f"{problem}: the URL must have a host name of the certificate"
    return (
        f"{problem} (CA bundle: {bundle}; verify or REQUESTS_CA_BUNDLE must name one with the "
        "authority of the certificate)"
    )
