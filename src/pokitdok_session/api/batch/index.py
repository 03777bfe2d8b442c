"""What is known of each key: from the journal of an earlier run, and in this one.

The index is a SQLite database in a temporary file that has no name, so that a million keys cost
memory for one cache and nothing more.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from .errors import JournalError
from .journal import Journal

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4000;
CREATE TABLE entry (
    key TEXT PRIMARY KEY, digest TEXT, action TEXT, sent_at REAL, offset INTEGER,
    nonce TEXT, header TEXT, attempts INTEGER, seen INTEGER DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE occurrence (digest TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
BEGIN;
"""

_NOTE_SENT = """
INSERT INTO entry (key, digest, action, sent_at, nonce, attempts) VALUES (?, ?, 'sent', ?, ?, 1)
ON CONFLICT (key) DO UPDATE SET
    digest = excluded.digest, action = excluded.action, sent_at = excluded.sent_at,
    nonce = excluded.nonce, attempts = attempts + 1, offset = NULL, header = NULL
"""
_NOTE_NAMED = "UPDATE entry SET header = ? WHERE key = ?"
_NOTE_DONE = "UPDATE entry SET action = ?, offset = ?, attempts = ? WHERE key = ?"
_CLAIM = "INSERT INTO entry (key, seen) VALUES (?, 1) ON CONFLICT DO NOTHING"
_FIND = """
SELECT digest, action, sent_at, offset, nonce, header, attempts, seen FROM entry WHERE key = ?
"""
_COUNT = """
INSERT INTO occurrence VALUES (?, 1) ON CONFLICT (digest) DO UPDATE SET number = number + 1
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
    attempts: int = 1


class Index:
    """The keys of one batch. One thread at a time may use it.

    Raises JournalError if its file cannot be used, because what it says then is worth nothing.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        try:
            for statement in _TABLES.split(";"):
                self._execute(statement)
            if journal is not None:
                self._load(journal)
        except BaseException:
            self._database.close()
            raise

    def _load(self, journal: Journal) -> None:
        for offset, record in journal.records():
            if "sent" in record:
                nonce = record.get("nonce", "")
                self._execute(_NOTE_SENT, record["sent"], record["digest"], record["at"], nonce)
            elif "named" in record:
                self._execute(_NOTE_NAMED, record["header"], record["named"])
            else:
                action, attempts = record["action"], record["attempts"]
                self._execute(_NOTE_DONE, action, offset, attempts, record["done"])

    def claim(self, key: str) -> Entry | None:
        """Take a key for this run; return what an earlier run noted of it, if anything.

        Raises ValueError if a row of this run has the key already.
        """
        if self._execute(_CLAIM, key).rowcount:
            return None  # it was not known
        *entry, seen = self._execute(_FIND, key).fetchone()
        if seen:
            raise ValueError(
                f"key must be different for each row: an earlier row has {key!r}, and this one"
                " was not sent"
            )
        self._execute("UPDATE entry SET seen = 1 WHERE key = ?", key)
        return Entry(*entry)

    def count(self, digest: str) -> int:
        """Return how many rows of this run had this digest, with this one."""
        self._execute(_COUNT, digest)
        found = self._execute("SELECT number FROM occurrence WHERE digest = ?", digest)
        return int(found.fetchone()[0])

    def close(self) -> None:
        self._database.close()

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalError(
                f"the index of the rows cannot be used ({error}): it is in the temporary folder,"
                " which SQLITE_TMPDIR or TMPDIR names. Make room there, then run the same batch"
                " again"
            ) from error
