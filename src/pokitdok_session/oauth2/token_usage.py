"""How a token is put on a request: the header of RFC 6750 section 2.1, or a provider's own."""

from __future__ import annotations

from typing import Any, NamedTuple

from .arguments import check_header_name
from .token import Token

_AUTHORIZATION = "Authorization"


class TokenUsage(NamedTuple):
    """The constructor's arguments about the token on a request, checked and unchangeable."""

    header: str = _AUTHORIZATION
    prefix: str | None = "Bearer"

    def check(self) -> None:
        """Raise TypeError or ValueError for options that cannot work."""
        if self.header != _AUTHORIZATION:
            check_header_name(self.header, "token_header")
        _check_prefix(self.prefix)

    def value(self, token: Token) -> str:
        """Return the value of the header."""
        return f"{self.prefix} {token.access_token}" if self.prefix else token.access_token


def _check_prefix(prefix: Any) -> None:
    if prefix is None or prefix == "":
        return
    if not isinstance(prefix, str):
        raise TypeError(f"token_prefix must be a string or None, got {type(prefix).__name__}")
    if prefix != prefix.strip() or not prefix.isascii() or not prefix.isprintable():
        raise ValueError(
            "token_prefix must be printable ASCII without a space at its ends, such as 'Bearer'; "
            "one space is put between it and the token"
        )
