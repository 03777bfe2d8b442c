"""A session in other processes: copied, forked while locks are held, and under gevent."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.adapters import HTTPAdapter

from pokitdok_session import FileTokenStore
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport import fork
from support.echo_server import EchoServer, client_ports
from support.paths import TOKEN_PATH
from support.subprocesses import (
    FORKS_WITH_THREADS,
    Workers,
    call,
    run_script,
    token_of,
    wait_until,
)
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup

pytestmark = pytest.mark.filterwarnings(FORKS_WITH_THREADS)

METHODS = ["fork", "spawn", "forkserver"]


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    with EchoServer() as echo:
        yield echo


def by_pickle(session: Any) -> Any:
    return pickle.loads(pickle.dumps(session))


def test_shallow_copy_has_the_token_and_renews_by_itself(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        call(session)
        copied = copy.copy(session)
        assert call(copied) == [200]
        assert sandbox.token_requests == 1
        copied.token = None
        assert call(copied) == [200]
        assert session.access_token != copied.access_token
        assert sandbox.token_requests == 2


def test_shallow_copy_with_new_settings_leaves_the_original_alone(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        origins = session.origins
        copied = copy.copy(session)
        copied.base_url, copied.client_id = "https://other.example", "another"
        assert (session.origins, session.client_id) == (origins, sandbox.client_id)
        assert call(session) == [200]


@pytest.mark.parametrize("copy_session", [by_pickle, copy.copy, copy.deepcopy])
def test_copy_with_a_store_shares_its_token(
    sandbox: Sandbox, tmp_path: Path, copy_session: Callable[[Any], Any]
) -> None:
    with sandbox.session(store=FileTokenStore(tmp_path / "tokens.json")) as session:
        copied = copy_session(session)
        assert call(session) == call(copied) == [200]
        assert sandbox.token_requests == 1


# Start methods


@pytest.mark.parametrize("method", METHODS)
def test_child_process_gets_the_token_and_renews_by_itself(sandbox: Sandbox, method: str) -> None:
    with sandbox.session() as session:
        call(session)
        with Workers(method, 1, session) as workers:
            assert workers.run(call, 2) == [[200, 200]]
            assert workers.run(token_of) == [session.access_token]
            assert call(session) == [200]
            assert sandbox.token_requests == 1
            sandbox.revoke()
            assert workers.run(call) == [[401, 200]]
        assert call(session) == [401, 200]


def test_forked_workers_use_the_token_but_no_connection_of_master(
    echo: EchoServer,
) -> None:
    with echo.session() as session:
        in_parent = client_ports(session, "parent", 2)
        with Workers("fork", 4, session) as workers:
            for number in range(4):
                workers.submit(client_ports, f"worker-{number}", 5, only=number)
            in_workers = workers.results()
            in_parent |= client_ports(session, "parent", 2)
    assert len(in_parent) == 1
    assert len(set.union(in_parent, *in_workers)) == 1 + 4, "two processes used one connection"
    assert echo.token_requests == 1


def test_fork_reset_keeps_the_token_and_drops_connections(
    echo: EchoServer,
) -> None:
    with echo.session() as session:
        session.mount(echo.url + "/own", HTTPAdapter())
        before = client_ports(session, "parent", 2) | client_ports(session, "own", 2)
        fork._reset_all()
        assert before.isdisjoint(
            client_ports(session, "parent", 2) | client_ports(session, "own", 2)
        )
    assert echo.token_requests == 1


def test_fork_of_a_forked_process_can_send(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        call(session)
        with Workers("fork", 1, session) as workers:
            assert workers.run(call_in_a_forked_child) == [[200]]


def call_in_a_forked_child(session: Any) -> list[int]:
    call(session)
    parent_end, child_end = multiprocessing.Pipe()
    pid = os.fork()
    if pid == 0:
        child_end.send(call(session))
        os._exit(0)
    assert parent_end.poll(TEST_TIMEOUT)
    os.waitpid(pid, 0)
    statuses: list[int] = parent_end.recv()
    return statuses


def test_forked_child_shares_no_connection_of_a_user_adapter(echo: EchoServer) -> None:
    with echo.session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=3))
        in_parent = client_ports(session, "parent", 2)
        with Workers("fork", 1, session) as workers:
            (in_child,) = workers.run(client_ports, "child", 2)
        assert in_parent.isdisjoint(in_child)
        assert client_ports(session, "parent", 2) == in_parent
        assert session.get_adapter(echo.url)._pool_maxsize == 3


# Forks while locks are held


def test_forks_during_requests_share_no_lock_and_no_connection(echo: EchoServer) -> None:
    # In another process without coverage, because a lock of coverage does not survive a fork.
    with echo.session() as session, Workers("spawn", 1, session) as workers:
        ((in_threads, in_children),) = workers.run(fork_while_sixteen_threads_send, 10)
    assert len(in_children) == 10
    connections = [in_threads, *in_children]
    assert len(set.union(*connections)) == sum(map(len, connections)), (
        "two processes used one connection"
    )
    assert echo.token_requests == 1


def fork_while_sixteen_threads_send(session: Any, times: int) -> tuple[set[int], list[set[int]]]:
    """Return the client ports that the threads used, and those of each child."""
    stop = threading.Event()
    seen: list[set[int]] = [client_ports(session, "first", 1)]

    def send_until_stopped() -> bool:
        mine = f"thread-{threading.get_ident()}"
        while not stop.is_set():
            seen.append(client_ports(session, mine, 1))
        return True

    threads = ThreadGroup(16, send_until_stopped)
    in_children = []
    try:
        for number in range(times):
            with Workers("fork", 1, session) as workers:
                in_children += workers.run(client_ports, f"child-{number}", 2, timeout=TEST_TIMEOUT)
    finally:
        stop.set()
    assert threads.join() == [True] * 16
    return set.union(*seen), in_children


def test_fork_during_a_token_request_makes_its_own(sandbox: Sandbox) -> None:
    with sandbox.session() as session:
        blocking = BlockingTransport(sandbox.ca_file)
        session.mount(sandbox.base_url + TOKEN_PATH, blocking)
        threads = ThreadGroup(4, lambda: call(session))
        assert blocking.arrived.wait(TEST_TIMEOUT)
        with Workers("fork", 2, session) as workers:
            assert workers.run(release_and_call) == [[200], [200]]
        blocking.released.set()
        assert threads.join() == [[200]] * 4
    assert sandbox.token_requests == 3


def release_and_call(session: Any) -> list[int]:
    session.get_adapter(session.token_url).released.set()
    return call(session)


def test_fork_during_an_early_renewal_uses_the_old_token(sandbox: Sandbox, clock: Any) -> None:
    with sandbox.session() as session:
        session._token_source.clock = clock
        call(session)
        blocking = BlockingTransport(sandbox.ca_file)
        session.mount(sandbox.base_url + TOKEN_PATH, blocking)
        clock.advance(3600 * 23.5 / 24)
        call(session)
        assert blocking.arrived.wait(TEST_TIMEOUT)
        with Workers("fork", 1, session) as workers:
            assert workers.run(release_and_call) == [[200]]
        blocking.released.set()
        wait_until(lambda: session.access_token != sandbox.requests[0].token)


def test_fork_while_the_store_is_locked_gets_the_parent_token(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.session(store=FileTokenStore(tmp_path / "tokens.json")) as session:
        blocking = BlockingTransport(sandbox.ca_file)
        session.mount(sandbox.base_url + TOKEN_PATH, blocking)
        threads = ThreadGroup(1, lambda: call(session))
        assert blocking.arrived.wait(TEST_TIMEOUT)
        with Workers("fork", 2, session) as workers:
            workers.submit(release_and_call)
            blocking.released.set()
            assert workers.results() == [[200], [200]]
        assert threads.join() == [[200]]
    assert sandbox.token_requests == 1


def test_fork_while_every_lock_is_held_can_send_and_exit(sandbox: Sandbox, tmp_path: Path) -> None:
    with sandbox.session(store=FileTokenStore(tmp_path / "tokens.json")) as session:
        code = """
