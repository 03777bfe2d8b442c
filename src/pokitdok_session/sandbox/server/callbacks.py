"""Callbacks: a finished activity is posted to the URL that its request named."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from typing import Any
from urllib.parse import urlsplit

from .activities import Activity
from .responses import encode

TIMEOUT = 5.0


def url_error(url: Any) -> str | None:
    """Return why this cannot be a callback URL, or None if it can."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "Not a URL."
    if not host or parts.scheme not in ("http", "https"):
        return "Not a URL."
    if parts.scheme == "http" and not is_loopback(host):
        return "A callback URL must be https."
    return None


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Callbacks:
    """A queue of callbacks, posted one by one in the server's event loop."""

    def __init__(self) -> None:
        self._waiting = 0
        self._idle = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[tuple[Activity, str, bytes]] = asyncio.Queue()

    def enqueue(self, activity: Activity) -> None:
        """Post the activity as it is now. Any thread can call this; it does not wait."""
        url, loop = activity.callback_url, self._loop
        if url is None or loop is None:
            return
        # Encoded now, because the activity can change before it is posted.
        body = encode(activity.to_json())
        with self._idle:
            self._waiting += 1
        loop.call_soon_threadsafe(self._queue.put_nowait, (activity, url, body))

    def wait(self, timeout: float) -> bool:
        """Wait until every queued callback was posted or failed; False after ``timeout`` s."""
        with self._idle:
            return self._idle.wait_for(lambda: self._waiting == 0, timeout)

    async def run(self) -> None:
        """Post what is queued, until canceled."""
        self._loop = asyncio.get_running_loop()
        self._queue = asyncio.Queue()
        try:
            while True:
                activity, url, body = await self._queue.get()
                try:
                    activity.callback_error = await self._post(url, body)
                finally:
                    with self._idle:
                        self._waiting -= 1
                        self._idle.notify_all()
        finally:
            self._loop = None
            with self._idle:
                self._waiting = 0
                self._idle.notify_all()

    async def _post(self, url: str, body: bytes) -> str | None:
        """Post, and return why it failed, or None."""
        try:
            status = await asyncio.wait_for(post(url, body), TIMEOUT)
        except (asyncio.TimeoutError, OSError, ValueError) as error:
            return str(error) or type(error).__name__
        return None if 200 <= status < 300 else f"HTTP status {status}"


async def post(url: str, body: bytes) -> int:
    """Send one POST and return the status of its response."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context: ssl.SSLContext | None = None
    if secure:
        context = ssl.create_default_context()
        if is_loopback(host):
            # A receiver on this machine has a self-signed certificate.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
        "Content-Type: application/json\r\nUser-Agent: pokitdok-sandbox\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        line = await reader.readline()
        return int(line.split()[1])
    except IndexError:
        raise ValueError("no HTTP response") from None
    finally:
        # abort() does not wait for the receiver; Python 3.10 warns without close().
        writer.transport.abort()
        writer.close()
