"""What a request to our origins carries: the token (RFC 6750 section 2.1), and its companions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from requests.structures import CaseInsensitiveDict

from .arguments import check_header_name, check_header_value, check_mapping
from .token import Token

_AUTHORIZATION = "Authorization"


class TokenUsage(NamedTuple):
    """The constructor's arguments about the token on a request, checked and unchangeable."""

    header: str = _AUTHORIZATION
    prefix: str | None = "Bearer"
    origin_headers: Mapping[str, str] = {}  # never changed

    def __repr__(self) -> str:
        return "<TokenUsage>"  # a header may hold an API key

    def check(self) -> None:
        """Raise TypeError or ValueError for options that cannot work."""
        if self.header != _AUTHORIZATION:
            check_header_name(self.header, "token_header")
        _check_prefix(self.prefix)
        check_mapping(self.origin_headers, "origin_headers")
        for name, value in self.origin_headers.items():
            check_header_name(name, "a name in origin_headers")
            check_header_value(value, f"origin_headers[{name!r}]")
            if name.lower() == self.header.lower():
                raise ValueError(f"origin_headers must not contain {name}, which holds the token")

    def value(self, token: Token) -> str:
        """Return the value of the header."""
        return f"{self.prefix} {token.access_token}" if self.prefix else token.access_token

    def add_origin_headers(self, headers: Any) -> CaseInsensitiveDict[Any]:
        """Return the headers of a request with ``origin_headers``, which replace none of them."""
        merged: CaseInsensitiveDict[Any] = CaseInsensitiveDict(self.origin_headers)
        merged.update(headers or {})
        return merged


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
