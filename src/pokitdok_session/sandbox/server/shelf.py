"""A dict that is bounded in memory, for what calls leave behind."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import TypeVar

T = TypeVar("T")

MAX_ITEMS = 10_000
# Characters of JSON-like data. In memory the same data needs about five times as much.
MAX_SIZE = 32 << 20


class Shelf(MutableMapping[str, T]):
    """A dict that drops its oldest items above 10,000 items, or a size of 32 MiB.

    The size of an item is the length of its ``repr`` when it was set. Set an item again after a
    change: it gets its new size and keeps its place.
    """

    def __init__(self) -> None:
        self._items: OrderedDict[str, T] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self.size = 0

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def __setitem__(self, key: str, item: T) -> None:
        self.size -= self._sizes.get(key, 0)
        self._items[key] = item
        self._sizes[key] = len(repr(item))
        self.size += self._sizes[key]
        while len(self._items) > MAX_ITEMS or (self.size > MAX_SIZE and len(self._items) > 1):
            del self[next(iter(self._items))]

    def __delitem__(self, key: str) -> None:
        del self._items[key]
        self.size -= self._sizes.pop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def newest_first(self) -> Iterator[T]:
        return reversed(self._items.values())
