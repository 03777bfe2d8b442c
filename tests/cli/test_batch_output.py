"""``python -m pokitdok_session batch``: what it writes, and a disk that is full."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.api.batch.journal import Journal
from pokitdok_session.errors import JournalError
from pokitdok_session.sandbox import Sandbox
from support.batches import ELIGIBILITY, appointments, row_of
from support.commands import KEY, PROCESS, Command, last_line
from support.subprocesses import PROCESS_TIMEOUT

FULL = "--output could not be written: /dev/full: No space left on device. Make room, then run"

#: More rows than the buffer of the output holds.
MANY = 30


def run_on_a_full_disk(command: Command, *options: str) -> Any:
    journal = ("--journal", str(command.journal))
    return command.run("--output", "/dev/full", *journal, *KEY, *options)


@pytest.mark.parametrize("number", [1, MANY], ids=["when it is closed", "when it is written"])
def test_batch_command_with_a_full_output_has_status_5(
    command: Command, sandbox: Sandbox, number: int
) -> None:
    command.write(*map(row_of, range(number)))
    ended = run_on_a_full_disk(command, "--threads", "1")
    assert ended.returncode == 5
    assert " answered. Stopped: " + FULL in last_line(ended)
    assert last_line(ended).count(FULL) == 1
    assert "Traceback" not in ended.stderr
    assert command.run(*KEY).returncode == 0
    assert command.actions == {"answered": number}
    assert set(appointments(sandbox).values()) == {1}


def test_batch_command_with_a_full_output_and_a_row_in_doubt_has_status_4(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(row_of(0), row_of(1))
    sandbox.fail(ELIGIBILITY, status=502)
    ended = run_on_a_full_disk(command)
    assert ended.returncode == 4
    assert FULL in last_line(ended)
    assert 'Rows with "unknown" in /dev/full' in last_line(ended)


def test_batch_command_on_a_full_disk_tells_of_journal_and_output(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(*map(row_of, range(MANY)))
    words = shlex.join([*PROCESS, *command.words("--threads", "1", *KEY)])
    limited = ["sh", "-c", f"ulimit -f 30; exec {words}"]
    ended = subprocess.run(
        limited,
        env=command.environment,
        timeout=PROCESS_TIMEOUT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 5
    assert f"Stopped: the journal {command.journal} could not be written" in last_line(ended)
    assert command.run(*KEY).returncode == 0
    assert set(appointments(sandbox).values()) == {1}


def break_journal(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the disk of the journal fail after so many rows."""
    left = [None] * after
    write_sent = Journal.write_sent

    def write(journal: Journal, *values: Any) -> float:
        if not left:
            raise JournalError("the journal could not be written")
        left.pop()
        return write_sent(journal, *values)

    monkeypatch.setattr(Journal, "write_sent", write)


