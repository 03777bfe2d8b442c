"""An eligibility server with a rate limit that fails at random, and counts what it processed.

``python batch_server.py --rows 20000`` prints its port, and for each line on standard input its
counts as JSON. It imports nothing of the client. Plain HTTP on the loopback: the network is not
what is measured.
"""

import argparse
import asyncio
import json
import random
import secrets
import socket
import struct
import sys
import time
from collections import Counter
from datetime import datetime, timezone
from typing import Any

#: What goes wrong, and for which share of the calls that pass the rate limit.
FAULTS = {
    "502 before": 0.005,
    "502 after": 0.005,
    "reset before": 0.005,
    "reset after": 0.005,
    "slow": 0.01,
}
SLOW = 3.0
REVOKE_EVERY = 2000
STATUS = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 422: "Unprocessable", 502: "Bad"}


class Server:
    """The state of one run."""

    def __init__(self, limit: int, window: float, has_faults: bool, seed: int) -> None:
        self.limit, self.window = limit, window
        self.chance = random.Random(seed)
        self.faults = FAULTS if has_faults else {}
        self.tokens: set[str] = set()
        self.processed: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.activities: list[dict[str, Any]] = []
        self.end = 0.0
        self.used = 0

    def admit(self) -> bool:
        now = time.time()
        if now >= self.end:
            self.end, self.used = now + self.window, 0
        if self.limit and self.used >= self.limit:
            self.seen["refused"] += 1
            return False
        self.used += 1
        return True

    def meta(self) -> dict[str, Any]:
        return {
            "activity_id": secrets.token_hex(12),
            "rate_limit_amount": self.used,
            "rate_limit_cap": self.limit or 10**9,
            "rate_limit_reset": int(self.end) + 1,
        }

    def fault(self) -> str | None:
        choice = self.chance.random()
        for name, share in self.faults.items():
            choice -= share
            if choice < 0:
                self.seen[name] += 1
                return name
        return None

    def process(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        meta = self.meta()
        if body["provider"]["npi"] == "3":
            errors = {"validation": {"provider": {"npi": ["Not an NPI."]}}}
            return 422, {"meta": meta, "data": {"errors": errors}}
        data = body.get("application_data") or {}
        self.processed[data["appointment"]] += 1
        result = {"valid_request": True, "coverage": {"active": True}, "application_data": data}
        self.activities.append(
            {
                "id": meta["activity_id"],
                "created_date": datetime.now(timezone.utc).isoformat(timespec="microseconds")[:26],
                "application_data": data,
                "state": {"name": "completed"},
                "result": result,
            }
        )
        return 200, {"meta": meta, "data": result}

    def listed(self, query: str) -> dict[str, Any]:
        asked = dict(part.split("=") for part in query.split("&") if part)
        limit, offset = int(asked.get("limit", 20)), int(asked.get("offset", 0))
        newest = self.activities[::-1][offset : offset + limit]
        meta = self.meta()
        if offset + limit < len(self.activities):
            path = f"/api/v4/activities/?limit={limit}&offset={offset + limit}"
            meta["next"] = f"{self.url}{path}"
        return {"meta": meta, "data": newest}

    url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self.respond(first.split(" ")[1], headers, body, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def respond(
        self, target: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        path, _, query = target.partition("?")
        if path == "/oauth2/token":
            self.seen["token requests"] += 1
            token = secrets.token_hex(16)
            self.tokens.add(token)
            answer = {"access_token": token, "token_type": "bearer", "expires_in": 3600}
            return self.send(writer, 200, answer)
        self.seen["calls"] += 1
        if self.faults and self.seen["calls"] % REVOKE_EVERY == 0:
            self.tokens.clear()
        if headers.get("authorization", "").removeprefix("bearer ") not in self.tokens:
            return self.send(writer, 401, {"message": "Unauthorized"})
        if not self.admit():
            return self.send(writer, 403, {"message": "Forbidden (Rate Limited)"})
        if path == "/api/v4/activities/":
            return self.send(writer, 200, self.listed(query))
        fault = self.fault()
        if fault == "502 before":
            return self.send(writer, 502, {})
        if fault == "reset before":
            return self.reset(writer)
        if fault == "slow":
            await asyncio.sleep(SLOW)
        status, answer = self.process(json.loads(body))
        if fault == "502 after":
            return self.send(writer, 502, {})
        if fault == "reset after":
            return self.reset(writer)
        return self.send(writer, status, answer)

    def send(self, writer: asyncio.StreamWriter, status: int, answer: Any) -> bool:
        content = json.dumps(answer).encode()
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        head = f"HTTP/1.1 {status} {STATUS[status]}\r\nDate: {date}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        return True

    def reset(self, writer: asyncio.StreamWriter) -> bool:
        held: socket.socket = writer.get_extra_info("socket")
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False


async def main(options: argparse.Namespace) -> None:
    state = Server(options.limit, options.window, not options.no_faults, options.seed)
    server = await asyncio.start_server(state.serve, "127.0.0.1", 0)
    state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(state.url, flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps({"seen": state.seen, "processed": state.processed}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=0, help="calls per window; 0 is no limit")
    parser.add_argument("--window", type=float, default=10.0, help="seconds")
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(main(parser.parse_args()))
