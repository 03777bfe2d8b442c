"""A requests session whose OAuth 2.0 token is always good, with the PokitDok API on it."""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import APIError, TokenError
from .oauth import ClientCredentialsSession

__all__ = [
    "APIError",
    "ClientCredentialsSession",
    "FileTokenStore",
    "PokitDokSession",
    "RedisTokenStore",
    "Reply",
    "TokenError",
]
__version__ = "0.1.0"

# Imported when first named (PEP 562): a session for another provider loads none of the API.
_WHEN_NAMED = {
    "FileTokenStore": ".stores",
    "PokitDokSession": ".session",
    "RedisTokenStore": ".stores",
    "Reply": ".reply",
}

if TYPE_CHECKING:
    from .reply import Reply
    from .session import PokitDokSession
    from .stores import FileTokenStore, RedisTokenStore
else:

    def __getattr__(name):
        if name not in _WHEN_NAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_WHEN_NAMED[name], __name__), name)
        return globals().setdefault(name, value)

    def __dir__():
        return sorted({*globals(), *__all__})
