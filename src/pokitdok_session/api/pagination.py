"""One page after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from .errors import APIError
from .reply import Reply

#: Pages without an item that may follow each other before the API is taken to be in a loop.
MAX_EMPTY_PAGES = 100

#: The members of a body that hold the items of a page.
_ITEMS = ("data", "items", "results")


def find_items(reply: Reply[Any]) -> list[Any]:
    """Return the items of a page; a reply that is not a list is a page of one item."""
    for name in _ITEMS:
        items = reply.get(name)
        if isinstance(items, list):
            return items
    return [reply.data]


def find_next_page(reply: Reply[Any]) -> str | None:
    """Return the URL of the next page: ``Link: rel="next"`` (RFC 8288), or ``next`` in the body."""
    link = reply.response.links.get("next", {}).get("url") or reply.get("next")
    return link if isinstance(link, str) and link else None


def iterate(
    first: Callable[[], Reply[Any]],
    *,
    get: Callable[[str, Reply[Any]], Reply[Any]],
    items: Callable[[Reply[Any]], list[Any]],
    next_page: Callable[[Reply[Any]], str | None],
    is_token_origin: Callable[[str], bool],
) -> Iterator[tuple[Reply[Any], list[Any]]]:
    """Yield each page with its items; ``get`` is called when the next page is needed.

    Ends when there is no next page, or when it is one that was read before. Raises APIError for a
    next page at another origin.
    """
    reply = first()
    seen: set[str] = set()
    empty_pages = 0
    while True:
        page = items(reply)
        yield reply, page
        following = next_page(reply)
        if following is None or following in seen:
            return
        seen.add(following)
        empty_pages = 0 if page else empty_pages + 1
        if empty_pages == MAX_EMPTY_PAGES:
            raise _error(
                reply,
                f"the last {MAX_EMPTY_PAGES} pages had no items, and no further one was read; "
                "check the query",
            )
        reply = get(_checked(reply, following, is_token_origin), reply)


def _checked(reply: Reply[Any], following: str, is_token_origin: Callable[[str], bool]) -> str:
    try:
        url = urljoin(reply.response.url, following)
    except ValueError:  # not a URL, such as https://[
        url = ""
    if not is_token_origin(url):
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.hostname}" if parts.hostname else "not a URL"
        raise _error(
            reply,
            f"the next page is at another origin ({origin}), and was not requested; if it is the "
            "API's own, name it in origins=, or override find_next_page",
        )
    return url


def _error(reply: Reply[Any], message: str) -> APIError:
    return APIError(message, response=reply.response, activity_id=reply.activity_id)
