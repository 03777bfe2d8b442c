"""Uvicorn in a thread: it starts on a socket of ours, and stops at once."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .faults import TRANSPORT
from .state import State

HOST = "127.0.0.1"
BACKLOG = 2048
# Seconds between checks of the clock's jobs, if no request and no test runs them earlier.
TICK = 0.2
CLOSE_TIMEOUT = 0.5


def listen(port: int) -> socket.socket:
    """Return a socket that listens on this port of the loopback interface; 0 picks a free port."""
    # asyncio sets TCP_NODELAY only if the protocol is named. Without TCP_NODELAY the second
    # segment of a response waits 40 ms for the first one's acknowledgment.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def make_protocol(on_connection: Callable[[], None]) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol that reports connections and puts its transport in the scope."""

    class Protocol(HttpToolsProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # Config(access_log=False) would disable the logger of other servers in the process.
            self.access_log = False

        # uvicorn narrows the type of the parameter, so this must do it too.
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            on_connection()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            # uvicorn does not close it after an error; Python 3.10 warns about that.
            self.transport.close()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            cast("dict[str, Any]", self.scope)[TRANSPORT] = self.transport

    return Protocol


class UvicornServer(uvicorn.Server):
    """Uvicorn's server that stops at once: it aborts connections and cancels requests."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        callbacks = asyncio.create_task(self._state.callbacks.run())
        ticks = 0
        try:
            while not await self.on_tick(ticks):
                ticks += 10
                for _ in range(round(1 / TICK)):
                    self._state.clock.run_due()
                    if await self._stops_within(TICK):
                        return
        finally:
            # Before Python 3.12, wait_for() drops a cancellation if its task has just failed.
            while not callbacks.done():
                callbacks.cancel()
                await asyncio.wait({callbacks}, timeout=TICK)

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # Abort, because close() would wait for the client's TLS close_notify.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # The protocols see the abort in the next rounds of the loop.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        # Requests that wait, and handshakes.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self.servers:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(server.wait_closed(), CLOSE_TIMEOUT)
        for listener in sockets or []:
            listener.close()

    def wait_until_ready(self, thread: threading.Thread) -> bool:
        while thread.is_alive():
            if self._ready.wait(0.05):
                return True
        return False

    def stop(self) -> None:
        """Stop the server; called from another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


class ServerThread:
    """A server that runs in a daemon thread until it is stopped."""

    def __init__(
        self, app: ASGIApp, state: State, listener: socket.socket, context: ssl.SSLContext
    ) -> None:
        def count_connection() -> None:
            state.connections += 1

        config = uvicorn.Config(
            app,
            http=make_protocol(count_connection),
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,  # app.py sends the clock's date
            workers=1,
            timeout_keep_alive=300,
        )
        config.load()
        config.ssl = context
        self._server = UvicornServer(config, state)
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="pokitdok-sandbox", daemon=True)
        self._thread.start()
        if not self._server.wait_until_ready(self._thread):
            listener.close()
            raise RuntimeError("the sandbox's server did not start; the log says why")

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._listener]))

    def stop(self) -> None:
        self._server.stop()
        self._thread.join()
