"""The requests that the sandbox received: all are counted, the last ones are saved."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from starlette.datastructures import Headers

MAX_RECORDS = 10_000
MAX_BODY_SAVED = 1 << 20
# Ten thousand bodies of 1 MiB each would need ten gigabytes.
MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Record:
    """One received request; ``body`` holds its first MiB, ``size`` and ``sha256`` count all."""

    method: str
    path: str
    query: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    size: int
    sha256: str = field(repr=False)
    token: str | None = field(repr=False)
    time: float

    def json(self) -> Any:
        return json.loads(self.body)


class RequestLog(Sequence[Record]):
    """The records in order of arrival.

    ``len()`` counts every request since the start. Iterating gives the saved ones, oldest first:
    at most 10,000, and at most 64 MiB of bodies. An index is the number of the request.
    """

    def __init__(self) -> None:
        self._records: deque[Record] = deque()
        self._count = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def append(self, record: Record) -> None:
        with self._lock:
            self._count += 1
            self._records.append(record)
            self._bytes += len(record.body)
            while len(self._records) > MAX_RECORDS or self._bytes > MAX_BYTES:
                self._bytes -= len(self._records.popleft().body)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Record]:
        with self._lock:
            return iter(list(self._records))

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        with self._lock:
            dropped = self._count - len(self._records)
            if isinstance(index, int):
                position = index if index < 0 else index - dropped
                if position < 0 <= index:
                    raise IndexError(f"record {index} was dropped; {len(self._records)} are saved")
                return self._records[position]
            indices = range(*index.indices(self._count))
            return [self._records[each - dropped] for each in indices if each >= dropped]
