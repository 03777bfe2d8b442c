"""Connection pools whose exceptions say whether anything was sent."""

from __future__ import annotations

from typing import Any

import urllib3

from .outcome import mark_nothing_sent


class HTTPSConnectionPool(urllib3.HTTPSConnectionPool):
    """A pool that marks exceptions raised before the request could be sent.

    It has the name of urllib3's own class, which exception texts and log rules show.
    """

    def _validate_conn(self, conn: Any) -> None:
        with mark_nothing_sent():
            super()._validate_conn(conn)

    def _prepare_proxy(self, conn: Any) -> None:
        with mark_nothing_sent():
            super()._prepare_proxy(conn)


POOL_CLASSES = {"http": urllib3.HTTPConnectionPool, "https": HTTPSConnectionPool}
