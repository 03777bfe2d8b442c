"""Uvicorn in a thread: how it starts on a socket of ours, and how it ends without waiting."""

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

# How late a callback or a state may be when nobody calls and nobody moves the clock.
TICK = 0.2
LAST_WAIT = 0.5


def make_protocol(connected: Callable[[], None]) -> type[HttpToolsProtocol]:
    """Uvicorn's protocol, which tells of connections and lets the application reach its own."""

    class Protocol(HttpToolsProtocol):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # Not by Config(access_log=False), which would silence the logger of other servers.
            self.access_log = False

        # uvicorn narrows the parameter, so its subclasses have to as well.
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connected()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            # After an error uvicorn does not, and Python 3.10 complains of an unclosed transport.
            self.transport.close()

        def on_message_begin(self) -> None:
            super().on_message_begin()
            cast("dict[str, Any]", self.scope)[TRANSPORT] = self.transport

    return Protocol


class UvicornServer(uvicorn.Server):
    """Ends at once: what is open is dropped, what still waits is canceled."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state
        self._leave = asyncio.Event()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        posting = asyncio.create_task(self._state.callbacks.run())
        ticks = 0
        try:
            while not await self.on_tick(ticks):
                ticks += 10
                for _ in range(round(1 / TICK)):
                    self._state.clock.run_due()
                    if await self._left(TICK):
                        return
        finally:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)

    async def _left(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._leave.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # A TLS connection closed politely waits for the client, which may never say goodbye.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # The protocols learn of it in the loop's next round; then nothing is left to complain of.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        # Requests that wait, and handshakes, which only their tasks know of.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self.servers:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(server.wait_closed(), LAST_WAIT)
        for listener in sockets or []:
            listener.close()

    def wait_until_ready(self, thread: threading.Thread) -> bool:
        while thread.is_alive():
            if self._ready.wait(0.05):
                return True
        return False

    def leave(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leave.set)


class ServerThread:
    """A server at work in a daemon thread, until stopped."""

    def __init__(
        self, app: ASGIApp, state: State, listener: socket.socket, context: ssl.SSLContext
    ) -> None:
        def connected() -> None:
            state.connections += 1

        config = uvicorn.Config(
            app,
            http=make_protocol(connected),
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,  # of the sandbox's clock, by its gate
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
            raise RuntimeError("the sandbox's server did not start")

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._listener]))

    def stop(self) -> None:
        self._server.leave()
        self._thread.join()
