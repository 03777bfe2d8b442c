"""The throwaway certificate: who signs for the sandbox, and how a client comes to trust it."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import trustme


class Certificate:
    """A certificate for the loopback names, and the authority that vouches for it alone."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="PokitDok sandbox, for tests only")
        self._leaf = self._authority.issue_cert("localhost", "127.0.0.1", "::1")

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The platform switched off 1.0 and 1.1 in December 2016.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._leaf.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """A context that trusts this authority and no other."""
        return ssl.create_default_context(cadata=self._authority.cert_pem.bytes().decode())

    def write_authority(self) -> Path:
        """Write the authority's certificate to a file of its own, readable by the owner alone."""
        descriptor, name = tempfile.mkstemp(prefix="pokitdok-sandbox-", suffix=".pem")
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._authority.cert_pem.bytes())
        return Path(name)
