"""A pytest plugin that counts our sessions: a run that builds none proves nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pokitdok_session import ClientCredentialsSession

built = 0


class Ours(ClientCredentialsSession):
    """The base of both replacements, each of which has a constructor of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        global built
        built += 1
        super().__init__(*args, **kwargs)


@pytest.fixture(scope="session", autouse=True)
def sessions(record_testsuite_property: Callable[[str, object], None]) -> Iterator[None]:
    """Write the number of sessions into the report."""
    yield
    record_testsuite_property("sessions", built)
