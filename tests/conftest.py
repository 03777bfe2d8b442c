"""Fixtures of all tests: a sandbox, a session on it, a clock, and a clean environment."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.server.tls import Certificate
from support.clock import Clock
from support.http_server import ScriptedServer
from support.redis_server import RedisServer

collect_ignore = ["interop"]  # collected only if it is named: pytest tests/interop

_VARIABLES = (
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


def pytest_configure() -> None:
    """Let the processes that tests start end by Ctrl-C, also if a shell runs this one with &."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if a test was skipped: CI installs everything that tests need."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.option.no_skips and reporter and "skipped" in reporter.stats:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let urllib3 retry at once; the fixture ``pauses`` tells how long it would wait."""
    stand_in = SimpleNamespace(sleep=lambda seconds: None, time=time.time)
    monkeypatch.setattr("urllib3.util.retry.time", stand_in)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Let only reference counts free objects."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _no_collector_in_deep_json(request: pytest.FixtureRequest) -> None:
    """A finalizer that the collector runs at the end of a recursion fails, and the test with it."""
    if any(part in request.node.name for part in ("deep", "[[[[")):
        request.getfixturevalue("no_collector")


@pytest.fixture(scope="session", autouse=True)
def _one_certificate_for_all_sandboxes() -> Iterator[None]:
    """Half of what it takes to start a sandbox is its certificate."""
    certificate = Certificate()
    context = certificate.server_context()
    certificate.server_context = lambda: context  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pokitdok_session.sandbox.sandbox.Certificate", lambda: certificate)
        yield


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(sandbox: Sandbox, clock: Clock) -> Iterator[PokitDokSession]:
    """Yield a session on the sandbox without a token; only the test moves its clock."""
    with sandbox.session() as session:
        session._token_source.clock = clock
        yield session


@pytest.fixture
def pass_time(sandbox: Sandbox, clock: Clock) -> Callable[[float], None]:
    """Return a function that advances the clocks of the sandbox and of the client."""

    def pass_time(seconds: float) -> None:
        # In this order: a token that a thread fetches meanwhile is as young as the client thinks.
        sandbox.clock.advance(seconds)
        clock.advance(seconds)

    return pass_time


@pytest.fixture
def retry_sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds of each sleep between token requests; none is slept."""
    sleeps: list[float] = []

    def monotonic() -> float:
        return time.monotonic() + sum(sleeps)

    stand_in = SimpleNamespace(sleep=sleeps.append, monotonic=monotonic)
    monkeypatch.setattr("pokitdok_session.oauth2.token_endpoint.time", stand_in)
    return sleeps


@pytest.fixture
def other_origin() -> Iterator[ScriptedServer]:
    """Yield a server of another origin, over plain http."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Yield a Redis shared by all tests; each test has its own client id, and so its own keys."""
    with RedisServer() as server:
        yield server
