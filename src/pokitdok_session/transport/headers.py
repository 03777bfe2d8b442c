"""Response headers that hold a time: Retry-After and Date."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return Retry-After in seconds, from a number or a date; None if missing or invalid.

    RFC 9110 section 10.2.3.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return float(Retry().parse_retry_after(value))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def parse_date(headers: Mapping[str, str]) -> float:
    """Return the server's clock from Date, in epoch seconds; the local clock if missing."""
    try:
        return parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return time.time()
