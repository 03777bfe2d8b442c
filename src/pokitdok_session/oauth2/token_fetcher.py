"""``token_fetcher``: a callable of the caller that gets a token instead of a token request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import TokenError
from .token import Token
from .token_response import REFUSAL_COOLDOWN


def fetch_by_callable(
    fetcher: Callable[[Any], Mapping[str, Any]], session: Any, clock: Callable[[], float]
) -> Token:
    """Return the token that ``fetcher(session)`` returns as a dict.

    Raise `TokenError` if it raises, or if what it returns is not a usable token.
    """
    requested_at = clock()
    try:
        response = fetcher(session)
    except TokenError:
        raise
    except Exception as error:
        raise TokenError(
            f"token_fetcher raised {type(error).__name__}; __cause__ has its text"
        ) from error
    if not isinstance(response, Mapping):
        raise TokenError(
            f"token_fetcher must return a dict with access_token, got {type(response).__name__}",
            retry_after=REFUSAL_COOLDOWN,
            is_permanent=True,
        )
    try:
        return Token.from_response(response, requested_at=requested_at, now=clock())
    except ValueError as reason:
        raise TokenError(
            f"token_fetcher returned a token that cannot be used: {reason}",
            retry_after=REFUSAL_COOLDOWN,
            is_permanent=True,
        ) from None
