"""The options of an `APISession`, for type checkers: those of its parent, and one more."""

from __future__ import annotations

from typing import TypedDict

from ..oauth2.session import options


class _Waits(TypedDict, total=False):
    max_rate_limit_wait: float


class APISecretOptions(options.SecretOptions, _Waits, total=False):
    """What goes with a client secret."""


class APIAssertionOptions(options.AssertionOptions, _Waits, total=False):
    """What goes with a client that signs a JWT."""


class APITLSOptions(options.TLSOptions, _Waits, total=False):
    """What goes with a client that has a TLS certificate."""


class APIFetcherOptions(options.FetcherOptions, _Waits, total=False):
    """What goes with a callable in place of the token request."""


class APISessionOptions(options.SessionOptions, _Waits, total=False):
    """All options, for `discover`."""
