"""The README: its length, its commands, its tables compared with the code, and its code, run."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from pokitdok_session import TokenError, errors
from pokitdok_session.pokitdok.resources import Resources
from pokitdok_session.sandbox import Sandbox
from support.http_server import Script, ScriptedResponse, ScriptedServer
from support.subprocesses import PROCESS_TIMEOUT

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROSE = [
    line
    for line in re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL).splitlines()
    if not line.startswith("|")
]
PYTHON = [code for language, code in BLOCKS if language == "python"]
[DASK] = [code for code in PYTHON if "dask" in code]  # run by tests/api/batch
[TESTS] = [code for code in PYTHON if "pytest_plugins" in code]
[LIBRARY] = [code for code in PYTHON if "Library" in code]
RECIPES = TEXT.partition("\n## Recipes\n")[2].partition("\n## ")[0]  # run by tests/oauth2
IN_ORDER = [each for each in PYTHON if each not in (DASK, TESTS, LIBRARY) and each not in RECIPES]


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.fixture
def account(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment of a user of this sandbox."""
    return {
        "POKITDOK_CLIENT_ID": sandbox.client_id,
        "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
        "POKITDOK_BASE_URL": sandbox.base_url,
        "REQUESTS_CA_BUNDLE": sandbox.ca_file,
    }


def test_readme_prose_has_at_most_1200_words() -> None:
    assert len(" ".join(PROSE).split()) <= 1200


def test_readme_prose_lines_have_at_most_120_characters() -> None:
    assert [line for line in PROSE if len(line) > 120] == []


def test_readme_shell_blocks_set_up_an_empty_machine() -> None:
    run, test = (code for language, code in BLOCKS if language == "sh")
    for commands in (run, test):
        assert commands.startswith("python3 -m venv .venv\n")
        assert "pip install --quiet --upgrade pip\n" in commands
    assert run.endswith(".venv/bin/python -m pokitdok_session\n")
    assert test.endswith(".venv/bin/python -m pytest -n 3\n")


def test_readme_links_lead_to_files_and_sections() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", "\n".join(PROSE), re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]*)\)", "\n".join(PROSE)):
        if target.startswith("#"):
            assert target[1:] in headings
        elif "://" not in target:
            assert (ROOT / target.partition("#")[0]).exists()


def test_readme_number_of_methods_is_that_of_the_code() -> None:
    methods = [
        name
        for family in Resources.__bases__
        for name, value in vars(family).items()
        if isinstance(value, FunctionType) and not name.startswith("_")
    ]
    assert f"There are {len(methods)} such methods" in TEXT


def test_readme_error_table_has_every_error() -> None:
    table = " ".join(cell for cell, _ in rows("What each error means"))
    ours = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__.startswith("pokitdok_session.")
    }
    assert TokenError.__name__ in ours
    assert set(re.findall(r"`(\w+)`", table)) == ours - {"APIError"}


def test_readme_migration_table_names_existing_arguments() -> None:
    from pokitdok_session import PokitDokSession

    parameters = inspect.signature(PokitDokSession).parameters
    for _, now in rows("Coming from"):
        for name in re.findall(r"`(\w+)=`", now):
            assert name in parameters
        for name in re.findall(r"`(\w+)\(", now):
            assert name == "PokitDokSession" or hasattr(PokitDokSession, name)


def test_readme_code_runs_in_order(
    sandbox: Sandbox,
    account: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)  # one example writes a journal
    for name, value in account.items():
        monkeypatch.setenv(name, value)
    replaced = {
        "my-client-id": sandbox.client_id,
        "my-client-secret": sandbox.client_secret,
        "https://login.example.com": sandbox.base_url,
        "https://api.example.com/v1": f"{sandbox.base_url}/api/v4",
    }
    variables: dict[str, Any] = {"__name__": "readme"}
    for code in IN_ORDER:
        for example, real in replaced.items():
            code = code.replace(example, real)
        exec(compile(code, README.name, "exec"), variables)
        if "APIError" in code:
            assert "TradingPartnerError" in capsys.readouterr().out
        if ".batch(" in code:
            assert capsys.readouterr().out.count(" answered ") == 3
        variables["session"].close()  # a session can be used after close()
    assert variables["reply"].data["coverage"]["active"] is True
    assert variables["same"].status_code == variables["response"].status_code == 200
    assert len(sandbox.received("/eligibility/")) == 5


def test_readme_example_of_an_api_has_at_most_20_lines() -> None:
    assert len([line for line in LIBRARY.splitlines() if line.strip()]) <= 20


def test_readme_example_of_an_api_works_on_another_server(tmp_path: Path) -> None:
    token = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600}
    pages = {
        "/v1/books?author=Le+Guin": ScriptedResponse(
            body=json.dumps([{"title": "The Dispossessed"}]).encode(),
            headers={"Link": '</v1/books?page=2>; rel="next"'},
        ),
        "/v1/books?page=2": ScriptedResponse(body=b'[{"title": "Always Coming Home"}]'),
    }
    script: dict[str, Script] = {
        "/token": ScriptedResponse(body=json.dumps(token).encode()),
        "/v1/books": lambda seen: pages[seen.path],
        "/v1/books/97": ScriptedResponse(404, b'{"title": "no such book"}'),
    }
    cover = tmp_path / "cover.png"
    cover.write_bytes(b"an image")
    with ScriptedServer(script) as server:
        code = re.sub(r"https://\w+\.library\.example", server.url, LIBRARY)
        variables: dict[str, Any] = {"__name__": "readme"}
        exec(compile(code, README.name, "exec"), variables)
        assert variables["titles"] == ["The Dispossessed", "Always Coming Home"]
        with variables["library"] as library:
            library.add_cover(96, cover)
            with pytest.raises(errors.NotFound):
                library.book(97)
        assert [seen.authorization for seen in server.requests[1:]] == ["Bearer a-token"] * 4
        assert server.requests[3].path == "/v1/books/96/cover"
        assert b"an image" in server.requests[3].body


def test_readme_example_of_tests_passes(tmp_path: Path) -> None:
    (tmp_path / "test_example.py").write_text(TESTS, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
    )
    assert f"{TESTS.count('def test_')} passed" in ended.stdout, ended.stdout + ended.stderr
