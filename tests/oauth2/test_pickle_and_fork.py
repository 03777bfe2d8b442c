"""A session works after pickle, deepcopy, fork and spawn, and inherits no held lock."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.oauth2.auth import ReplayHook
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport import fork
from support.paths import ACTIVITIES_PATH
from support.subprocesses import PROCESS_TIMEOUT
from support.threads import TEST_TIMEOUT, BlockingTransport, ThreadGroup


def by_pickle(session: PokitDokSession) -> PokitDokSession:
    copied = pickle.loads(pickle.dumps(session))
    assert isinstance(copied, PokitDokSession)
    return copied


COPY_METHODS = pytest.mark.parametrize(
    "copy_session", [by_pickle, copy.deepcopy], ids=["pickle", "deepcopy"]
)
Copy = Callable[[PokitDokSession], PokitDokSession]


@COPY_METHODS
def test_copy_uses_the_token_of_the_original(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    session.get(ACTIVITIES_PATH)
    other = copy_session(session)
    assert other.token["access_token"] == session.access_token
    assert other.token["expires_at"] == pytest.approx(session.token["expires_at"], abs=0.1)
    assert other.get(ACTIVITIES_PATH).status_code == 200
    assert sandbox.token_requests == 1


@COPY_METHODS
def test_copy_without_a_token_fetches_its_own(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    other = copy_session(session)
    assert not other.authorized
    assert other.get(ACTIVITIES_PATH).status_code == 200
    assert not session.authorized


@COPY_METHODS
def test_copy_keeps_the_settings(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session(
        scope="user_schedule", timeout=(1, 2), max_rate_limit_wait=7, token_params={"a": "b"}
    )
    session.headers["X-Own"] = "1"
    session.cookies.set("c", "2")
    session.max_redirects = 3
    other = copy_session(session)
    for name in ("base_url", "client_id", "client_secret", "token_url", "token_params"):
        assert getattr(other, name) == getattr(session, name)
    for name in ("scope", "timeout", "max_rate_limit_wait", "max_redirects", "verify"):
        assert getattr(other, name) == getattr(session, name)
    assert other.headers == session.headers
    assert other.cookies["c"] == "2"
    assert list(other.adapters) == list(session.adapters)
    assert other.is_token_origin(sandbox.base_url + "/x")


@COPY_METHODS
def test_copy_shares_no_state_with_the_original(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    first = session.fetch_token()
    other = copy_session(session)
    other.headers["X-Own"] = "1"
    other.hooks["response"].append(print)
    other.cookies.set("c", "2")
    other.fetch_token()
    other.register_compliance_hook("protected_request", print)
    assert "X-Own" not in session.headers
    assert session.hooks == {"response": []}
    assert len(session.cookies) == 0
    assert session.token == first
    assert session.compliance_hook["protected_request"] == set()
    assert session.auth is not other.auth


@COPY_METHODS
def test_copy_renews_and_replays_by_itself(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    first = session.fetch_token()
    other = copy_session(session)
    sandbox.revoke()
    assert other.get(ACTIVITIES_PATH).status_code == 200
    assert other.access_token != first["access_token"] == session.access_token


@COPY_METHODS
def test_copy_with_an_expired_token_renews_it(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    session.token = {**session.fetch_token(), "expires_at": 1}
    other = copy_session(session)
    other.get(ACTIVITIES_PATH)
    assert sandbox.token_requests == 2


@COPY_METHODS
def test_copy_keeps_the_auth_of_the_caller(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    session.auth = ("user", "words")
    other = copy_session(session)
    assert other.auth == ("user", "words")
    other.auth = None
    assert copy_session(other).auth is None
    assert other.get(ACTIVITIES_PATH).status_code == 401


@COPY_METHODS
def test_copy_made_while_a_lock_is_held_works(sandbox: Sandbox, copy_session: Copy) -> None:
    session = sandbox.session()
    with session._token_source._lock:
        other = copy_session(session)
        assert other.get(ACTIVITIES_PATH, timeout=TEST_TIMEOUT).status_code == 200


@COPY_METHODS
def test_copy_does_not_wait_for_a_renewal_of_the_original(
    sandbox: Sandbox, copy_session: Copy
) -> None:
    session = sandbox.session()
    blocking = BlockingTransport(verify=sandbox.ca_file)
    token_root = sandbox.base_url + "/oauth2/"
    session.mount(token_root, blocking)
    waiter = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH).status_code)
    assert blocking.arrived.wait(TEST_TIMEOUT)
    del session.adapters[token_root]
    other = copy_session(session)
    assert other.get(ACTIVITIES_PATH).status_code == 200
    blocking.released.set()
    assert waiter.join() == [200]


def test_pickled_subclass_keeps_its_class(sandbox: Sandbox) -> None:
    session = Subclass(sandbox.client_id, sandbox.client_secret, base_url=sandbox.base_url)
    assert type(pickle.loads(pickle.dumps(session))) is Subclass


class Subclass(PokitDokSession):
    """A subclass defined by a user."""


# Responses


def test_pickled_response_holds_no_session_and_no_secret(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    response = session.get(ACTIVITIES_PATH)
    assert [hook for hook in response.request.hooks["response"] if isinstance(hook, ReplayHook)]
    pickled = pickle.dumps(response)
    assert sandbox.client_secret.encode() not in pickled
    assert b"Session" not in pickled
    assert b"TokenSource" not in pickled
    other = pickle.loads(pickled)
    assert (other.status_code, other.json()) == (200, response.json())


@pytest.mark.parametrize(
    "copy_session",
    [lambda response: pickle.loads(pickle.dumps(response)), copy.deepcopy],
    ids=["pickle", "deepcopy"],
)
def test_copied_response_request_can_be_sent_without_replay(
    sandbox: Sandbox, session: PokitDokSession, copy_session: Any
) -> None:
    request = copy_session(session.get(ACTIVITIES_PATH)).request
    sandbox.revoke()
    with requests.Session() as plain:
        assert plain.send(request, verify=sandbox.ca_file).status_code == 401
    assert sandbox.token_requests == 1


# Processes


def in_a_child(work: Callable[[], bool]) -> bool:
    """Return True if ``work`` returns True in a forked child before the timeout."""
    with warnings.catch_warnings():
        # These tests fork a process with threads on purpose.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover  # another process
        signal.alarm(int(TEST_TIMEOUT))
        code = 1
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork is not available")


@forks
def test_forked_child_uses_the_token_of_its_parent(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    assert in_a_child(lambda: session.get(ACTIVITIES_PATH).status_code == 200)
    assert session.get(ACTIVITIES_PATH).status_code == 200
    assert {seen.token for seen in sandbox.requests} == {session.access_token}
    assert sandbox.token_requests == 1


@forks
def test_forked_child_inherits_no_held_lock(sandbox: Sandbox, session: PokitDokSession) -> None:
    with session._token_source._lock:
        assert in_a_child(lambda: session.get(ACTIVITIES_PATH).status_code == 200)
    assert session.get(ACTIVITIES_PATH).status_code == 200


@forks
def test_forked_child_can_use_cookies_locked_in_the_parent(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.cookies.set("c", "1")
    lock: Any = vars(session.cookies)["_cookies_lock"]
    taken, released = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with lock:
            taken.set()
            released.wait(TEST_TIMEOUT)

    user = ThreadGroup(1, hold_the_lock)
    assert taken.wait(TEST_TIMEOUT)
    assert in_a_child(lambda: session.get(ACTIVITIES_PATH).status_code == 200)
    session._reset_after_fork()  # the child called it too
    assert session.get(ACTIVITIES_PATH).status_code == 200
    released.set()
    user.join()
    assert [seen.headers["Cookie"] for seen in sandbox.requests] == ["c=1", "c=1"]


@forks
def test_forked_child_gets_a_new_pool_in_a_caller_adapter(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    adapter = requests.adapters.HTTPAdapter()
    session.mount(sandbox.base_url + "/", adapter)
    session.verify = sandbox.ca_file
    session.get(ACTIVITIES_PATH)
    inherited = adapter.poolmanager
    assert in_a_child(
        lambda: (
            adapter.poolmanager is not inherited and session.get(ACTIVITIES_PATH).status_code == 200
        )
    )
    assert adapter.poolmanager is inherited
    session._reset_after_fork()  # the child called it too
    assert adapter.poolmanager is not inherited
    assert session.get(ACTIVITIES_PATH).status_code == 200


class WithoutPool(requests.adapters.HTTPAdapter):
    """An adapter without a pool manager."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create no pool manager."""

    def close(self) -> None:
        """Close nothing: no connection is open."""


