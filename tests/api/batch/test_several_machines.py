"""The example for several machines: two processes of Dask, and one is killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pokitdok_session.sandbox import Sandbox
from support.batches import appointments, rows_of
from support.redis_server import RedisServer
from support.subprocesses import wait_until

distributed = pytest.importorskip("distributed")
pytest.importorskip("limits")

README = Path(__file__).parents[3] / "README.md"


def example() -> str:
    """Return the Python block that uses Dask."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if "dask" in block]
    return str(block)


@pytest.fixture
def cluster(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "POKITDOK_CLIENT_ID": sandbox.client_id,
        "POKITDOK_CLIENT_SECRET": sandbox.client_secret,
        "POKITDOK_BASE_URL": sandbox.base_url,
        "REQUESTS_CA_BUNDLE": sandbox.ca_file,
        "DASK_LOGGING__DISTRIBUTED": "critical",
    }.items():
        monkeypatch.setenv(name, value)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",  # with None it is at 8787
        silence_logs=50,
        local_directory=str(tmp_path / "dask"),
    ) as cluster:
        yield cluster


def test_example_has_at_most_20_lines() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 20


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_example_processes_each_row_once_when_a_worker_is_killed(
    sandbox: Sandbox, cluster: Any, redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.client().flushall()
    sandbox.options.latency = 0.02
    rows = rows_of(80)
    partitions = [rows[start : start + 20] for start in range(0, 80, 20)]
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(example(), namespace)
    with distributed.Client(cluster) as dask:
        first = next(iter(dask.run(os.getpid).values()))

        def kill() -> None:
            wait_until(lambda: len(sandbox.requests) >= 20, 60)
            os.kill(first, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        outcomes = namespace["run"](partitions, tmp_path, redis_server.port, dask)
        killer.join(60)
        assert first not in dask.run(os.getpid).values()
    assert len(outcomes) == 80
    assert len(dict(outcomes)) == 80
    assert {action for _, action in outcomes} <= {"answered", "unknown"}
    assert set(appointments(sandbox).values()) == {1}
    assert sandbox.token_requests == 1
