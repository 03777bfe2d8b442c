"""A requests session whose OAuth 2.0 token is always good, with the PokitDok API on it."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "APIError",
    "APISession",
    "ClientCredentialsSession",
    "FileTokenStore",
    "Outcome",
    "PokitDokSession",
    "PrivateKeyJWT",
    "RedisPace",
    "RedisTokenStore",
    "Reply",
    "Resource",
    "TokenError",
    "TokenStore",
    "Verdict",
    "verdict_on",
]
__version__ = "0.1.0"

# Imported when first named (PEP 562): a session for another provider loads none of the API.
_WHEN_NAMED = {
    "APIError": ".api.errors",
    "APISession": ".api.session",
    "ClientCredentialsSession": ".oauth2.session",
    "FileTokenStore": ".oauth2.stores.file",
    "Outcome": ".api.batch.outcome",
    "PokitDokSession": ".pokitdok.session",
    "RedisPace": ".api.batch.redis_pace",
    "PrivateKeyJWT": ".oauth2.client_auth.assertion",
    "RedisTokenStore": ".oauth2.stores.redis",
    "Reply": ".api.reply",
    "Resource": ".api.resource",
    "TokenError": ".oauth2.errors",
    "TokenStore": ".oauth2.stores.base",
    "Verdict": ".api.verdict",
    "verdict_on": ".api.verdict",
}

if TYPE_CHECKING:
    from .api.batch.outcome import Outcome
    from .api.batch.redis_pace import RedisPace
    from .api.errors import APIError
    from .api.reply import Reply
    from .api.resource import Resource
    from .api.session import APISession
    from .api.verdict import Verdict, verdict_on
    from .oauth2.client_auth.assertion import PrivateKeyJWT
    from .oauth2.errors import TokenError
    from .oauth2.session import ClientCredentialsSession
    from .oauth2.stores.base import TokenStore
    from .oauth2.stores.file import FileTokenStore
    from .oauth2.stores.redis import RedisTokenStore
    from .pokitdok.session import PokitDokSession
else:

    def __getattr__(name):
        if name not in _WHEN_NAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_WHEN_NAMED[name], __name__), name)
        return globals().setdefault(name, value)

    def __dir__():
        return sorted({*globals(), *__all__})
