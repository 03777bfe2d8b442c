"""``python -m pokitdok_session.sandbox`` in its own process, and the missing extra."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
import requests

from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.__main__ import build_parser

COMMAND = [sys.executable, "-m", "pokitdok_session.sandbox"]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("POKITDOK_")}


def started(process: subprocess.Popen[str]) -> str:
    """Return what the command printed on stdout when it served."""
    assert process.stdout is not None
    lines = []
    while not lines or "REQUESTS_CA_BUNDLE" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    return "".join(lines)


def evaluated(exports: str) -> dict[str, str]:
    """Return the variables that a shell has after ``eval`` without quotes, on one line."""
    code = 'eval $EXPORTS; "$PYTHON" -c "import json, os; print(json.dumps(dict(os.environ)))"'
    environment = {"EXPORTS": exports, "PYTHON": sys.executable, "PATH": os.defpath}
    done = subprocess.run(
        ["sh", "-euc", code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_exports_and_stops_on_signal(number: signal.Signals) -> None:
    arguments = [*COMMAND, "--port", "0", "--token-lifetime", "7", "--client-id", "it's a $me"]
    with subprocess.Popen(arguments, stdout=PIPE, stderr=PIPE, text=True, env=CLEAN) as process:
        shell = evaluated(started(process))
        response = requests.post(
            shell["POKITDOK_BASE_URL"] + "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(shell["POKITDOK_CLIENT_ID"], shell["POKITDOK_CLIENT_SECRET"]),
            verify=shell["REQUESTS_CA_BUNDLE"],
        )
        process.send_signal(number)
        assert process.wait(10) == 0
    assert shell["POKITDOK_CLIENT_ID"] == "it's a $me"
    assert response.json()["expires_in"] == 7
    assert not Path(shell["REQUESTS_CA_BUNDLE"]).exists()


def test_command_does_not_print_a_secret_from_outside() -> None:
    environment = {**CLEAN, "POKITDOK_CLIENT_ID": "me", "POKITDOK_CLIENT_SECRET": "hush"}
    arguments = [*COMMAND, "--port", "0"]
    with subprocess.Popen(
        arguments, stdout=PIPE, stderr=PIPE, text=True, env=environment
    ) as process:
        stdout = started(process)
        process.terminate()
        _, stderr = process.communicate(timeout=10)
    assert "export POKITDOK_CLIENT_ID=me;\n" in stdout
    assert "hush" not in stdout + stderr
    assert "is the one that was passed" in stderr


def test_command_has_an_option_for_each_argument_of_sandbox() -> None:
    options = vars(build_parser().parse_args([]))
    arguments = inspect.signature(Sandbox).parameters
    assert options.keys() == arguments.keys() - {"clock"}
    for name in options.keys() - {"port", "scopes", "client_id", "client_secret"}:
        assert options[name] == arguments[name].default, name


def test_command_passes_its_options_to_sandbox() -> None:
    argv = ["--rate-window", "9", "--token-latency", "0.5", "--transition-delay", "2"]
    argv += ["--scope", "one", "--scope", "two", "--same-token", "--expires", "past"]
    options = vars(build_parser().parse_args(argv))
    sandbox = Sandbox(**options)
    assert (sandbox.options.rate_window, sandbox.options.token_latency) == (9, 0.5)
    assert (sandbox.options.transition_delay, sandbox.options.same_token) == (2, True)
    assert (sandbox.options.expires, options["scopes"]) == ("past", ["one", "two"])


def test_command_port_in_use_is_one_line_and_status_2(sandbox: Sandbox) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, env=CLEAN)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"cannot serve on port {port}: ")
    assert line.endswith("; choose another with --port, 0 picks a free one")


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "trustme", "python_multipart"])
def test_import_without_extra_names_what_to_install(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; import pokitdok_session.sandbox"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = ended.stderr.splitlines()[-1]
    assert 'pip install ".[sandbox]"' in last
    assert last.startswith("ImportError: ")