import os, pickle, sys, threading
session = pickle.load(sys.stdin.buffer)
session.get("/activities/")
manager = session.get_adapter(session.base_url + "/").poolmanager
pools = [manager.pools[key] for key in manager.pools.keys()]
locks = [
    session._token_source._lock,
    session.cookies._cookies_lock,
    manager.pools.lock,
    *(pool.pool.mutex for pool in pools),
]
assert len(locks) > 3
are_held = threading.Event()

def hold():
    for lock in locks:
        lock.acquire()
    are_held.set()
    threading.Event().wait()

threading.Thread(target=hold, daemon=True).start()
assert are_held.wait(10)
pid = os.fork()
if pid == 0:
    print(session.get("/activities/").status_code, end=" ")
    session.token = None
    print(session.get("/activities/").status_code, flush=True)
    sys.exit(0)
_, status = os.waitpid(pid, 0)
os._exit(status >> 8)
"""
        assert run_script(code, session) == "200 200\n"


# gevent


def test_gevent_greenlets_send_together_with_one_token_request(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    pytest.importorskip("gevent")
    sandbox.options.latency = 0.3
    sandbox.options.token_latency = 0.2
    with sandbox.session(store=FileTokenStore(tmp_path / "tokens.json")) as session:
        code = """
from gevent import monkey
monkey.patch_all()
import os, pickle, sys
import gevent
session = pickle.load(sys.stdin.buffer)
jobs = [gevent.spawn(session.get, "/activities/") for _ in range(20)]
gevent.joinall(jobs, timeout=20)
print({job.get(block=False).status_code for job in jobs})
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    jobs = [gevent.spawn(session.get, "/activities/") for _ in range(5)]
    gevent.joinall(jobs, timeout=20)
    print({job.get(block=False).status_code for job in jobs}, flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""
        assert run_script(code, session) == "{200}\n{200}\n"
    assert sandbox.token_requests == 1
    assert sandbox.connections > 10  # one after the other would use the first connection
