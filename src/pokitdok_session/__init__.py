"""A requests session whose OAuth 2.0 token is always good, with the PokitDok API on it."""

from .errors import APIError, TokenError
from .oauth import ClientCredentialsSession
from .reply import Reply
from .session import PokitDokSession
from .stores import FileTokenStore, RedisTokenStore

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
