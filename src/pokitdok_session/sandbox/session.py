"""The session of a sandbox. Only this module imports the client, and only `Sandbox` imports it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from pokitdok_session import PokitDokSession
from pokitdok_session.api import rate_limit
from pokitdok_session.pokitdok import activities

from .server.clock import Clock


class SandboxSession(PokitDokSession):
    """A `PokitDokSession` whose ``verify`` is the sandbox's certificate.

    In requests the environment variable ``REQUESTS_CA_BUNDLE`` takes precedence over
    ``session.verify``. Here it does not, with any adapter that is mounted.
    """

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        verify = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, verify, cert)


@contextmanager
def waits_on(clock: Clock) -> Iterator[None]:
    """Replace the pauses between polls, and those of the rate limit, by steps of the clock."""

    def sleep(seconds: float) -> None:
        clock.advance(seconds)

    clock_time = SimpleNamespace(sleep=sleep, monotonic=clock.now)
    with (
        mock.patch.object(activities, "time", clock_time),
        mock.patch.object(rate_limit, "time", clock_time),
    ):
        yield
