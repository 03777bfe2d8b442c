"""An adapter that is dropped without `close()` is freed at once, with its connections."""

from __future__ import annotations

import weakref

import pytest
import requests

from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.redaction import redact_logs
from support.raw_server import RawServer


@pytest.mark.usefixtures("no_collector")
def test_dropped_adapter_is_freed_and_closes_its_connections() -> None:
    with RawServer([["respond"]]) as server:
        session = requests.Session()
        adapter = Transport()
        session.mount("http://", adapter)
        request = session.prepare_request(requests.Request("GET", server.url))
        with redact_logs(request):
            response = session.send(request)
        response.close()
        dropped = [weakref.ref(adapter), weakref.ref(adapter.poolmanager)]
        del response, session, adapter
        assert [reference() for reference in dropped] == [None, None]
        server._thread.join(5)  # the server waits for the end of its only connection
        assert not server._thread.is_alive()


@pytest.mark.usefixtures("no_collector")
def test_dropped_copy_of_an_adapter_leaves_the_connections_open() -> None:
    with RawServer([["respond", "respond"]]) as server:
        session = requests.Session()
        adapter = Transport()
        session.get_adapter = lambda url: adapter.replace()  # type: ignore[method-assign]
        assert [session.get(server.url).status_code for _ in range(2)] == [200, 200]
        adapter.close()
    assert len(server.seen) == 2
