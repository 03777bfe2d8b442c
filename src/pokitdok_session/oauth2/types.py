"""The types of what the OAuth 2.0 layer gives out."""

from __future__ import annotations

from typing import TypedDict


class _Required(TypedDict):
    access_token: str


class TokenDict(_Required, total=False):
    """A token as ``session.token`` and ``token_updater`` have it; ``expires_at`` is epoch seconds.

    RFC 6749 section 5.1 names the other members.
    """

    token_type: str
    expires_in: float
    expires_at: float
    scope: list[str] | str
