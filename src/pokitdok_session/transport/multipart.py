"""A multipart form that is read while it is sent, and can be sent again from its beginning."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

from requests.utils import guess_filename, to_key_val_list
from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

#: Bytes read at a time by who iterates; urllib3 asks for its own block size.
BLOCK = 1 << 18


class Multipart:
    """The body that requests makes of ``data`` and ``files`` (RFC 7578), without reading the files.

    A file is sent from where it stands, and opened and closed by somebody else. It is a file
    itself, with a length and a position, which is what requests sends as it comes and urllib3
    rewinds. What has no position, and text, is read at once, as requests would.
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
            part.go_to(max(0, min(position, part.length)))
            position -= part.length
        self._position = sum(part.position for part in self._parts)

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes, perhaps fewer; none at the end."""
        for part in self._parts:
            block = part.read(size)
            if block:
                self._position += len(block)
                return block
        return b""

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(BLOCK):
            yield block


class _Part:
    """A run of bytes in the form: the rest of a file, or what is in memory."""

    def __init__(self, content: Any) -> None:
        self._file = content if _can_be_read_twice(content) else io.BytesIO(_bytes(content))
        self._start = self._file.tell()
        self.length = self._file.seek(0, os.SEEK_END) - self._start
        self.go_to(0)

    def go_to(self, position: int) -> None:
        self.position = position
        self._file.seek(self._start + position)

    def read(self, size: int) -> bytes:
        left = self.length - self.position
        self._file.seek(self._start + self.position)  # the same file may be sent twice
        block: bytes = self._file.read(left if size < 0 else min(size, left))
        if not block and left and size:
            raise OSError("a file has become shorter while it was sent")
        self.position += len(block)
        return block


def _can_be_read_twice(content: Any) -> bool:
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
    """Name the parts in the order and with the headers that requests gives them."""
    for name, values in to_key_val_list(data or {}):
        alone = isinstance(values, (str, bytes)) or not hasattr(values, "__iter__")
        for value in [values] if alone else values:
            if value is not None:
                text = value if isinstance(value, (str, bytes)) else str(value)
                field = RequestField(name=name, data=text)
                field.make_multipart()
                yield field
    for name, value in to_key_val_list(files):
        filename, content, *rest = (
            value if isinstance(value, (tuple, list)) else (guess_filename(value) or name, value)
        )
        media_type, headers = [*rest, None, None][:2]
        if content is not None:
            field = RequestField(name=name, data=content, filename=filename, headers=headers)
            field.make_multipart(content_type=media_type)
            yield field
