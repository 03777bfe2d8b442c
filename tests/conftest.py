"""What the tests share: a sandbox for each, a clock to move, an environment that says nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.clock import Clock
from support.http_server import Loopback
from support.redis_server import RedisServer

_SPEAKS_TO_REQUESTS = (
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "POKITDOK_CLIENT_ID",
    "POKITDOK_CLIENT_SECRET",
    "POKITDOK_BASE_URL",
    *(f"{scheme}_proxy" for scheme in ("http", "https", "all", "no")),
    *(f"{scheme}_PROXY" for scheme in ("HTTP", "HTTPS", "ALL", "NO")),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail when a test is skipped")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run for a skipped test: in CI everything that a test needs is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.option.no_skips and reporter and "skipped" in reporter.stats:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _SPEAKS_TO_REQUESTS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(sandbox: Sandbox, clock: Clock) -> Iterator[PokitDokSession]:
    """A session on the sandbox that has no token yet, and whose clock stands still."""
    with sandbox.session() as session:
        session.token_source.clock = clock
        yield session


@pytest.fixture
def pass_time(sandbox: Sandbox, clock: Clock) -> Callable[[float], None]:
    """Let so many seconds pass, for the client and for the sandbox."""

    def pass_time(seconds: float) -> None:
        clock.advance(seconds)
        sandbox.clock.advance(seconds)

    return pass_time


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts at the token endpoint, which pass at once."""
    taken: list[float] = []

    def monotonic() -> float:
        return time.monotonic() + sum(taken)

    stand_in = SimpleNamespace(sleep=taken.append, monotonic=monotonic)
    monkeypatch.setattr("pokitdok_session.oauth2.token_endpoint.time", stand_in)
    return taken


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    """A server of another origin, over plain http."""
    with Loopback() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis for all tests that leave it as it is; keys are told apart by client ids."""
    with RedisServer() as server:
        yield server
