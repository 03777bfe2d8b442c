"""A token: what an answer grants, how long it may be used, and nothing that waits or sends."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Mapping
from typing import Any, NoReturn

#: Seconds that a token is taken to live when the answer does not say (RFC 6749 section 5.1
#: only recommends ``expires_in``). A token that ends sooner is found out by its 401.
DEFAULT_LIFETIME = 3600.0

#: Ten years. What claims to live longer is renewed then, and no clock overflows.
MAX_LIFETIME = 10 * 365 * 86_400.0

# What may stand in a header field: no controls, nothing outside latin-1, no space at its ends.
_HEADER_SAFE = r"[\x21-\x7e\xa1-\xff]+( +[\x21-\x7e\xa1-\xff]+)*"


class Token:
    """An access token and its windows, which scale with the lifetime that was granted.

    Before ``renew_from`` it is used; from there to ``end`` it is used while the next one is
    fetched; after ``end`` a request waits for the next one. Both are seconds of the monotonic
    clock, so a wall clock that jumps moves neither. ``answer`` is what the server said, with the
    absolute end in ``expires_at``; whether the server ``stated`` a lifetime at all is noted.
    """

    access_token: str
    header: str
    answer: dict[str, Any]
    lifetime: float
    renew_from: float
    end: float
    stated: bool

    def __init__(self, **parts: Any) -> None:
        vars(self).update(parts)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("a token is not changed: threads share it")

    @classmethod
    def from_response(cls, answer: Mapping[str, Any], *, asked: float, now: float) -> Token:
        """Read a token answer (RFC 6749 section 5.1) to what was asked for at ``asked``.

        Raises ValueError, without quoting anything, when no request could use the token.
        """
        lifetime = _seconds(answer.get("expires_in"))
        if lifetime is None:
            lifetime = DEFAULT_LIFETIME
        return cls._build(answer, lifetime, end=asked + lifetime, now=now)

    @classmethod
    def from_saved(cls, saved: Mapping[str, Any], *, now: float) -> Token:
        """Take up a token that was kept as a dict: ``expires_at`` (epoch seconds) is its end.

        Raises ValueError as `granted` does.
        """
        lifetime = _seconds(saved.get("expires_in"))
        expires_at = _number(saved.get("expires_at"))
        if expires_at is None:
            return cls.from_response(saved, asked=now, now=now)
        remaining = expires_at - time.time()
        if lifetime is None:
            lifetime = min(max(remaining, 0.0), MAX_LIFETIME)
        return cls._build(saved, lifetime, end=now + min(remaining, lifetime), now=now)

    @classmethod
    def _build(cls, answer: Mapping[str, Any], lifetime: float, *, end: float, now: float) -> Token:
        access_token = answer.get("access_token")
        if access_token is None or access_token == "":
            raise ValueError("it has no access_token")
        if not isinstance(access_token, str) or not re.fullmatch(_HEADER_SAFE, access_token):
            raise ValueError("its access_token cannot stand in a header")
        if not _is_bearer(answer.get("token_type")):
            raise ValueError("its token_type is not bearer")
        whole = int(lifetime) if lifetime >= 1 else lifetime  # as oauthlib has it
        return cls(
            access_token=access_token,
            header=f"Bearer {access_token}",
            answer={**answer, "expires_in": whole, "expires_at": time.time() + end - now},
            lifetime=lifetime,
            # A 24th of the life is 150 s of an hour and 83 ms of 2 s: time for one renewal,
            # and small enough that renewing early costs no additional request in 23 lives.
            renew_from=end - min(lifetime / 24, 300.0),
            # What leaves now must still be good when it arrives.
            end=end - min(lifetime / 256, 5.0),
            stated=_seconds(answer.get("expires_in")) is not None,
        )

    def kept(self, until: float) -> Token:
        """Give the same token, to be used until then at least."""
        return self._but(renew_from=max(self.renew_from, until), end=max(self.end, until))

    def _but(self, **changes: Any) -> Token:
        return Token(**{**vars(self), **changes})

    def shown(self) -> dict[str, Any]:
        """Give the token as OAuth2Session shows it: without an end that nobody stated."""
        unstated = () if self.stated else ("expires_in", "expires_at")
        return {name: value for name, value in self.answer.items() if name not in unstated}

    @property
    def fingerprint(self) -> str:
        """Tell two tokens apart in a log, without either."""
        return hashlib.sha256(self.access_token.encode()).hexdigest()[:8]

    def __repr__(self) -> str:
        return f"<Token {self.fingerprint}>"

    def __reduce__(self) -> tuple[Any, ...]:
        # The monotonic clock means nothing to another host: travel with the absolute end.
        return _unpickle_token, (dict(self.answer), self.stated)


def _unpickle_token(answer: dict[str, Any], stated: bool) -> Token:
    return Token.from_saved(answer, now=time.monotonic())._but(stated=stated)


def _is_bearer(token_type: Any) -> bool:
    if token_type is None:
        return True  # RFC 6749 requires it, providers forget it, and there is one to be meant
    return isinstance(token_type, str) and token_type.strip().lower() == "bearer"


def _number(value: Any) -> float | None:
    """Read a number where there is one: 3600, "3600" and "3600.0", not NaN, True or a list."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    except OverflowError:
        return MAX_LIFETIME if value > 0 else 0.0  # type: ignore[operator]  # an int, then
    return number if math.isfinite(number) else None


def _seconds(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, 0.0), MAX_LIFETIME)
