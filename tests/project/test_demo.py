"""``python -m pokitdok_session``, as a process of its own: what it prints and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from pokitdok_session.sandbox import Sandbox

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
        timeout=60,
    )


def lines(ended: Ended) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())


@pytest.fixture
def on(sandbox: Sandbox) -> Callable[..., Ended]:
    """The command with the credentials of a sandbox in its environment, as of a real account."""

    def on(*arguments: str, **changed: str) -> Ended:
        account = {
            "POKITDOK_CLIENT_ID": sandbox.client_id,
            "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
            "POKITDOK_BASE_URL": sandbox.base_url,
            "REQUESTS_CA_BUNDLE": sandbox.ca_file,
        }
        return command(*arguments, **{**account, **changed})

    return on


def test_without_credentials_it_crosses_two_expiries_of_a_sandbox_and_all_holds() -> None:
    ended = command()
    assert (ended.returncode, ended.stderr) == (0, "")
    said = lines(ended)
    assert list(said) == ["server", "token", "claim", "activity", "calls", "expired", "next"]
    assert "its tokens live 2 s" in said["server"]
    assert re.match(r"[0-9a-f]{8} \(a fingerprint\)", said["token"])
    sent = re.fullmatch(r"sent to MOCKPAYER: activity ([0-9a-f]{24}) is scheduled", said["claim"])
    assert sent
    assert said["activity"] == f"{sent[1]} read: claims, scheduled"
    called = re.fullmatch(r"(\d+) in .* across (\d) expiries: 0 failed, (\d) .*", said["calls"])
    assert called
    calls, expiries, token_requests = map(int, called.groups())
    assert calls > 20
    assert 2 <= expiries < token_requests <= expiries + 2
    assert "401" in said["expired"]


def test_with_credentials_it_sends_no_claim_and_waits_for_no_expiry(
    sandbox: Sandbox, on: Callable[..., Ended]
) -> None:
    ended = on()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert sandbox.received(CLAIMS) == []
    said = lines(ended)
    assert "billed" in said["claim"]
    assert "fetch_token()" in said["calls"]
    assert "0 failed, 3 token requests" in said["calls"]
    assert sandbox.token_requests == 3


def test_a_claim_is_sent_on_the_real_api_when_it_is_asked_for(
    sandbox: Sandbox, on: Callable[..., Ended]
) -> None:
    ended = on("--claim")
    assert ended.returncode == 0
    assert len(sandbox.received(CLAIMS)) == 1
    assert lines(ended)["activity"].endswith("read: claims, scheduled")


def test_neither_secret_nor_token_is_printed(sandbox: Sandbox, on: Callable[..., Ended]) -> None:
    ended = on("--claim")
    printed = ended.stdout + ended.stderr
    tokens = {seen.token for seen in sandbox.requests}
    assert len(tokens) == 3
    assert None not in tokens
    assert not [text for text in (*tokens, sandbox.client_secret) if text and text in printed]


def test_a_failed_call_is_status_1_and_named(sandbox: Sandbox, on: Callable[..., Ended]) -> None:
    sandbox.fail("/activities/*", status=200, body={"data": {"state": {"name": "lost"}}})
    ended = on("--claim")
    assert (ended.returncode, ended.stderr) == (1, "failed: activity\n")


def test_an_error_of_the_api_is_status_1_and_a_line(
    sandbox: Sandbox, on: Callable[..., Ended]
) -> None:
    sandbox.fail(CLAIMS, status=402)
    ended = on("--claim")
    assert ended.returncode == 1
    assert re.fullmatch(r"PaymentRequired: the API answered 402;[^\n]*\n", ended.stderr)


def test_an_endpoint_that_is_not_there_is_status_1_and_a_line(on: Callable[..., Ended]) -> None:
    ended = on(POKITDOK_BASE_URL="https://127.0.0.1:1")
    assert ended.returncode == 1
    assert re.fullmatch(r"no response from https://127.0.0.1:1/oauth2/token [^\n]*\n", ended.stderr)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"POKITDOK_CLIENT_SECRET": "hush"}, "check client_id and client_secret"),
        ({"POKITDOK_CLIENT_SECRET": ""}, "set POKITDOK_CLIENT_SECRET in the environment"),
        ({"POKITDOK_BASE_URL": "http://api.invalid"}, "must be https"),
        ({"POKITDOK_BASE_URL": "nowhere"}, "base_url and origins begin with https://"),
    ],
    ids=["wrong secret", "no secret", "plain http", "no URL"],
)
def test_what_has_to_be_set_right_is_status_2_and_a_line(
    wrong: dict[str, str], line: str, on: Callable[..., Ended]
) -> None:
    ended = on(**wrong)
    assert ended.returncode == 2
    assert line in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "hush" not in ended.stdout + ended.stderr


def test_without_the_extra_it_says_what_to_install_and_is_status_2() -> None:
    code = "import sys; sys.modules['starlette'] = None; sys.argv = ['x']; import runpy; "
    code += "runpy.run_module('pokitdok_session', run_name='__main__')"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POKITDOK")}
    ended = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True)
    assert ended.returncode == 2
    assert 'pip install ".[sandbox]"' in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_help_says_what_is_billed_and_what_the_status_means() -> None:
    ended = command("--help")
    assert ended.returncode == 0
    assert "billed" in ended.stdout
    assert "Exit status" in ended.stdout
