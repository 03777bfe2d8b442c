"""Callbacks: a finished activity is posted to the URL that its request named."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.server.callbacks import Callbacks
from support.plain_client import Client


class Receiver(ThreadingHTTPServer):
    """An HTTP receiver that records each callback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.got: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?a=b"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def finish(client: Client, body: dict[str, Any], seconds: float = 300) -> dict[str, Any]:
    """Submit a claim, advance the clock, and return the activity."""
    sent = client.api("POST", "/claims/", json=body).json()["data"]
    client.sandbox.clock.advance(seconds)
    assert client.sandbox.wait_for_callbacks()
    return client.api("GET", f"/activities/{sent['id']}").json()["data"]  # type: ignore[no-any-return]


def test_callback_finished_claim_is_posted_once(
    client: Client, claim: dict[str, Any], receiver: Receiver
) -> None:
    claim |= {"callback_url": receiver.url, "application_data": {"ticket": 1}}
    done = finish(client, claim)
    [(path, kind, body)] = receiver.got
    assert (path, kind) == ("/hook?a=b", "application/json")
    assert body == done
    assert body["application_data"] == {"ticket": 1}
    assert "callback_error" not in done


def test_callback_mock_payment_is_posted_twice_with_documented_amounts(
    client: Client, claim: dict[str, Any], receiver: Receiver
) -> None:
    data = {"mock_claim_payment": True}
    claim |= {"callback_url": receiver.url, "application_data": data}
    finish(client, claim)
    client.sandbox.clock.advance(60)
    assert client.sandbox.wait_for_callbacks()
    [acknowledged, paid] = [body for _, _, body in receiver.got]
    assert "clearinghouse" in acknowledged["result"]
    assert (paid["id"], paid["tracking_description"]) == (acknowledged["id"], "paid")
    [payment] = paid["result"]["claim_payments"]
    assert payment["payment_amount"] == {"amount": "51.00", "currency": "USD"}
    assert {a["group"]: a["amount"]["amount"] for a in payment["adjustments"]} == {
        "contractual_obligations": "3.00",
        "patient_responsibility": "6.00",
    }
    assert len(paid["result_history"]) == 2
    assert len(paid["payment_id"]) == 24


def test_callback_failure_reason_is_on_the_activity(
    client: Client, claim: dict[str, Any], receiver: Receiver
) -> None:
    receiver.status = 500
    done = finish(client, {**claim, "callback_url": receiver.url})
    assert done["callback_error"] == "HTTP status 500"


def test_callback_without_receiver_sets_callback_error(
    client: Client, claim: dict[str, Any]
) -> None:
    done = finish(client, {**claim, "callback_url": "http://127.0.0.1:1/"})
    assert "refused" in done["callback_error"] or "Connect call failed" in done["callback_error"]


def test_callback_canceled_claim_posts_nothing(
    client: Client, claim: dict[str, Any], receiver: Receiver
) -> None:
    claim["callback_url"] = receiver.url
    sent = client.api("POST", "/claims/", json=claim).json()["data"]
    client.api("PUT", f"/activities/{sent['id']}", json={"transition": "cancel"})
    client.sandbox.clock.advance(300)
    assert client.sandbox.wait_for_callbacks()
    assert receiver.got == []


def test_callback_local_receiver_can_have_self_signed_certificate(
    client: Client, claim: dict[str, Any]
) -> None:
    with Sandbox() as other:
        done = finish(client, {**claim, "callback_url": other.base_url + "/hook"})
        assert [seen.path for seen in other.requests] == ["/hook"]
    assert done["callback_error"] == "HTTP status 404"


def test_callback_silent_receiver_does_not_delay_stop(claim: dict[str, Any]) -> None:
    with Sandbox() as other:
        other.fail("*", delay=3600)
        with Sandbox() as sandbox, Client(sandbox) as client:
            client.connect()
            claim["callback_url"] = other.base_url + "/hook"
            client.api("POST", "/claims/", json=claim)
            sandbox.clock.advance(300)
            while not other.requests:
                threading.Event().wait(0.01)


def test_callback_that_fails_at_the_stop_does_not_keep_it(
    client: Client, claim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    posting = threading.Event()

    async def fail_when_canceled(self: Callbacks, url: str, body: bytes) -> str:
        posting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        return "refused"

    monkeypatch.setattr(Callbacks, "_post", fail_when_canceled)
    client.api("POST", "/claims/", json={**claim, "callback_url": "https://127.0.0.1:9/"})
    client.sandbox.clock.advance(300)
    assert posting.wait(30)
    stop = threading.Thread(target=client.sandbox.stop, daemon=True)
    stop.start()
    stop.join(30)
    assert not stop.is_alive()
