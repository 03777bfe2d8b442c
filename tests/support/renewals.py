"""Block, start and await token requests."""

from __future__ import annotations

import threading

from pokitdok_session import PokitDokSession
from pokitdok_session.sandbox import Sandbox
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.threads import TEST_TIMEOUT, BlockingTransport


def status_of(session: PokitDokSession) -> int:
    return session.get(ACTIVITIES_PATH).status_code


def block_token_requests(sandbox: Sandbox, session: PokitDokSession) -> BlockingTransport:
    transport = BlockingTransport(verify=sandbox.ca_file)
    session.mount(sandbox.base_url + TOKEN_PATH, transport)
    return transport


def wait_for_renewals() -> None:
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(TEST_TIMEOUT)
