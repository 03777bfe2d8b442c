"""Tokens in a file, for the processes of one host."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ..token import read_number
from .base import LOCK_TTL


class FileTokenStore:
    """Tokens in one file, for the processes of one host; needs the extra ``file``.

    Only the owner can read the file and the temporary files from which it is made. The lock is a
    file beside it, which the operating system unlocks when the process that holds it ends. The
    folder is created if it is missing, but not the folders above it. A session that waits for the
    lock longer than ``lock_timeout`` seconds requests a token of its own.

    `TokenStore` explains the methods.
    """

    def __init__(self, path: str | os.PathLike[str], *, lock_timeout: float = LOCK_TTL) -> None:
        try:
            import filelock  # noqa: F401  # here, so that a missing extra is reported at once
        except ImportError as error:
            raise ImportError(
                "FileTokenStore needs the extra `file`: pip install filelock"
            ) from error
        self.path = Path(path).expanduser()
        self.lock_timeout = lock_timeout

    def load(self, key: str) -> Mapping[str, Any] | None:
        token = self._load_all().get(key)
        return token if isinstance(token, dict) else None

    def save(self, key: str, token: Mapping[str, Any]) -> None:
        import tempfile  # here, because most programs that import the package save nothing

        now = time.time()
        valid = {
            name: other
            for name, other in self._load_all().items()
            if isinstance(other, dict) and (read_number(other.get("expires_at")) or 0.0) > now
        }
        text = json.dumps({**valid, key: dict(token)})
        self._make_folder()
        handle, tmp_path = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:  # mkstemp made it 0600
                file.write(text)
            os.replace(tmp_path, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(tmp_path)
            raise

    def lock(self, key: str) -> AbstractContextManager[Any]:
        from filelock import FileLock

        self._make_folder()
        # filelock waits for a file that it cannot create, as if another process held the lock.
        os.close(os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600))
        # One lock for all keys, because a save writes the whole file.
        return FileLock(f"{self.path}.lock", timeout=self.lock_timeout, mode=0o600)

    @property
    def location(self) -> str:
        """The path, for log records."""
        return str(self.path)

    def __repr__(self) -> str:
        return f"<FileTokenStore {self.location}>"

    def _load_all(self) -> dict[str, Any]:
        try:
            tokens = json.loads(self.path.read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        return tokens if isinstance(tokens, dict) else {}

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
