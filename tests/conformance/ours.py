"""Our session, counted: a run that never built one would prove nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession

built = 0


class Ours(ClientCredentialsSession):
    """What the two suites are given, each by a constructor of its own kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        global built
        built += 1
        super().__init__(*args, **kwargs)


@pytest.fixture(scope="session", autouse=True)
def sessions(record_testsuite_property: Callable[[str, object], None]) -> Iterator[None]:
    """Say in the report how many were built."""
    yield
    record_testsuite_property("sessions", built)
