"""A TLS server that responds at once, so that the client is what is measured.

`measure.Server` starts it in a process of its own. For a line ``count`` on its standard input it
prints the counts since the last line, as JSON. It imports nothing of the client.
"""

import argparse
import asyncio
import json
import secrets
import ssl
import sys
import time
from collections import Counter
from typing import Any

import trustme

RESPONSE = json.dumps({"meta": {"activity_id": "53187d2027a27620f2ec7537"}, "data": {"ok": True}})


class State:
    """The tokens and delays of the server, and its counts."""

    def __init__(self, lifetime: float, token_delay: float, delay: float) -> None:
        self.lifetime = lifetime
        self.token_delay = token_delay
        self.delay = delay
        self.ends: dict[str, float] = {}
        self.seen: Counter[str] = Counter()

    def response(self, head: bytes) -> tuple[int, str, float]:
        """Return status, body and seconds of delay for a request with this head."""
        if b"/oauth2/token" in head.partition(b"\r\n")[0]:
            self.seen["tokens"] += 1
            token = secrets.token_hex(20)
            self.ends[token] = time.monotonic() + self.token_delay + self.lifetime
            lifetime = self.lifetime or 3600
            if lifetime == int(lifetime):
                lifetime = int(lifetime)  # some clients read only integers
            grant = {"access_token": token, "token_type": "bearer", "expires_in": lifetime}
            return 200, json.dumps(grant), self.token_delay
        self.seen["requests"] += 1
        if self.lifetime and self.ends.get(_bearer(head), 0) < time.monotonic():
            self.seen["refused"] += 1
            return 401, '{"message": "Unauthorized"}', self.delay
        return 200, RESPONSE, self.delay


def _bearer(head: bytes) -> str:
    place = head.lower().find(b"\r\nauthorization: bearer ")
    return head[place + 24 :].partition(b"\r\n")[0].decode("latin-1") if place >= 0 else ""


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as far as these clients need it; bodies are ignored."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.head = b""
        self.buffer = bytearray()
        self.remaining = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.state.seen["handshakes"] += 1  # called after the handshake

    def data_received(self, data: bytes) -> None:
        while data:
            if not self.head:
                self.buffer += data
                head, end, data = bytes(self.buffer).partition(b"\r\n\r\n")
                if not end:
                    return
                self.buffer.clear()
                self.head = head
                self.remaining = _content_length(head)
            taken = min(self.remaining, len(data))
            self.remaining -= taken
            data = data[taken:]
            if self.remaining:
                return
            status, body, delay = self.state.response(self.head)
            self.head = b""
            if delay:
                asyncio.get_running_loop().call_later(delay, self.respond, status, body)
            else:
                self.respond(status, body)

    def respond(self, status: int, body: str) -> None:
        self.transport.write(
            f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def serve(state: State, authority_file: str) -> None:
    """Serve until the standard input ends."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(authority_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(state), "127.0.0.1", 0, ssl=context, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def print_counts() -> None:
        line = sys.stdin.readline()
        if not line:
            ended.set()
        print(json.dumps(state.seen), flush=True)
        state.seen.clear()

    loop.add_reader(sys.stdin, print_counts)
    await ended.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authority-file", required=True, help="where its certificate is written")
    parser.add_argument("--lifetime", type=float, default=0, help="seconds; 0 takes any token")
    parser.add_argument("--token-delay", type=float, default=0, help="seconds before a token")
    parser.add_argument("--delay", type=float, default=0, help="seconds before any other response")
    options = parser.parse_args()
    state = State(options.lifetime, options.token_delay, options.delay)
    asyncio.run(serve(state, options.authority_file))


if __name__ == "__main__":
    main()
