"""Pages of a collection: the items that ``limit`` and ``offset`` select, and their links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from .activities import Activity
from .call import Page
from .responses import ValidationError

DEFAULT_LIMIT = 20
# int() raises for very long texts.
MAX_DIGITS = 18


def cut_page(page: Page, query: QueryParams, url: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the items that the query selects, and what ``meta`` says about the page.

    ``url`` is the request's URL without a query.
    """
    limit = parse_number(query, "limit", default=DEFAULT_LIMIT, minimum=1)
    offset = parse_number(query, "offset", default=0, minimum=0)
    total = len(page.items)
    meta: dict[str, Any] = {"result_count": total} if page.counted else {}
    if offset + limit < total:
        meta["next"] = _link(url, query, offset + limit)
    if offset:
        meta["previous"] = _link(url, query, max(0, offset - limit))
    items = page.items[offset : offset + limit]
    return [item.to_json() if isinstance(item, Activity) else item for item in items], meta


def _link(url: str, query: QueryParams, offset: int) -> str:
    others = [(name, value) for name, value in query.multi_items() if name != "offset"]
    return f"{url}?{urlencode([*others, ('offset', str(offset))])}"


def parse_number(query: QueryParams, name: str, *, default: int, minimum: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    if not is_number or int(text) < minimum:
        raise ValidationError({name: [f"Must be a whole number, {minimum} or more."]})
    return int(text)
