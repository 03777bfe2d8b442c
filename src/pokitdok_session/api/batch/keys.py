"""Which row is which: the key that names it, and the digest that tells whether it changed.

And which batch: the name of what it calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

#: What is not JSON, and has a text that is the same in every run. A datetime is a date.
_WRITABLE = (date, time, Decimal, UUID)


def digest_of(request: Any) -> str:
    """Return 32 hex digits that are the same for equal requests, in every run.

    The order of a mapping's names makes no difference. Raises TypeError or ValueError for what
    cannot be written as JSON; dates, times, Decimals and UUIDs count as their text.
    """
    if isinstance(request, (bytes, bytearray)):
        content = bytes(request)
    else:
        try:
            content = json.dumps(request, sort_keys=True, default=_text).encode()
        except TypeError:
            _check(request, "row")
            raise
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, _WRITABLE):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no text that is the same in every run")


def _check(value: Any, path: str) -> None:
    """Raise a TypeError that names the first part without a stable text."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name is None:
                raise TypeError(
                    f"each name in {path} must be a str, got None: csv.DictReader has it for a line"
                    " with more fields than the header"
                )
            _check(part, f"{path}[{name!r}]")
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value):
            _check(part, f"{path}[{number}]")
    elif not (value is None or isinstance(value, (str, int, float, *_WRITABLE))):
        raise TypeError(
            f"{path} must be JSON, a date, a time, a Decimal or a UUID, got {type(value).__name__}"
        )


def text_of(key: Any) -> str:
    """Return a key as text. Raises TypeError for what is neither text nor a whole number."""
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"key must return a str or an int, got {type(key).__name__}")
    if key == "":
        raise ValueError("key must not be empty")
    return str(key)


def name_of(call: Callable[..., Any]) -> str | None:
    """Return the name of a function or method, None for a lambda and other callables."""
    name = getattr(getattr(call, "func", call), "__name__", "")  # of a functools.partial
    return name if name.isidentifier() else None
