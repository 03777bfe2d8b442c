"""Start and stop: at once, completely, and repeatedly."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import threading
import time

import pytest
import requests

from pokitdok_session.sandbox import Clock, Sandbox
from support.plain_client import Client


def test_server_listens_only_on_loopback_with_tls(sandbox: Sandbox) -> None:
    host, port = sandbox.base_url.removeprefix("https://").split(":")
    assert host == "127.0.0.1"
    with (
        socket.create_connection((host, int(port))) as plain,
        sandbox.ssl_context().wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_certificate_is_not_trusted_by_default(sandbox: Sandbox) -> None:
    host, port = sandbox.base_url.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def test_credentials_have_the_services_form(sandbox: Sandbox) -> None:
    assert (len(sandbox.client_id), len(sandbox.client_secret)) == (20, 40)
    assert (sandbox.client_id + sandbox.client_secret).isalnum()


def test_ca_file_is_private_and_removed_on_stop() -> None:
    with Sandbox() as sandbox:
        path = sandbox.ca_file
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not os.path.exists(path)
    with pytest.raises(RuntimeError, match=r"call start\(\)"):
        _ = sandbox.ca_file


def test_stop_does_not_wait_for_clients() -> None:
    silent = threading.Event()

    def wait_for_nothing(client: Client) -> None:
        with pytest.raises(requests.ConnectionError):
            client.api("GET", "/activities/")
        silent.set()

    with Sandbox() as sandbox:
        client = Client(sandbox).connect()
        host, port = sandbox.base_url.removeprefix("https://").split(":")
        half_open = socket.create_connection((host, int(port)))
        sandbox.fail("/activities/", delay=3600)
        thread = threading.Thread(target=wait_for_nothing, args=(client,))
        thread.start()
        while not sandbox.requests:
            threading.Event().wait(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert silent.wait(5)
    thread.join()
    client.close()
    half_open.close()


def test_stop_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox, Client(sandbox) as client:
        client.connect()
    assert set(threading.enumerate()) == before


def test_start_port_in_use_raises_os_error(sandbox: Sandbox) -> None:
    port = int(sandbox.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="Address already in use"):
        Sandbox(port=port).start()


def test_start_again_keeps_port_and_state() -> None:
    sandbox = Sandbox()
    sandbox.start()
    with sandbox, Client(sandbox) as client:
        client.connect()
        address = sandbox.base_url
        context = sandbox.ssl_context()
    with sandbox, Client(sandbox) as again:
        again.headers.update(client.headers)
        assert again.api("GET", "/activities/").status_code == 200
        assert sandbox.base_url == address
    assert context.get_ca_certs() == sandbox.ssl_context().get_ca_certs()


def test_start_and_stop_twice_are_harmless() -> None:
    with Sandbox() as sandbox:
        sandbox.start()
        sandbox.stop()


def test_clock_advance_negative_raises_value_error() -> None:
    with pytest.raises(ValueError, match="seconds must be 0 or more"):
        Clock().advance(-1)


def test_clock_jobs_run_in_order_with_added_ones() -> None:
    clock, seen = Clock(), []
    start = clock.now()
    clock.at(start + 30, lambda when: seen.append(("c", when - start)))
    clock.at(start + 10, lambda when: seen.append(("a", when - start)))
    clock.at(start + 10, lambda when: clock.at(when + 5, lambda w: seen.append(("b", w - start))))
    clock.at(start + 300, lambda when: seen.append(("never", when)))
    clock.advance(60)
    assert seen == [("a", 10), ("b", 15), ("c", 30)]


def test_clock_job_that_raises_stops_no_other_job(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[float] = []
    with Sandbox() as sandbox:
        now = sandbox.clock.now()
        sandbox.clock.at(now + 1, lambda when: done.clear() or 1 / 0)  # type: ignore[func-returns-value]
        sandbox.clock.at(now + 2, done.append)
        sandbox.clock.advance(3)
        assert done == [now + 2]
        with sandbox.session() as session:
            assert session.get("/activities/").ok
    assert "a job of the sandbox's clock failed" in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_stop_in_a_forked_child_leaves_the_parents_server_and_files() -> None:
    with Sandbox() as sandbox, Client(sandbox) as client:
        child = os.fork()
        if child == 0:  # pragma: no cover  # another process
            sandbox.stop()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert os.path.exists(sandbox.ca_file)
        assert client.connect().api("GET", "/activities/").status_code == 200
