"""A token: what a response grants and how long it can be used. It does no I/O and never waits."""

from __future__ import annotations

import hashlib
import logging
import math
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

#: Lifetime in seconds when the response does not state one (RFC 6749 section 5.1 only
#: recommends ``expires_in``). If the token ends sooner, a 401 tells.
DEFAULT_LIFETIME = 3600.0

#: Ten years in seconds. A longer lifetime is cut to this, so that no clock overflows.
MAX_LIFETIME = 10 * 365 * 86_400.0

# A header value: no control characters, only latin-1, no space at either end.
_HEADER_SAFE = r"[\x21-\x7e\xa1-\xff]+( +[\x21-\x7e\xa1-\xff]+)*"


class AccessToken(NamedTuple):
    """A token that is usable now, and its expiry in seconds since the epoch."""

    access_token: str
    expires_at: float

    def __repr__(self) -> str:
        return f"AccessToken(<redacted>, expires_at={self.expires_at:.0f})"


log = logging.getLogger(__name__)

#: Token types that need a proof with every request (RFC 9449, RFC 9200 and older drafts), and
#: the one of RFC 8693 that is not an access token.
_PROOF_TYPES = frozenset({"dpop", "mac", "pop", "n_a"})

# What a log record repeats of a token type: words, and nothing as long as a token.
_TYPE_NAME = r"[a-z]+([ _-][a-z]+){0,3}"


class Token(NamedTuple):
    """An access token and its two time limits, which scale with the lifetime that was granted.

    ::

        granted             renew_from       usable_until   expires
           |--------------------|------------------|-----------|
             every request       requests use it,    a request waits
             uses it             one renewal runs    for the next token

    ``renew_from`` and ``usable_until`` are seconds of the monotonic clock, so a wall clock that
    jumps moves neither. ``response`` is what the server sent, with the absolute expiry as
    ``expires_at`` (seconds since the epoch). ``has_stated_lifetime`` is False when the response
    had no ``expires_in`` and the lifetime is our default.
    """

    access_token: str
    response: dict[str, Any]
    lifetime: float
    renew_from: float
    usable_until: float
    has_stated_lifetime: bool

    @classmethod
    def from_response(
        cls, response: Mapping[str, Any], *, requested_at: float, now: float
    ) -> Token:
        """Read a token response (RFC 6749 section 5.1) to a request sent at ``requested_at``.

        Raises ValueError if no request can use the token. The text quotes nothing of it.
        """
        lifetime = _seconds(response.get("expires_in"))
        if lifetime is None:
            lifetime = DEFAULT_LIFETIME
        return cls._build(response, lifetime, expiry=requested_at + lifetime, now=now)

    @classmethod
    def from_saved(cls, saved: Mapping[str, Any], *, now: float) -> Token:
        """Read a token that was saved as a dict with ``expires_at`` (seconds since the epoch).

        Without ``expires_at`` its lifetime begins now. Raises ValueError if it is no usable token.
        """
        expires_at = read_number(saved.get("expires_at"))
        try:
            if expires_at is None:
                return cls.from_response(saved, requested_at=now, now=now)
            remaining = expires_at - time.time()
            lifetime = _seconds(saved.get("expires_in"))
            if lifetime is None:
                lifetime = min(max(remaining, 0.0), MAX_LIFETIME)
            return cls._build(saved, lifetime, expiry=now + min(remaining, lifetime), now=now)
        except ValueError as reason:
            raise ValueError(
                f"token must be a dict with access_token and expires_at, but {reason}"
            ) from None

    @classmethod
    def _build(
        cls, response: Mapping[str, Any], lifetime: float, *, expiry: float, now: float
    ) -> Token:
        access_token = response.get("access_token")
        if access_token is None or access_token == "":
            raise ValueError("it has no access_token")
        if not isinstance(access_token, str) or not re.fullmatch(_HEADER_SAFE, access_token):
            raise ValueError("its access_token cannot be sent in a header")
        _check_token_type(response.get("token_type"))
        # oauthlib gives whole seconds.
        expires_in = int(lifetime) if lifetime >= 1 else lifetime
        return cls(
            access_token=access_token,
            response={
                **response,
                "expires_in": expires_in,
                "expires_at": time.time() + expiry - now,
            },
            lifetime=lifetime,
            # A 24th of the lifetime is 150 s of a 3600 s token and 83 ms of a 2 s token. That is
            # enough for one renewal, and costs one additional token request in 23 lifetimes.
            renew_from=expiry - min(lifetime / 24, 300.0),
            usable_until=expiry - _travel_time(lifetime),
            has_stated_lifetime=_seconds(response.get("expires_in")) is not None,
        )

    def extended_until(self, moment: float) -> Token:
        """Return the same token, to be used and not renewed before ``moment``."""
        return self._replace(
            renew_from=max(self.renew_from, moment),
            usable_until=max(self.usable_until, moment),
        )

    def is_young(self, now: float, seconds: float) -> bool:
        """Return True if the token was granted less than ``seconds``, or its lifetime, ago."""
        granted = self.usable_until + _travel_time(self.lifetime) - self.lifetime
        return now < granted + min(seconds, self.lifetime)

    def to_dict(self) -> dict[str, Any]:
        """Return the token as OAuth2Session does: without an expiry that the server never sent."""
        unstated = () if self.has_stated_lifetime else ("expires_in", "expires_at")
        return {name: value for name, value in self.response.items() if name not in unstated}

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that tell two tokens apart in a log without showing either."""
        return hashlib.sha256(self.access_token.encode()).hexdigest()[:8]

    def __repr__(self) -> str:
        return f"<Token {self.fingerprint}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # Another host has another monotonic clock, so a pickle carries the absolute expiry.
        return _unpickle_token, (dict(self.response), self.has_stated_lifetime)


def _travel_time(lifetime: float) -> float:
    """Return how many seconds before its expiry a token must be sent to arrive in time."""
    return min(lifetime / 256, 5.0)


def _unpickle_token(response: dict[str, Any], has_stated_lifetime: bool) -> Token:
    token = Token.from_saved(response, now=time.monotonic())
    return token._replace(has_stated_lifetime=has_stated_lifetime)


def _check_token_type(token_type: Any) -> None:
    """Raise ValueError for a token that needs more than the header of a bearer token.

    Many providers leave ``token_type`` out or write something else there and mean bearer, so only
    the types that need a proof of possession are refused.
    """
    if token_type is None:
        return
    if not isinstance(token_type, str):
        raise ValueError(f"its token_type is not a string but {type(token_type).__name__}")
    name = token_type.strip().lower()
    if name in _PROOF_TYPES:
        raise ValueError(f"its token_type is {name}, which needs a proof with every request")
    if name != "bearer":
        shown = name if re.fullmatch(_TYPE_NAME, name) else "that is not shown"
        log.debug("using a token of type %s as a bearer token", shown)


def read_number(value: Any) -> float | None:
    """Return the number in 3600, "3600" or "3600.0"; None for NaN, True, a list and the like."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    except OverflowError:  # an int of hundreds of digits
        return MAX_LIFETIME if value > 0 else 0.0  # type: ignore[operator]  # it is an int here
    return number if math.isfinite(number) else None


def _seconds(value: Any) -> float | None:
    number = read_number(value)
    return None if number is None else min(max(number, 0.0), MAX_LIFETIME)
