"""The sandbox's certificate: a new authority per sandbox, and how a client trusts it."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import trustme


class Certificate:
    """A certificate for the loopback names, signed by an authority that signs nothing else."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="PokitDok sandbox, for tests only")
        self._leaf = self._authority.issue_cert("localhost", "127.0.0.1", "::1")

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The platform switched TLS 1.0 and 1.1 off in December 2016.
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._leaf.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts only this authority."""
        return ssl.create_default_context(cadata=self._authority.cert_pem.bytes().decode())

    def write_authority(self) -> Path:
        """Write the authority's certificate to a temporary file that only the owner can read."""
        descriptor, name = tempfile.mkstemp(prefix="pokitdok-sandbox-", suffix=".pem")
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._authority.cert_pem.bytes())
        return Path(name)
