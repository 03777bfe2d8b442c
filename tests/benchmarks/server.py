"""A TLS server that answers at once, so that what is measured is the client.

It is started by `measure.Server`, in a process of its own, and told by lines on its standard
input: ``count`` gives the counters since the last time, as JSON. Imports nothing of the client.
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

ANSWER = json.dumps({"meta": {"activity_id": "53187d2027a27620f2ec7537"}, "data": {"ok": True}})


class State:
    """What the server grants, how long it takes, and what it has seen."""

    def __init__(self, lifetime: float, token_delay: float, delay: float) -> None:
        self.lifetime = lifetime
        self.token_delay = token_delay
        self.delay = delay
        self.ends: dict[str, float] = {}
        self.seen: Counter[str] = Counter()

    def answer(self, head: bytes) -> tuple[int, str, float]:
        """Give status, body and seconds of delay for a request with this head."""
        if b"/oauth2/token" in head.partition(b"\r\n")[0]:
            self.seen["tokens"] += 1
            token = secrets.token_hex(20)
            self.ends[token] = time.monotonic() + self.token_delay + self.lifetime
            lifetime = self.lifetime or 3600
            if lifetime == int(lifetime):
                lifetime = int(lifetime)  # as servers write it: some clients read nothing else
            grant = {"access_token": token, "token_type": "bearer", "expires_in": lifetime}
            return 200, json.dumps(grant), self.token_delay
        self.seen["requests"] += 1
        if self.lifetime and self.ends.get(_bearer(head), 0) < time.monotonic():
            self.seen["refused"] += 1
            return 401, '{"message": "Unauthorized"}', self.delay
        return 200, ANSWER, self.delay


def _bearer(head: bytes) -> str:
    place = head.lower().find(b"\r\nauthorization: bearer ")
    return head[place + 24 :].partition(b"\r\n")[0].decode("latin-1") if place >= 0 else ""


class Connection(asyncio.Protocol):
    """HTTP/1.1 keep-alive, as much as the clients measured here speak; a body is thrown away."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.head = b""
        self.got = bytearray()
        self.left = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.state.seen["handshakes"] += 1  # asyncio says so once the handshake is over

    def data_received(self, data: bytes) -> None:
        while data:
            if not self.head:
                self.got += data
                head, end, data = bytes(self.got).partition(b"\r\n\r\n")
                if not end:
                    return
                self.got.clear()
                self.head = head
                self.left = _content_length(head)
            taken = min(self.left, len(data))
            self.left -= taken
            data = data[taken:]
            if self.left:
                return
            status, body, delay = self.state.answer(self.head)
            self.head = b""
            if delay:
                asyncio.get_running_loop().call_later(delay, self.say, status, body)
            else:
                self.say(status, body)

    def say(self, status: int, body: str) -> None:
        self.transport.write(
            f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n"
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

    def told() -> None:
        line = sys.stdin.readline()
        if not line:
            ended.set()
        print(json.dumps(state.seen), flush=True)
        state.seen.clear()

    loop.add_reader(sys.stdin, told)
    await ended.wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authority-file", required=True, help="where its certificate is written")
    parser.add_argument("--lifetime", type=float, default=0, help="seconds; 0 takes any token")
    parser.add_argument("--token-delay", type=float, default=0, help="seconds before a token")
    parser.add_argument("--delay", type=float, default=0, help="seconds before any other answer")
    given = parser.parse_args()
    state = State(given.lifetime, given.token_delay, given.delay)
    asyncio.run(serve(state, given.authority_file))


if __name__ == "__main__":
    main()
