"""A pytest plugin for both runs of requests' suite: keep all connections on this machine."""

import socket
import sys

# The suite's tarpit is a private address, which only some networks ignore silently. A socket with
# a full backlog does the same, because Linux drops the SYN.
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
filler = socket.create_connection(listener.getsockname())


def pytest_collection_finish() -> None:
    """Point the suite at the tarpit on loopback."""
    host, port = listener.getsockname()
    sys.modules["tests.test_requests"].TARPIT = f"http://{host}:{port}"
