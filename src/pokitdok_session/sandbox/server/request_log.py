"""What the sandbox received: a record a request, bounded in memory, counted exactly."""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

MAX_RECORDS = 10_000
MAX_BODY_SAVED = 1 << 20
# Ten thousand bodies of a megabyte each would be ten gigabytes.
MAX_BYTES = 64 << 20
CHUNK = 1 << 16


@dataclass(frozen=True)
class Record:
    """One request as it came over the wire; a body beyond 1 MiB is cut, its size and hash whole."""

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
    """The records by order of arrival.

    ``len()`` counts every request ever received; only the last ten thousand can be looked at.
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

    def kept(self) -> list[Record]:
        """The records still held, oldest first."""
        with self._lock:
            return list(self._records)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Record]:
        return iter(self.kept())

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        with self._lock:
            gone = self._count - len(self._records)
            if isinstance(index, int):
                place = index if index < 0 else index - gone
                if place < 0 <= index:
                    raise IndexError("this record is no longer kept")
                return self._records[place]
            places = range(*index.indices(self._count))
            return [self._records[place - gone] for place in places if place >= gone]


class RequestBody:
    """A request's body: read whole before anything is answered, large ones by way of the disk."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        self._spool: tempfile.SpooledTemporaryFile[bytes] | None = None

    @classmethod
    async def read(cls, receive: Receive) -> RequestBody:
        """Take the whole body; raises ``ClientDisconnect`` when the client left in between."""
        body = cls()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise ClientDisconnect()
            body._take(message.get("body", b""))
            more = message.get("more_body", False)
        return body

    def _take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._digest.update(chunk)
        if self._spool is None:
            self.head += chunk
            if self.size > MAX_BODY_SAVED:
                self._spool = tempfile.SpooledTemporaryFile()  # noqa: SIM115 (close() is ours)
                self._spool.rollover()
                self._spool.write(self.head)
                self.head = self.head[:MAX_BODY_SAVED]
        else:
            self._spool.write(chunk)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def whole(self) -> bytes:
        if self._spool is None:
            return self.head
        self._spool.seek(0)
        return self._spool.read()

    def receive(self) -> Receive:
        """An ASGI ``receive`` that gives the body once more, for parsers of forms."""
        chunks = self._chunks()

        async def receive() -> Message:
            chunk = await anext(chunks, b"")
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

        return receive

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self._spool is None:
            yield self.head
            return
        self._spool.seek(0)
        while chunk := self._spool.read(CHUNK):
            yield chunk

    def close(self) -> None:
        if self._spool is not None:
            self._spool.close()
