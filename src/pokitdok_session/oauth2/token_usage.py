"""What a request to our origins carries: the token (RFC 6750 section 2.1), and its companions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

import requests
from requests.structures import CaseInsensitiveDict

from .arguments import check_header_name, check_header_value, check_mapping
from .token import Token

log = logging.getLogger(__name__)

#: Status numbers, or a function that returns True for a response to an expired token.
ExpiredStatuses: TypeAlias = "Collection[int] | Callable[[requests.Response], bool]"


class TokenUsage:
    """The constructor's arguments about the token on a request, checked."""

    def __init__(
        self,
        *,
        header: str,
        prefix: str | None,
        origin_headers: Mapping[str, str] | None,
        expired_statuses: ExpiredStatuses,
    ) -> None:
        check_header_name(header, "token_header")
        _check_prefix(prefix)
        _check_origin_headers(origin_headers, header)
        self.header = header
        self.prefix = prefix
        self.origin_headers = {**(origin_headers or {})}
        self.expired_statuses: Collection[int] = ()
        self.expired_predicate: Callable[[requests.Response], bool] | None = None
        if callable(expired_statuses):
            self.expired_predicate = expired_statuses
        else:
            self.expired_statuses = _checked_statuses(expired_statuses)

    def value(self, token: Token) -> str:
        """Return the value of the header."""
        return f"{self.prefix} {token.access_token}" if self.prefix else token.access_token

    def says_expired(self, response: requests.Response) -> bool:
        """Return True if a response says that the token has expired."""
        if self.expired_predicate is None:
            return response.status_code in self.expired_statuses
        try:
            return bool(self.expired_predicate(response))
        except Exception as error:  # the response may be of a POST, and must not be lost
            kind, status = type(error).__name__, response.status_code
            log.warning("expired_statuses raised %s for a response with status %d", kind, status)
            return False

    def add_origin_headers(self, headers: Any) -> CaseInsensitiveDict[Any]:
        """Return the headers of a request with ``origin_headers``, which replace none of them."""
        merged: CaseInsensitiveDict[Any] = CaseInsensitiveDict(self.origin_headers)
        merged.update(headers or {})
        return merged


def _check_origin_headers(headers: Any, token_header: str) -> None:
    check_mapping(headers, "origin_headers")
    for name, value in (headers or {}).items():
        check_header_name(name, "a name in origin_headers")
        check_header_value(value, f"origin_headers[{name!r}]")
        if name.lower() == token_header.lower():
            raise ValueError(f"origin_headers must not contain {name}, which holds the token")


def _checked_statuses(statuses: Any) -> tuple[int, ...]:
    if isinstance(statuses, (str, bytes)) or not isinstance(statuses, Iterable):
        raise TypeError(
            "expired_statuses must be status numbers, such as (401, 403), or a function of the "
            f"response, got {type(statuses).__name__}"
        )
    numbers = tuple(statuses)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"expired_statuses must hold ints, got {type(number).__name__}")
        if not 400 <= number <= 499:
            raise ValueError(
                f"expired_statuses must hold statuses from 400 to 499, got {number}: a request "
                "that got another one may have been processed, and must not be replayed"
            )
    return numbers


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
