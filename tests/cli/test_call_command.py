"""``python -m pokitdok_session call`` and ``sandbox``: bodies, replies and exit statuses."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.in_doubt import IN_DOUBT
from support.batches import ELIGIBILITY, row_of
from support.commands import PROCESS, Command
from support.subprocesses import PROCESS_TIMEOUT, wait_until


def test_call_command_prints_the_reply(command: Command) -> None:
    ended = command.run_words("call", "get", "/activities/?limit=1")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["meta"]["activity_id"]


@pytest.mark.parametrize("how", ["argument", "file", "standard input"])
def test_call_command_takes_its_body_from(command: Command, tmp_path: Path, how: str) -> None:
    body = json.dumps(row_of(0))
    (tmp_path / "body.json").write_text(body)
    data = {"argument": body, "file": f"@{tmp_path}/body.json", "standard input": "-"}[how]
    ended = command.run_words("call", "POST", "/eligibility/", "--data", data, stdin=body)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["data"]["valid_request"] is True


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"status": 422}, 3), ({"status": 502}, 4), ({"status": 402}, 5), ({"reset": True}, 4)],
    ids=str,
)
def test_call_command_has_the_status_of_the_verdict(
    command: Command, sandbox: Sandbox, fault: Any, status: int
) -> None:
    sandbox.fail(ELIGIBILITY, **fault)
    ended = command.run_words("call", "POST", "/eligibility/", "--data", json.dumps(row_of(0)))
    assert (ended.returncode, ended.stdout) == (status, "")
    assert json.loads(ended.stderr)["type"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("GET", "activities"), "PATH must begin with /, got activities\n"),
        (("GET", "activities?name=secret"), "PATH must begin with /, got activities\n"),
        (("GET", "?name=secret"), "PATH must begin with /, got no path\n"),
        (("GET", "https://u:secret@h/x?name=secret"), "PATH must begin with /, got a URL: POKIT"),
        (("POST", "/x/", "--data", "[" * 100000), "--data must be JSON"),
        (("POST", "/x/", "--data", "{"), "--data must be JSON"),
        (("POST", "/x/", "--data", "@missing.json"), "cannot be read: No such file"),
    ],
    ids=range(7),
)
def test_call_command_with_wrong_usage_has_status_2(
    command: Command, words: tuple[str, ...], text: str
) -> None:
    ended = command.run_words("call", *words)
    assert ended.returncode == 2
    assert text in ended.stderr
    assert "secret" not in ended.stderr


def test_call_command_without_credentials_has_status_2(command: Command) -> None:
    del command.environment["POKITDOK_CLIENT_ID"]
    ended = command.run_words("call", "GET", "/activities/")
    assert ended.returncode == 2
    assert "POKITDOK_CLIENT_ID" in ended.stderr
    assert "python -m pokitdok_session sandbox" in ended.stderr


@pytest.mark.parametrize("name", ["call", "sandbox"])
def test_command_has_a_help_of_its_own(command: Command, name: str) -> None:
    ended = command.run_words(name, "--help")
    assert ended.returncode == 0
    assert name in ended.stdout


def test_sandbox_command_without_the_extra_has_status_2(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("pokitdok_session.sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    ended = command.run_words("sandbox")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


def test_call_command_with_a_reply_it_cannot_print_has_status_4(
    command: Command, sandbox: Sandbox
) -> None:
    sandbox.fail(ELIGIBILITY, status=200, body={"meta": {"activity_id": "a1"}, "data": {}})
    with open("/dev/full", "w") as full, command.output.open("w") as told:
        words = ("call", "POST", "/eligibility/", "--data", "{}")
        assert command.run_alone(*words, stdout=full, stderr=told) == 4
    error = json.loads(command.output.read_text())
    assert (error["activity_id"], error["status"]) == ("a1", 200)
    assert "Look at /activities/a1 before you send it again" in error["text"]


@pytest.mark.parametrize(
    ("words", "path", "expected"),
    [
        (["POST", "/eligibility/", "--data", json.dumps(row_of(0))], ELIGIBILITY, IN_DOUBT),
        (["GET", "/activities/"], "/activities/", "interrupted"),
    ],
    ids=["POST", "GET"],
)
def test_call_command_that_is_interrupted_tells_of_its_doubt(
    command: Command, sandbox: Sandbox, words: list[str], path: str, expected: str
) -> None:
    sandbox.fail(path, delay=30)
    process = subprocess.Popen(
        [*PROCESS, "call", *words],
        env=command.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(sandbox.received(path)) > 0, PROCESS_TIMEOUT)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=PROCESS_TIMEOUT)
    assert process.returncode == -signal.SIGINT
    assert json.loads(told)["text"].endswith(expected)


def test_call_command_without_standard_output_sends_nothing(
    command: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    ended = command.run_words("call", "GET", "/activities/")
    assert (ended.returncode, len(sandbox.requests)) == (2, 0)
    assert "standard output is closed: it must be open" in ended.stderr


@pytest.mark.parametrize("how", ["file", "standard input"])
def test_call_command_takes_a_body_with_a_byte_order_mark(
    command: Command, tmp_path: Path, how: str
) -> None:
    body = "\ufeff" + json.dumps(row_of(0))
    (tmp_path / "body.json").write_text(body, "utf-8")
    data = {"file": f"@{tmp_path}/body.json", "standard input": "-"}[how]
    ended = command.run_words("call", "POST", "/eligibility/", "--data", data, stdin=body)
    assert ended.returncode == 0
