"""Which row is which: the key that names it, and the digest that tells whether it changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def digest_of(request: Any) -> str:
    """Return 32 hex digits that are the same for equal requests, in every run.

    The order of a mapping's names makes no difference. Raises TypeError or ValueError for what
    cannot be written as JSON; dates and decimals count as their text.
    """
    if isinstance(request, (bytes, bytearray)):
        content = bytes(request)
    else:
        content = json.dumps(request, sort_keys=True, default=str).encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def text_of(key: Any) -> str:
    """Return a key as text. Raises TypeError for what is neither text nor a whole number."""
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"key must return a str or an int, got {type(key).__name__}")
    if key == "":
        raise ValueError("key must not be empty")
    return str(key)
