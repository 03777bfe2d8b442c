"""``python -m pokitdok_session.sandbox`` in its own process, and the missing extra."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from pokitdok_session.sandbox import Sandbox

COMMAND = [sys.executable, "-m", "pokitdok_session.sandbox"]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("POKITDOK_")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_prints_exports_and_stops_on_signal(number: signal.Signals) -> None:
    arguments = [*COMMAND, "--port", "0", "--token-lifetime", "7"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=CLEAN) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        told = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[1:])
        response = requests.post(
            told["POKITDOK_BASE_URL"] + "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(told["POKITDOK_CLIENT_ID"], told["POKITDOK_CLIENT_SECRET"]),
            verify=told["REQUESTS_CA_BUNDLE"],
        )
        process.send_signal(number)
        assert process.wait(10) == 0
    assert response.json()["expires_in"] == 7
    assert not Path(told["REQUESTS_CA_BUNDLE"]).exists()


def test_command_does_not_print_a_secret_from_outside() -> None:
    environment = {
        **CLEAN,
        "POKITDOK_CLIENT_ID": "me",
        "POKITDOK_CLIENT_SECRET": "hush",
    }
    arguments = [*COMMAND, "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(5))
        process.terminate()
    assert "export POKITDOK_CLIENT_ID=me\n" in text
    assert "hush" not in text


def test_command_port_in_use_is_one_line_and_status_2(sandbox: Sandbox) -> None:
    port = sandbox.base_url.rpartition(":")[2]
    ended = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, env=CLEAN)
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"cannot serve on port {port}: ")


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "trustme", "python_multipart"])
def test_import_without_extra_names_what_to_install(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; import pokitdok_session.sandbox"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    last = ended.stderr.splitlines()[-1]
    assert 'pip install ".[sandbox]"' in last
    assert last.startswith("ImportError: ")
