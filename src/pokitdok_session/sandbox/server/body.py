"""The body of a request: read completely before the response, on disk when it is large."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

MAX_IN_MEMORY = 1 << 20
CHUNK = 1 << 16


class RequestBody:
    """A body, its size and its hash; ``head`` holds its first MiB."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self._digest = hashlib.sha256()
        self._file: tempfile.SpooledTemporaryFile[bytes] | None = None

    @classmethod
    async def read(cls, receive: Receive) -> RequestBody:
        """Read the whole body; raises ``ClientDisconnect`` if the client leaves before its end."""
        body = cls()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                raise ClientDisconnect()
            body._append(message.get("body", b""))
            more = message.get("more_body", False)
        return body

    def _append(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._digest.update(chunk)
        if self._file is not None:
            self._file.write(chunk)
            return
        self.head += chunk
        if self.size > MAX_IN_MEMORY:
            self._file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 (closed by close())
            self._file.rollover()
            self._file.write(self.head)
            self.head = self.head[:MAX_IN_MEMORY]

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def content(self) -> bytes:
        if self._file is None:
            return self.head
        self._file.seek(0)
        return self._file.read()

    def receive(self) -> Receive:
        """Return an ASGI ``receive`` that sends the body again, for Starlette's form parsers."""
        chunks = self._chunks()

        async def receive() -> Message:
            chunk = await anext(chunks, b"")
            return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

        return receive

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self._file is None:
            yield self.head
            return
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            yield chunk

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
