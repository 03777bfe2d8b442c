"""Serve sekmet-fhir over TLS, as settings.json in the first argument's folder describes it.

Run by the Python of the environment that sekmet-fhir is installed in. Prints the port when it
listens. /statistics returns how many token requests were granted. /clock?N stops the clock that
tokens are granted and checked by at N seconds since the epoch; /clock lets it go on.
"""

import asyncio
import datetime as dt
import json
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import jwt.api_jwt
import sekmet.auth.server
import uvicorn
from sekmet.config import Settings
from sekmet.main import create_app

folder = Path(sys.argv[1])
granted = 0
stopped_at = 0.0


def now():
    """Return the seconds since the epoch, or those that a test stopped the clock at."""
    return stopped_at or time.time()


class Datetime(dt.datetime):
    """The clock that PyJWT reads, which `now` can stop."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(now(), tz)


jwt.api_jwt.datetime = Datetime
sekmet.auth.server.time = SimpleNamespace(time=now)


async def control(scope, receive, send):
    """Serve the paths of the test, and count granted tokens on their way to the application."""
    global stopped_at

    async def count(message):
        global granted
        if message["type"] == "http.response.start" and message["status"] == 200:
            granted += 1
        await send(message)

    path = scope.get("path")
    if path == "/clock":
        stopped_at = float(scope["query_string"] or 0)
    if path in ("/clock", "/statistics"):
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(granted).encode()})
    else:
        await app(scope, receive, count if path == "/auth/token" else send)


async def serve(listening):
    server = uvicorn.Server(
        uvicorn.Config(
            control,
            log_config=None,
            ssl_certfile=settings.tls_certfile,
            ssl_keyfile=settings.tls_keyfile,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await serving


listening = socket.create_server(("127.0.0.1", 0))
port = listening.getsockname()[1]
settings = Settings(
    base_url=f"https://127.0.0.1:{port}/fhir",
    data_dir=str(folder),
    **json.loads((folder / "settings.json").read_text()),
)
app = create_app(settings)
asyncio.run(serve(listening))
