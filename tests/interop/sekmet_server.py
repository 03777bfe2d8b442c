"""Serve sekmet-fhir over TLS, as settings.json in the first argument's folder describes it.

Run by the Python of the environment that sekmet-fhir is installed in. Prints the port when it
listens. /statistics returns how many token requests were granted.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

import uvicorn
from sekmet.config import Settings
from sekmet.main import create_app

folder = Path(sys.argv[1])
granted = 0


async def counting(scope, receive, send):
    """Count the token requests that were granted, on their way to the server's application."""

    async def count(message):
        global granted
        if message["type"] == "http.response.start" and message["status"] == 200:
            granted += 1
        await send(message)

    if scope["type"] == "http" and scope["path"] == "/statistics":
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(granted).encode()})
    else:
        is_token_request = scope["type"] == "http" and scope["path"] == "/auth/token"
        await app(scope, receive, count if is_token_request else send)


async def serve(listening):
    server = uvicorn.Server(
        uvicorn.Config(
            counting,
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
