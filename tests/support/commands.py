"""The commands of ``python -m pokitdok_session``, in a folder of their own and on a sandbox."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.cli import main
from pokitdok_session.sandbox import Sandbox
from support.subprocesses import PROCESS_TIMEOUT

KEY = ("--key", "application_data.appointment")

#: How the command starts in a process of its own.
PROCESS = (sys.executable, "-m", "pokitdok_session")

Ended = subprocess.CompletedProcess[str]


class Command:
    """The commands in a folder of their own, with the credentials of a sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, capture: pytest.CaptureFixture[str]) -> None:
        self.rows = folder / "rows.jsonl"
        self.output = folder / "replies.jsonl"
        self.journal = folder / "replies.jsonl.journal"
        self._capture = capture
        self.environment = {
            **os.environ,
            "POKITDOK_CLIENT_ID": sandbox.client_id,
            "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
            "POKITDOK_BASE_URL": sandbox.base_url,
            "REQUESTS_CA_BUNDLE": sandbox.ca_file,
        }
        self.environment.pop("PYTHONUNBUFFERED", None)  # it hides what is written at the end

    def write(self, *rows: Any) -> None:
        self.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def words(self, *options: str, method: str = "eligibility", rows: str = "") -> list[str]:
        return ["batch", method, rows or str(self.rows), "--output", str(self.output), *options]

    def run(self, *options: str, stdin: str = "", **words: str) -> Ended:
        return self.run_words(*self.words(*options, **words), stdin=stdin)

    def run_words(self, *words: str, stdin: str | None = "") -> Ended:
        """Run a command in this process: starting one takes most of the time of a test."""
        self._capture.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "environ", self.environment)
            stream = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin.encode()))
            patch.setattr(sys, "stdin", stream)
            try:
                status = main(words)
            except SystemExit as ended:  # of argparse
                status = ended.code  # type: ignore[assignment]
        return Ended(list(words), status, *self._capture.readouterr())

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start the batch in a process of its own."""
        return subprocess.Popen(
            [*PROCESS, *self.words(*options)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_alone(self, *words: str, **streams: Any) -> int:
        """Run a command in a process of its own; return its exit status."""
        return subprocess.run(
            [*PROCESS, *words],
            env=self.environment,
            timeout=PROCESS_TIMEOUT,
            check=False,
            **streams,
        ).returncode

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text().splitlines()]

    @property
    def actions(self) -> Counter[str]:
        return Counter(outcome["action"] for outcome in self.outcomes)


def last_line(ended: Ended) -> str:
    return ended.stderr.splitlines()[-1]