@forks
def test_fork_reset_failure_of_one_adapter_spares_other_sessions(
    sandbox: Sandbox, session: PokitDokSession, caplog: pytest.LogCaptureFixture
) -> None:
    sessions = [session, *(sandbox.session() for _ in range(5))]
    session.mount("https://other.example", WithoutPool())
    with ExitStack() as locks:
        for other in sessions:
            locks.enter_context(other._token_source._lock)
        assert in_a_child(lambda: not any(s._token_source._lock.locked() for s in sessions))
    fork._reset_all()  # the child called it too
    ours = [record for record in caplog.records if record.name == "pokitdok_session.transport.fork"]
    assert [record.getMessage() for record in ours] == [
        "SandboxSession cannot be reset after a fork: AttributeError"
    ]


def test_fork_reset_leaves_cookies_without_a_lock_unchanged(session: PokitDokSession) -> None:
    session.cookies = {"c": "1"}  # type: ignore[assignment]
    session._reset_after_fork()
    assert session.cookies == {"c": "1"}


@forks
def test_forked_child_does_not_wait_for_a_renewal_of_its_parent(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    blocking = BlockingTransport(verify=sandbox.ca_file)
    token_root = sandbox.base_url + "/oauth2/"
    session.mount(token_root, blocking)
    waiter = ThreadGroup(1, lambda: session.get(ACTIVITIES_PATH).status_code)
    assert blocking.arrived.wait(TEST_TIMEOUT)
    del session.adapters[token_root]
    assert in_a_child(lambda: session.get(ACTIVITIES_PATH).status_code == 200)
    blocking.released.set()
    assert waiter.join() == [200]
    assert sandbox.token_requests == 2


def test_spawned_process_can_use_a_pickled_session(
    sandbox: Sandbox, session: PokitDokSession
) -> None:
    session.get(ACTIVITIES_PATH)
    code = (
        "import pickle, sys\n"
        "session = pickle.load(sys.stdin.buffer)\n"
        f"print(session.get({ACTIVITIES_PATH!r}).status_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        input=pickle.dumps(session),
        capture_output=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (b"200", b"")
    assert sandbox.token_requests == 1
    assert len(sandbox.requests) == 2
