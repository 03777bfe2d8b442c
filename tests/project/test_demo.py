"""``python -m pokitdok_session`` in a process of its own: its output and its exit status."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from pokitdok_session.sandbox import Sandbox
from support.subprocesses import PROCESS_TIMEOUT

COMMAND = [sys.executable, "-m", "pokitdok_session"]
CLAIMS = "/claims/"

Ended = subprocess.CompletedProcess[str]


def command(*arguments: str, **environment: str) -> Ended:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POKITDOK")}
    return subprocess.run(
        [*COMMAND, *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
    )


def lines(ended: Ended) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())


@pytest.fixture
def run_demo(sandbox: Sandbox) -> Callable[..., Ended]:
    """Return a function that runs the command with a sandbox's credentials in the environment."""

    def run(*arguments: str, **changed: str) -> Ended:
        account = {
            "POKITDOK_CLIENT_ID": sandbox.client_id,
            "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
            "POKITDOK_BASE_URL": sandbox.base_url,
            "REQUESTS_CA_BUNDLE": sandbox.ca_file,
        }
        return command(*arguments, **{**account, **changed})

    return run


def test_demo_without_credentials_passes_two_expiries_of_a_sandbox() -> None:
    ended = command()
    assert (ended.returncode, ended.stderr) == (0, "")
    printed = lines(ended)
    assert list(printed) == ["server", "token", "claim", "activity", "calls", "expired", "next"]
    assert "its tokens live 2 s" in printed["server"]
    assert re.match(r"[0-9a-f]{8} \(a fingerprint\)", printed["token"])
    sent = re.fullmatch(
        r"sent to MOCKPAYER: activity ([0-9a-f]{24}) is scheduled", printed["claim"]
    )
    assert sent
    assert printed["activity"] == f"{sent[1]} read: claims, scheduled"
    called = re.fullmatch(r"(\d+) in .* across (\d) expiries: 0 failed, (\d) .*", printed["calls"])
    assert called
    calls, expiries, token_requests = map(int, called.groups())
    assert calls > 20
    assert 2 <= expiries < token_requests <= expiries + 2
    assert "401" in printed["expired"]


def test_demo_with_credentials_sends_no_claim(
    sandbox: Sandbox, run_demo: Callable[..., Ended]
) -> None:
    ended = run_demo()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sandbox.received(CLAIMS) == []
    printed = lines(ended)
    assert "billed" in printed["claim"]
    assert "fetch_token()" in printed["calls"]
    assert "0 failed, 3 token requests" in printed["calls"]
    assert sandbox.token_requests == 3


def test_demo_with_claim_option_sends_a_claim(
    sandbox: Sandbox, run_demo: Callable[..., Ended]
) -> None:
    ended = run_demo("--claim")
    assert ended.returncode == 0
    assert len(sandbox.received(CLAIMS)) == 1
    assert lines(ended)["activity"].endswith("read: claims, scheduled")


def test_demo_prints_neither_secret_nor_token(
    sandbox: Sandbox, run_demo: Callable[..., Ended]
) -> None:
    ended = run_demo("--claim")
    printed = ended.stdout + ended.stderr
    tokens = {seen.token for seen in sandbox.requests}
    assert len(tokens) == 3
    assert None not in tokens
    assert not [text for text in (*tokens, sandbox.client_secret) if text and text in printed]


def test_demo_failed_call_exits_with_1_and_its_name(
    sandbox: Sandbox, run_demo: Callable[..., Ended]
) -> None:
    sandbox.fail("/activities/*", status=200, body={"data": {"state": {"name": "lost"}}})
    ended = run_demo("--claim")
    assert (ended.returncode, ended.stderr) == (1, "failed: activity\n")


def test_demo_api_error_exits_with_1_and_one_line(
    sandbox: Sandbox, run_demo: Callable[..., Ended]
) -> None:
    sandbox.fail(CLAIMS, status=402)
    ended = run_demo("--claim")
    assert ended.returncode == 1
    assert re.fullmatch(r"PaymentRequired: the API answered 402;[^\n]*\n", ended.stderr)


def test_demo_unreachable_endpoint_exits_with_1_and_one_line(
    run_demo: Callable[..., Ended],
) -> None:
    ended = run_demo(POKITDOK_BASE_URL="https://127.0.0.1:1")
    assert ended.returncode == 1
    assert re.fullmatch(r"no response from https://127.0.0.1:1/oauth2/token [^\n]*\n", ended.stderr)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"POKITDOK_CLIENT_SECRET": "wrong"}, "check client_id and client_secret"),
        ({"POKITDOK_CLIENT_SECRET": ""}, "set POKITDOK_CLIENT_SECRET in the environment"),
        ({"POKITDOK_BASE_URL": "http://api.invalid"}, "base_url must begin with https://"),
        ({"POKITDOK_BASE_URL": "nowhere"}, "base_url must be an absolute URL"),
    ],
    ids=["wrong secret", "no secret", "plain http", "no URL"],
)
def test_demo_wrong_settings_exit_with_2_and_one_line(
    wrong: dict[str, str], line: str, run_demo: Callable[..., Ended]
) -> None:
    ended = run_demo(**wrong)
    assert ended.returncode == 2
    assert line in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "wrong" not in ended.stdout + ended.stderr


def test_demo_without_the_extra_exits_with_2_and_its_name() -> None:
    code = "import sys; sys.modules['starlette'] = None; sys.argv = ['x']; import runpy; "
    code += "runpy.run_module('pokitdok_session', run_name='__main__')"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POKITDOK")}
    ended = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True)
    assert ended.returncode == 2
    assert 'pip install ".[sandbox]"' in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_demo_help_names_costs_and_exit_statuses() -> None:
    ended = command("--help")
    assert ended.returncode == 0
    assert "billed" in ended.stdout
    assert "Exit status" in ended.stdout


def test_command_that_does_not_exist_is_an_error_with_the_commands() -> None:
    ended = command("btach")
    assert ended.returncode == 2
    assert "[-h] [--claim] | batch ... | call ... | sandbox ..." in ended.stderr
