"""``python -m pokitdok_session batch``: exit statuses, kills, and help."""

from __future__ import annotations

import json
import signal
import stat
from collections import Counter
from typing import Any

import pytest

from pokitdok_session.cli.batch import ACTIONS
from pokitdok_session.sandbox import Sandbox
from support.batches import ELIGIBILITY, appointments, row_of
from support.commands import KEY, Command, last_line
from support.subprocesses import PROCESS_TIMEOUT, wait_until


def test_batch_command_that_answers_every_row_has_status_0(command: Command) -> None:
    command.write(row_of(0), row_of(1))
    command.output.write_text("of an earlier run")
    command.output.chmod(0o644)
    process = command.start(*KEY)
    shown, told = process.communicate(timeout=PROCESS_TIMEOUT)
    assert (process.returncode, shown) == (0, "")
    assert told.splitlines()[-1] == "2 rows: 2 answered."
    by_key = {outcome["key"]: outcome for outcome in command.outcomes}
    assert by_key.keys() == {"A0", "A1"}
    assert list(by_key["A1"]) == ["key", "line", "action", "reply", "attempts"]
    assert (by_key["A1"]["line"], by_key["A1"]["attempts"]) == (2, 1)
    assert by_key["A1"]["reply"]["data"]["valid_request"] is True
    assert stat.S_IMODE(command.output.stat().st_mode) == 0o600
    assert command.journal.exists()


def test_batch_command_with_wrong_rows_has_status_3(command: Command) -> None:
    command.rows.write_text(
        "\n".join([json.dumps(row_of(0)), "", "{broken", "[1]", json.dumps({"a": 1}), ""])
    )
    ended = command.run(*KEY)
    assert ended.returncode == 3
    assert last_line(ended).startswith('4 rows: 1 answered, 3 fix. Correct the rows with "fix" in ')
    wrong = {outcome["line"]: outcome for outcome in command.outcomes if "error" in outcome}
    assert wrong.keys() == {3, 4, 5}
    assert "must be a JSON object" in wrong[3]["error"]["text"]
    assert "must name a field of each row" in wrong[5]["error"]["text"]


def test_batch_command_with_rows_in_doubt_has_status_4(command: Command, sandbox: Sandbox) -> None:
    command.write(row_of(0), row_of(1), {"a": 1})
    sandbox.fail(ELIGIBILITY, status=502)
    ended = command.run("--threads", "1", *KEY)
    assert ended.returncode == 4
    assert command.actions == {"unknown": 1, "answered": 1, "fix": 1}
    assert "look for them before you send them again with --resend-in-doubt" in last_line(ended)
    assert command.run(*KEY).returncode == 4
    assert appointments(sandbox) == {"A0": 1, "A1": 1}
    assert command.run("--resend-in-doubt", *KEY).returncode == 3
    assert appointments(sandbox) == {"A0": 2, "A1": 1}


def test_batch_command_that_is_stopped_has_status_5(command: Command, sandbox: Sandbox) -> None:
    command.write(*map(row_of, range(30)))
    sandbox._app.credits = 5
    ended = command.run("--threads", "2", *KEY)
    assert ended.returncode == 5
    assert "Stopped by PaymentRequired" in last_line(ended)
    sandbox._app.credits = None
    assert command.run(*KEY).returncode == 0
    assert command.actions == {"answered": 30}


