"""Pytest fixtures for your own tests. Pytest loads them only if you name them.

Name them in a test module or in the root ``conftest.py``::

    pytest_plugins = ["pokitdok_session.sandbox.fixtures"]

    def test_a_claim_is_acknowledged(pokitdok_session, pokitdok_clock):
        claim = pokitdok_session.claims({...}).data
        pokitdok_clock.advance(300)
        assert pokitdok_session.activities(claim["id"]).data["state"]["name"] == "completed"

Each test has its own sandbox. To share one, override ``pokitdok_sandbox`` in a wider scope. To
change its options, override ``pokitdok_sandbox_options``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .sandbox import Sandbox
from .server.clock import Clock
from .server.faults import Fault

if TYPE_CHECKING:
    from pokitdok_session import PokitDokSession


@pytest.fixture
def pokitdok_sandbox_options() -> dict[str, Any]:
    """Return the arguments of `Sandbox`, none by default; override it to change them."""
    return {}


@pytest.fixture
def pokitdok_sandbox(pokitdok_sandbox_options: dict[str, Any]) -> Iterator[Sandbox]:
    """Run a local PokitDok over TLS for one test.

    It records what it received (``requests``, ``received(path)``, ``token_requests``). It makes
    more sessions (``session(scope=["user_schedule"])``) and revokes tokens (``revoke()``).
    """
    with Sandbox(**pokitdok_sandbox_options) as sandbox:
        yield sandbox


@pytest.fixture
def pokitdok_session(pokitdok_sandbox: Sandbox) -> Iterator[PokitDokSession]:
    """Yield a session on the sandbox; its token expires by `pokitdok_clock` too."""
    with pokitdok_sandbox.session() as session:
        session._token_source.clock = pokitdok_sandbox.clock.now
        yield session


@pytest.fixture
def pokitdok_clock(pokitdok_sandbox: Sandbox) -> Clock:
    """Return the sandbox's clock: call ``advance(seconds)`` instead of sleeping.

    Everything that becomes due, such as the response to a claim, has happened when it returns.
    Callbacks take longer: call ``pokitdok_sandbox.wait_for_callbacks()``.
    """
    return pokitdok_sandbox.clock


@pytest.fixture
def pokitdok_faults(pokitdok_sandbox: Sandbox) -> Iterator[Callable[..., Fault]]:
    """Inject faults: ``pokitdok_faults("/claims/", status=503, times=2)``.

    It takes the arguments of `Sandbox.fail`. Faults that no request met are removed after the test.
    """
    yield pokitdok_sandbox.fail
    pokitdok_sandbox.clear_faults()


@pytest.fixture
def pokitdok_environment(pokitdok_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect every ``PokitDokSession()`` that the code under test builds to the sandbox."""
    monkeypatch.setenv("POKITDOK_BASE_URL", pokitdok_sandbox.base_url)
    monkeypatch.setenv("POKITDOK_CLIENT_ID", pokitdok_sandbox.client_id)
    monkeypatch.setenv("POKITDOK_CLIENT_SECRET", pokitdok_sandbox.client_secret)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", pokitdok_sandbox.ca_file)
