"""For both runs of requests' suite: no connection that leaves the machine."""

import socket
import sys

# The suite's tarpit is a private address that only some networks swallow. A backlog that is full
# swallows connections as well (Linux drops the SYN).
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
filler = socket.create_connection(listener.getsockname())


def pytest_collection_finish() -> None:
    """Point the suite at the tarpit on loopback."""
    host, port = listener.getsockname()
    sys.modules["tests.test_requests"].TARPIT = f"http://{host}:{port}"
