"""The README: its length, its commands, its tables compared with the code, and its code, run."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from pokitdok_session import TokenError, errors
from pokitdok_session.pokitdok.resources import Resources
from pokitdok_session.sandbox import Sandbox
from support.redis_server import RedisServer

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
[DASK] = [code for code in PYTHON if "__main__" in code]
IN_ORDER = [code for code in PYTHON if code != DASK]
HOSTED = "https://platform.pokitdok.com"


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture
def account(sandbox: Sandbox) -> dict[str, str]:
    """The environment of a user of this sandbox."""
    return {
        "POKITDOK_CLIENT_ID": sandbox.client_id,
        "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
        "POKITDOK_BASE_URL": sandbox.base_url,
        "REQUESTS_CA_BUNDLE": sandbox.ca_file,
    }


def test_it_is_read_in_one_go() -> None:
    assert len(TEXT.splitlines()) <= 200


def test_the_first_two_blocks_set_up_an_empty_machine_by_themselves() -> None:
    (first, run), (second, test) = BLOCKS[:2]
    assert first == second == "sh"
    for commands in (run, test):
        assert commands.startswith("python3 -m venv .venv\n")
        assert "pip install --quiet --upgrade pip\n" in commands
    assert run.endswith(".venv/bin/python -m pokitdok_session\n")
    assert test.endswith(".venv/bin/python -m pytest -n 2\n")


def test_the_table_of_resources_is_what_the_code_has() -> None:
    families = {family.__name__: family for family in Resources.__bases__}
    told: list[str] = []
    for names, methods in rows("Resources"):
        in_row = names.split(", ")
        told += in_row
        assert methods == ", ".join(
            f"`{name}`"
            for family in in_row
            for name, value in vars(families[family]).items()
            if isinstance(value, FunctionType)
        )
    assert sorted(told) == sorted(families)


def test_every_error_is_in_the_table_of_what_to_do() -> None:
    table = " ".join(cell for cell, _ in rows("Errors, and what to do"))
    ours = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__.startswith("pokitdok_session.")
    }
    assert TokenError.__name__ in ours
    assert set(re.findall(r"`(\w+)`", table)) == ours - {"APIError"}


def test_its_code_runs_from_top_to_bottom_and_after_is_as_before(
    sandbox: Sandbox, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    met: dict[str, Any] = {"__name__": "readme"}
    pairs = []
    for code in IN_ORDER:
        exec(compile(code.replace(HOSTED, sandbox.base_url), README.name, "exec"), met)
        if "before" in met:
            pairs.append((met.pop("before"), met.pop("after")))
    (plain, ours), (override, session) = pairs
    path = f"{sandbox.base_url}/api/v4/activities/{met['reply'].activity_id}"
    assert plain["data"] == ours["data"]
    asked = sandbox.token_requests
    override._client._expires_at = 1  # it has run out, and the override is what renews it
    assert override.get(path).json()["data"] == session.get(path).json()["data"] == ours["data"]
    assert sandbox.token_requests == asked + 2
    assert met["coverage"] == met["reply"].data["coverage"]
    assert met["response"].status_code == 200
    for each in (met["session"], met["client"], override, session):
        each.close()


@pytest.fixture
def redis_url() -> Iterator[str]:
    with RedisServer() as server:
        yield f"redis://127.0.0.1:{server.port}"


def test_the_dask_example_asks_for_one_token_in_all(
    sandbox: Sandbox, account: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    script = tmp_path / "example.py"
    script.write_text(DASK, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, script.name],
        env={**os.environ, **account, "REDIS_URL": redis_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (ended.stdout, ended.returncode) == ("20 of 20 active\n", 0), ended.stderr
    assert len(sandbox.received("/eligibility/")) == 20
    assert sandbox.token_requests == 1
