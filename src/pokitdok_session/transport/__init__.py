"""HTTP below the session: adapter, TLS, retries, redaction, environment, fork. Knows no tokens."""

from .adapter import Transport

__all__ = ["Transport"]
