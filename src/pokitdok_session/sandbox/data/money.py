"""Amounts of money, read from JSON and written as the API writes them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any


def money(amount: Decimal | float | str, currency: str = "USD") -> dict[str, str]:
    """Return an amount as the API's object; a string stays as it is, a number gets cents."""
    text = amount if isinstance(amount, str) else f"{amount:.2f}"
    return {"amount": text, "currency": currency}


def parse_decimal(value: Any) -> Decimal | None:
    """Return a finite number that is written as JSON's number or as a string, otherwise None."""
    if type(value) not in (int, float, str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
