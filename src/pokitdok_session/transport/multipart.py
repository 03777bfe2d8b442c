"""A multipart form that is read while it is sent and can be sent again."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

from requests.utils import guess_filename, to_key_val_list
from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

#: Bytes per block when the form is iterated; urllib3 reads blocks of the adapter's size.
BLOCK_SIZE = 1 << 18


class Multipart:
    """The body that requests builds from ``data`` and ``files`` (RFC 7578), as a stream.

    It has a length and a position, so requests streams it and urllib3 can rewind it. A file is
    sent from its present position; the caller opens and closes it. A stream without a position
    and text are read at once, as requests does.
    """

    def __init__(self, data: Any, files: Any) -> None:
        boundary = choose_boundary()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[_Part] = []
        for field in _fields(data, files):
            head = f"--{boundary}\r\n{field.render_headers()}"
            self._parts += [_Part(head.encode()), _Part(field.data), _Part(b"\r\n")]
        self._parts.append(_Part(f"--{boundary}--\r\n".encode()))
        self._length = sum(part.length for part in self._parts)
        self._position = 0

    def __len__(self) -> int:
        return self._length

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        for part in self._parts:
            part.seek(max(0, min(position, part.length)))
            position -= part.length
        self._position = sum(part.position for part in self._parts)

    def read(self, size: int | None = -1) -> bytes:
        """Return up to ``size`` bytes, perhaps fewer; without a size, all that remain."""
        if size is None or size < 0:
            return b"".join(self)
        for part in self._parts:
            block = part.read(size)
            if block:
                self._position += len(block)
                return block
        return b""

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK_SIZE):
            yield block


class _Part:
    """A part of the form: the rest of a file, or bytes in memory."""

    def __init__(self, content: Any) -> None:
        self._file = content if _is_rewindable(content) else io.BytesIO(_bytes(content))
        self._start = self._file.tell()
        self.length = self._file.seek(0, os.SEEK_END) - self._start
        self.seek(0)

    def seek(self, position: int) -> None:
        self.position = position
        self._file.seek(self._start + position)

    def read(self, size: int) -> bytes:
        remaining = self.length - self.position
        self._file.seek(self._start + self.position)  # the same file may be sent twice
        block: bytes = self._file.read(min(size, remaining))
        if not block and remaining and size:
            raise OSError("a file of the form was truncated while it was sent")
        self.position += len(block)
        return block


def _is_rewindable(content: Any) -> bool:
    if not hasattr(content, "read") or isinstance(content, io.TextIOBase):
        return False
    try:
        content.seek(content.tell())
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _bytes(content: Any) -> bytes:
    content = content.read() if hasattr(content, "read") else content
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    return str(content).encode()


def _fields(data: Any, files: Any) -> Iterator[RequestField]:
    """Yield the parts in the order and with the headers of requests."""
    for name, values in to_key_val_list(data or {}):
        is_single = isinstance(values, (str, bytes)) or not hasattr(values, "__iter__")
        for value in [values] if is_single else values:
            if value is not None:
                text = value if isinstance(value, (str, bytes)) else str(value)
                field = RequestField(name=name, data=text)
                field.make_multipart()
                yield field
    for name, value in to_key_val_list(files):
        filename, content, *rest = (
            value if isinstance(value, (tuple, list)) else (guess_filename(value) or name, value)
        )
        if isinstance(content, io.TextIOWrapper):  # it would change newlines and the encoding
            raise TypeError(f'files["{name}"] must be open in binary mode: open(path, "rb")')
        media_type, headers = [*rest, None, None][:2]
        if content is not None:
            field = RequestField(name=name, data=content, filename=filename, headers=headers)
            field.make_multipart(content_type=media_type)
            yield field
