"""Whether a token that the API refused with a 401 is replaced; `auth` replays the request."""

from __future__ import annotations

import logging

from .token import Token

log = logging.getLogger(__name__)

#: Seconds during which a fresh token that was refused is not replaced again: its age cannot be
#: the reason.
REJECTED_TOKEN_COOLDOWN = 30.0

#: Seconds during which an API that does not know the newest token yet gets the older one.
SET_ASIDE_SECONDS = 5.0

#: How many fresh tokens in a row may be refused before renewals are slowed down.
MAX_YOUNG_REJECTIONS = 5


class Rejections:
    """Decides whether a refused token is replaced. The lock of its `TokenSource` guards it.

    Three cases are told apart:

    - An old token was refused: replace it.
    - A token renewed ahead of expiry was refused in its first seconds, because a server of the
      API does not know it yet: set it aside and use the older one, which is still valid.
    - One fresh token after the other is refused: another process invalidates them. Such a
      provider keeps one token per client, and the processes must share a store.
    """

    def __init__(self) -> None:
        self._rejected_until = 0.0
        self._young_rejections = 0
        self._refused: Token | None = None
        self._older: Token | None = None
        self._set_aside: Token | None = None
        self._set_aside_until = 0.0

    @property
    def suspects_a_rival(self) -> bool:
        """True if another process seems to invalidate each token that this one fetches."""
        return self._young_rejections >= MAX_YOUNG_REJECTIONS

    @property
    def has_set_aside(self) -> bool:
        return self._set_aside is not None

    def is_due(self, now: float) -> bool:
        """Return True if the token that was set aside can be tried again."""
        return now >= self._set_aside_until

    def take_set_aside(self) -> Token | None:
        token, self._set_aside = self._set_aside, None
        return token

    def remember_older(self, older: Token | None, newer: Token) -> None:
        """Note which token a newer one replaces, unless that one was refused."""
        self._set_aside = None  # the new token is newer
        no_help = (newer.access_token, self._refused and self._refused.access_token)
        self._older = older if older is not None and older.access_token not in no_help else None

    def other_token(self, refused: Token | None, now: float) -> Token | None:
        """Return a token to use in place of the refused one without a renewal, if there is one."""
        if self._set_aside is not None:  # the older token was refused as well
            return self.take_set_aside()
        older, self._older = self._older, None
        if refused is None or older is None or now >= older.usable_until:
            return None
        if not refused.is_young(now, SET_ASIDE_SECONDS):
            return None
        self._set_aside, self._set_aside_until = refused, now + SET_ASIDE_SECONDS
        return older

    def allows_renewal(self, refused: Token | None, now: float) -> bool:
        """Return False while a refused token is not to be replaced."""
        if now < self._rejected_until:
            return False
        if refused is not None and refused is self._refused:
            return True  # many requests may have carried it; it counts once
        self._refused = refused
        if refused is None or not refused.is_young(now, REJECTED_TOKEN_COOLDOWN):
            self._young_rejections = 0
            return True
        self._young_rejections += 1
        excess = self._young_rejections - MAX_YOUNG_REJECTIONS
        if excess >= 0:
            self._rejected_until = now + min(REJECTED_TOKEN_COOLDOWN, 2.0**excess)
            log.warning(
                "%d tokens in a row were refused soon after they were granted; "
                "if other processes use this client, give all of them the same store",
                self._young_rejections,
            )
        return True

    def mark(self, token: Token, now: float) -> bool:
        """Note that a token was refused; return True if it was fresh."""
        is_fresh = token.is_young(now, REJECTED_TOKEN_COOLDOWN)
        if is_fresh:
            self._rejected_until = now + min(REJECTED_TOKEN_COOLDOWN, token.lifetime)
        return is_fresh