def test_batch_command_says_why_a_row_waits(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokitdok_session.api.batch.sender.backoff", lambda *_: 0.01)
    command.write(row_of(0))
    sandbox.fail(ELIGIBILITY, status=408, times=2)
    sandbox.fail(ELIGIBILITY, status=429, headers={"Retry-After": "0"})
    ended = command.run()
    assert ended.returncode == 0
    assert ended.stderr.splitlines()[:2] == [
        "rows fail and are sent again later: APIError (the API answered 408; send it again later)",
        "the API refused a call for its rate: the next goes after 0.5 s",
    ]


def test_batch_command_reads_standard_input(command: Command) -> None:
    ended = command.run(stdin=json.dumps(row_of(0)) + "\n", rows="-")
    assert ended.returncode == 0
    assert command.actions == {"answered": 1}


def test_batch_command_without_a_key_knows_equal_rows_apart(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(row_of(0), row_of(0))
    assert command.run().returncode == command.run().returncode == 0
    assert len({outcome["key"] for outcome in command.outcomes}) == 2
    assert appointments(sandbox) == {"A0": 2}


def test_batch_command_without_rows_writes_an_empty_output(command: Command) -> None:
    command.write()
    ended = command.run()
    assert (ended.returncode, last_line(ended)) == (0, "0 rows: none.")
    assert command.outcomes == []


def test_batch_command_takes_an_x12_interchange_as_a_string(command: Command) -> None:
    command.write("no interchange")
    assert command.run().returncode == 3
    assert command.outcomes[0]["error"]["type"] == "ValueError"


@pytest.mark.parametrize(
    ("options", "words", "text"),
    [
        ((), {"method": "eligibilty"}, "Did you mean eligibility?"),
        ((), {"method": "eligibility_constants"}, "must be a resource method that takes one body"),
        ((), {"rows": "missing.jsonl"}, "ROWS cannot be read: missing.jsonl: No such file"),
        (("--pace", "often"), {}, '--pace must be a rate such as "84/minute"'),
        (("--threads", "0"), {}, "--threads must be at least 1, got 0"),
        (("--journal", "/dev/null/j"), {}, "--journal cannot be opened: /dev/null/j"),
        (("--output", "/dev/null/o"), {}, "--output cannot be written: /dev/null/o"),
        (("--output", "missing/o"), {}, "--output cannot be written: missing/o: no such folder"),
        (("--output", "/tmp"), {}, "--output cannot be written: /tmp is a folder"),
        (("--journal", "/tmp"), {}, "--journal cannot be opened: /tmp is a folder"),
        (("--unknown",), {}, "unrecognized arguments"),
    ],
    ids=str,
)
def test_batch_command_with_wrong_usage_has_status_2(
    command: Command, sandbox: Sandbox, options: tuple[str, ...], words: Any, text: str
) -> None:
    command.write(row_of(0))
    journal = () if "--output" not in options else ("--journal", str(command.journal))
    ended = command.run(*options, *journal, **words)
    assert ended.returncode == 2
    assert text in ended.stderr
    assert "Traceback" not in ended.stderr
    assert sandbox.received(ELIGIBILITY) == []


@pytest.mark.parametrize("option", ["--output", "--journal"])
def test_batch_command_does_not_overwrite_its_rows(command: Command, option: str) -> None:
    command.write(row_of(0))
    ended = command.run(option, str(command.rows))
    assert ended.returncode == 2
    assert "must be three different files" in ended.stderr
    assert command.rows.read_text() == json.dumps(row_of(0)) + "\n"


@pytest.mark.parametrize("missing", ["POKITDOK_CLIENT_ID", "POKITDOK_CLIENT_SECRET"])
def test_batch_command_without_credentials_names_variables_and_sandbox(
    command: Command, missing: str
) -> None:
    del command.environment[missing]
    command.write(row_of(0))
    ended = command.run()
    assert ended.returncode == 2
    assert missing in ended.stderr
    assert "python -m pokitdok_session sandbox" in ended.stderr
    assert not command.journal.exists()


def test_batch_command_help_explains_actions_and_statuses(command: Command) -> None:
    ended = command.run("--help")
    assert ended.returncode == 0
    words = ("exit status", "example:", '"pending": true', "a full disk", "POKITDOK_CLIENT_ID")
    for word in (*words, *(f'"{action}"' for action in ACTIONS)):
        assert word in ended.stdout


def test_batch_command_killed_and_started_again_has_each_row_once(
    command: Command, sandbox: Sandbox
) -> None:
    command.write(*map(row_of, range(60)))
    sandbox.options.latency = 0.02
    process = command.start("--threads", "4", *KEY)
    wait_until(lambda: len(sandbox.requests) >= 20, PROCESS_TIMEOUT)
    process.kill()
    process.communicate(timeout=PROCESS_TIMEOUT)
    sandbox.options.latency = 0
    ended = command.run(*KEY)
    assert ended.returncode in (0, 4), ended.stderr
    assert Counter(outcome["key"] for outcome in command.outcomes) == {
        f"A{number}": 1 for number in range(60)
    }
    assert set(appointments(sandbox).values()) == {1}
    assert command.actions["answered"] + command.actions["unknown"] == 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_batch_command_that_is_interrupted_says_how_to_go_on(
    command: Command, sandbox: Sandbox, number: int
) -> None:
    command.write(*map(row_of, range(500)))
    sandbox.options.latency = 0.02
    process = command.start("--threads", "4", *KEY)
    wait_until(lambda: len(sandbox.requests) >= 20, PROCESS_TIMEOUT)
    process.send_signal(number)
    _, told = process.communicate(timeout=PROCESS_TIMEOUT)
    assert process.returncode == 5
    assert told.splitlines()[-1].endswith("Interrupted: run the same command again to go on.")
    assert "Traceback" not in told
    assert command.actions.keys() == {"answered"}
    answered = '"action":"answered"'
    done = [line for line in command.journal.read_text().splitlines() if answered in line]
    assert len(done) == len(appointments(sandbox))


def test_batch_command_on_a_journal_in_use_leaves_the_output_alone(
    command: Command, sandbox: Sandbox
) -> None:
    from pokitdok_session.api.batch.journal import Journal

    command.write(row_of(0))
    command.output.write_text("of the other run\n")
    journal = Journal(command.journal)
    ended = command.run()
    journal.close()
    assert ended.returncode == 2
    assert "is in use by another batch of this process" in ended.stderr
    assert command.output.read_text() == "of the other run\n"
