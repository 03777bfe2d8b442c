"""What is known of each key: from the journal of an earlier run, and in this one.

The index is a SQLite database in a temporary file that has no name, so that a million keys cost
memory for one cache and nothing more.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from .journal import Journal

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4000;
CREATE TABLE entry (
    key TEXT PRIMARY KEY, digest TEXT, action TEXT, sent_at REAL, offset INTEGER,
    nonce TEXT, header TEXT, seen INTEGER
) WITHOUT ROWID;
CREATE TABLE occurrence (digest TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
BEGIN;
"""

#: The action of a row that was sent and has no outcome in the journal.
SENT = "sent"


class Entry(NamedTuple):
    """What an earlier run noted of one row."""

    digest: str
    action: str
    sent_at: float
    offset: int | None
    nonce: str = ""
    header: str | None = None


class Index:
    """The keys of one batch. One thread at a time may use it."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            self._database.executescript(_TABLES)
            if journal is not None:
                self._load(journal)
        except BaseException:
            self._database.close()
            raise

    def _load(self, journal: Journal) -> None:
        execute = self._database.execute
        for offset, record in journal.records():
            if "sent" in record:
                execute(
                    "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, NULL, ?, NULL, 0)",
                    (
                        record["sent"],
                        record["digest"],
                        SENT,
                        record["at"],
                        record.get("nonce", ""),
                    ),
                )
            elif "named" in record:
                execute(
                    "UPDATE entry SET header = ? WHERE key = ?",
                    (record["header"], record["named"]),
                )
            else:
                execute(
                    "UPDATE entry SET action = ?, offset = ? WHERE key = ?",
                    (record["action"], offset, record["done"]),
                )

    def claim(self, key: str) -> Entry | None:
        """Take a key for this run; return what an earlier run noted of it, if anything.

        Raises ValueError if a row of this run has the key already.
        """
        found = self._database.execute(
            "SELECT digest, action, sent_at, offset, nonce, header, seen FROM entry WHERE key = ?",
            (key,),
        ).fetchone()
        if found is None:
            self._database.execute("INSERT INTO entry (key, seen) VALUES (?, 1)", (key,))
            return None
        *entry, seen = found
        if seen:
            raise ValueError(
                f"key must be different for each row: an earlier row has {key!r}, and this one"
                " was not sent"
            )
        self._database.execute("UPDATE entry SET seen = 1 WHERE key = ?", (key,))
        return Entry(*entry)

    def count(self, digest: str) -> int:
        """Return how many rows of this run had this digest, with this one."""
        self._database.execute(
            "INSERT INTO occurrence VALUES (?, 1)"
            " ON CONFLICT (digest) DO UPDATE SET number = number + 1",
            (digest,),
        )
        (number,) = self._database.execute(
            "SELECT number FROM occurrence WHERE digest = ?", (digest,)
        ).fetchone()
        return int(number)

    def close(self) -> None:
        self._database.close()