def test_batch_command_with_a_journal_that_fails_later_prints_its_summary(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.write(*map(row_of, range(5)))
    break_journal(monkeypatch, after=3)
    ended = command.run("--threads", "1", *KEY)
    assert ended.returncode == 5
    expected = "3 rows: 3 answered. Stopped: the journal could not be written."
    assert last_line(ended) == expected
    assert command.actions == {"answered": 3}


def test_batch_command_with_a_failed_journal_and_a_doubt_has_status_4(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.write(*map(row_of, range(5)))
    sandbox.fail(ELIGIBILITY, status=502)
    break_journal(monkeypatch, after=3)
    assert command.run("--threads", "1", *KEY).returncode == 4


def test_batch_command_finds_an_unwritable_output_before_it_sends(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.write(row_of(0))
    monkeypatch.chdir(command.output.parent)  # the address of a socket must be short
    with socket.socket(socket.AF_UNIX) as unwritable:  # for root too
        unwritable.bind(command.output.name)
        ended = command.run()
    assert ended.returncode == 2
    assert f"--output cannot be written: {command.output}: " in ended.stderr
    assert sandbox.received(ELIGIBILITY) == []
    assert not command.journal.exists()


def test_batch_command_refuses_an_output_that_cannot_be_made_private(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    command.write(row_of(0))
    monkeypatch.setattr(os, "fchmod", refuse)
    ended = command.run("--journal", str(command.journal))
    assert ended.returncode == 2
    assert ended.stderr.startswith("--output cannot be made private: ")
    assert sandbox.received(ELIGIBILITY) == []


def test_batch_command_refuses_a_journal_as_its_output(command: Command, sandbox: Sandbox) -> None:
    command.write(row_of(0))
    assert command.run(*KEY).returncode == 0
    journal = command.journal.read_text()
    ended = command.run("--output", str(command.journal), *KEY)
    assert ended.returncode == 2
    assert "--output must not be a journal" in ended.stderr
    assert command.journal.read_text() == journal
    assert appointments(sandbox) == {"A0": 1}


@pytest.mark.parametrize("number", [0, 1])
def test_batch_command_leaves_nothing_of_an_earlier_output(command: Command, number: int) -> None:
    command.write(*map(row_of, range(number)))
    command.output.write_text("of an earlier run\n" * 10_000)
    assert command.run().returncode == 0
    assert command.actions.total() == number


def test_batch_command_writes_to_standard_output(command: Command) -> None:
    command.write(row_of(0))
    process = command.start("--output", "/dev/stdout", "--journal", str(command.journal))
    shown, _ = process.communicate(timeout=PROCESS_TIMEOUT)
    assert process.returncode == 0
    assert json.loads(shown)["action"] == "answered"


def test_batch_command_writes_to_a_named_pipe(command: Command) -> None:
    command.write(row_of(0))
    os.mkfifo(command.output)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(command.output.read_text()), daemon=True)
    reader.start()
    assert command.run().returncode == 0
    reader.join(10)
    assert json.loads(read[0])["action"] == "answered"


def test_batch_command_keeps_no_journal_among_devices(command: Command, sandbox: Sandbox) -> None:
    command.write(row_of(0))
    ended = command.run("--output", "/dev/null")
    assert ended.returncode == 2
    assert "--journal must be given with --output /dev/null" in ended.stderr
    assert not Path("/dev/null.journal").exists()
    assert sandbox.received(ELIGIBILITY) == []


def test_batch_command_tells_of_replies_that_are_not_final(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(row_of(0), row_of(1, **{"async": True}))
    for _ in range(2):  # the second time from the journal
        ended = command.run(*KEY)
        assert ended.returncode == 0
        assert last_line(ended) == (
            "2 rows: 2 answered. 1 of the answered rows are not finished: read their activity."
        )
        by_key = {outcome["key"]: outcome for outcome in command.outcomes}
        assert "pending" not in by_key["A0"]
        assert by_key["A1"]["pending"] is True
        assert by_key["A1"]["reply"]["meta"]["activity_id"]
    assert appointments(sandbox) == {"A0": 1, "A1": 1}


def test_batch_command_names_the_lines_of_rows_with_the_key_of_another(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(row_of(0), row_of(0, trading_partner_id="other"), row_of(1), row_of(0))
    for _ in range(2):
        ended = command.run(*KEY)
        assert ended.returncode == 3
        assert last_line(ended).startswith("4 rows: 2 answered, 2 fix. ")
        wrong = [outcome for outcome in command.outcomes if outcome["action"] == "fix"]
        assert [(each["key"], each["line"]) for each in wrong] == [("A0", 2), ("A0", 4)]
        assert "an earlier row has 'A0'" in wrong[0]["error"]["text"]
    assert appointments(sandbox) == {"A0": 1, "A1": 1}


def test_batch_command_shows_no_text_that_may_quote_what_was_sent(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(session: PokitDokSession, row: Any) -> None:
        raise requests.exceptions.ProxyError("secret")

    command.write(*map(row_of, range(12)))
    monkeypatch.setattr(PokitDokSession, "eligibility", fail)
    ended = command.run("--threads", "1", *KEY)
    assert ended.returncode == 4
    assert "Stopped by ProxyError: remove the cause, then run again." in last_line(ended)
    assert "secret" not in ended.stderr
