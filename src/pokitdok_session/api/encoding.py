"""How Python values are written in a JSON body and in a query."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

#: Writes a value for which JSON has no form of its own.
Format = Callable[[Any], str]

_WRITTEN = (date, time, Decimal, UUID)


def format_value(value: Any) -> str:
    """Return a date or time in ISO 8601, a Decimal and a UUID as text.

    A Decimal becomes a string because a JSON number would pass through binary floating point.
    """
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def to_json(value: Any, format_value: Format = format_value, path: str = "json") -> Any:
    """Return ``value`` in the types that `json.dumps` knows.

    Raises TypeError for a value that has no form in JSON, and ValueError for a float that JSON
    cannot express. The text names the place in the body, never the value.
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ValueError(f"{path} must be a finite number: JSON has no NaN and no Infinity")
    if isinstance(value, _WRITTEN):
        return format_value(value)
    try:
        if isinstance(value, Mapping):
            return {
                _key(key, path): to_json(item, format_value, f"{path}.{key}")
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [
                to_json(item, format_value, f"{path}[{index}]") for index, item in enumerate(value)
            ]
    except RecursionError:
        raise ValueError(
            "json contains itself or is nested too deeply: it must be a tree, with at most a few"
            " hundred levels"
        ) from None
    raise TypeError(
        f"{path} must be a JSON value, a date, a datetime, a Decimal or a UUID,"
        f" got {type(value).__name__}"
    )


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return key
    raise TypeError(f"a key of {path} must be a str, got {type(key).__name__}")


def to_query(params: Any, format_value: Format = format_value) -> Any:
    """Return query parameters with booleans as JSON writes them, dates and decimals as text.

    ``params`` is what requests accepts: a mapping, a list of pairs, or text, which stays as it is.
    """
    if params is None or isinstance(params, (str, bytes)):
        return params
    pairs = params.items() if isinstance(params, Mapping) else params
    return [(name, _query_value(value, format_value)) for name, value in pairs]


def _query_value(value: Any, format_value: Format) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _WRITTEN):
        return format_value(value)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [_query_value(item, format_value) for item in value]
    return value
