"""The recipes of the README, each run against a server over TLS that refuses everything else."""

from __future__ import annotations

import json
import re
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from support.http_server import ScriptedResponse
from support.interop_clients import self_signed
from support.provider_stub import CLIENT_ID, CLIENT_SECRET, ProviderStub, TokenRequest, granted
from support.provider_table import RSA_KEY, as_json, basic, signed, to_pem

README = Path(__file__).parents[2] / "README.md"
SECTION = "## Recipes\n"

CERTIFICATE = self_signed(RSA_KEY)
PATIENTS = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [{"resource": {"resourceType": "Patient", "name": [{"family": "Example"}]}}],
}

Start = Callable[..., ProviderStub]


def recipe(text: str) -> str:
    """Return the Python block that contains a text."""
    section = README.read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    [code] = [block for block in blocks if text in block]
    return code


def run(code: str, stub: ProviderStub, variables: dict[str, Any]) -> dict[str, Any]:
    """Run a recipe with the stub in the place of its hosts, and return its variables."""
    code = re.sub(r"https://[\w.]+", stub.url, code)
    code = code.replace("my-client-id", CLIENT_ID).replace("my-application-id", CLIENT_ID)
    code = code.replace("my-client-secret", CLIENT_SECRET)
    exec(compile(code, "recipe", "exec"), variables)
    return variables


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Yield a function that starts a stub; the files of the recipes are in the folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "private-key.pem").write_bytes(to_pem(RSA_KEY))
    (tmp_path / "certificate.pem").write_bytes(CERTIFICATE.public_bytes(Encoding.PEM))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    stubs: list[ProviderStub] = []

    def start(
        grants: Callable[[TokenRequest], bool],
        answer: Callable[[str], ScriptedResponse] = granted,
        *,
        token_path: str,
        data_path: str = "/data",
    ) -> ProviderStub:
        stub = ProviderStub(grants, answer, context=context, companions={})
        stub.script[token_path] = stub.script["/token"]
        stub.script[data_path] = stub.script["/data"]
        stubs.append(stub)
        return stub.__enter__()

    yield start
    for stub in stubs:
        stub.__exit__(None, None, None)


@pytest.fixture
def fhir(start: Start) -> ProviderStub:
    """Return a FHIR server with SMART Backend Services."""
    stub = start(
        signed("RS384", header={"kid": "my-key-id"}, form={"scope": "system/Patient.rs"}),
        token_path="/token",
        data_path="/r4/Patient",
    )
    discovery = "/.well-known/smart-configuration"
    stub.script[f"/r4{discovery}"] = stub.script[f"/fhir{discovery}"]
    stub.data = json.dumps(PATIENTS).encode()
    return stub


def test_recipe_of_smart_backend_services_has_ten_lines(fhir: ProviderStub) -> None:
    code = recipe("discover(")
    variables = run(code, fhir, {})
    assert variables["patients"] == PATIENTS
    variables["session"].close()
    assert len(code.partition("\n\n")[2].splitlines()) <= 10


@pytest.mark.parametrize("library", ["fhirclient", "fhirpy"])
def test_recipe_of_another_library_has_a_valid_token_always(
    fhir: ProviderStub, library: str
) -> None:
    variables = run(recipe("discover("), fhir, {})
    for _ in range(2):
        run(recipe(library), fhir, variables)
        assert variables["names"] == ["Example"]
        fhir.expire_token()
    variables["session"].close()


def test_recipe_of_entra_with_a_certificate_gets_a_token(start: Start) -> None:
    thumbprint = urlsafe_b64encode(CERTIFICATE.fingerprint(SHA256())).decode().rstrip("=")
    path = "/my-tenant/oauth2/v2.0/token"
    stub = start(
        signed(
            "PS256",
            header={"x5t#S256": thumbprint},
            form={"client_id": CLIENT_ID, "scope": "api://my-api/.default"},
            audience=path,
        ),
        token_path=path,
    )
    variables = run("from pokitdok_session import *\n" + recipe("thumbprint"), stub, {})
    with variables["session"] as session:
        assert session.get("/data").status_code == 200


@pytest.mark.parametrize(
    ("text", "token_path", "data_path", "grants", "answer"),
    [
        (
            "account_credentials",
            "/oauth/token",
            "/v2/data",
            basic(grant_type="account_credentials", account_id="my-account-id"),
            granted,
        ),
        (
            "token_request_format",
            "/auth",
            "/data",
            as_json(),
            lambda token: ScriptedResponse(body=json.dumps({"result": {"token": token}}).encode()),
        ),
    ],
    ids=["zoom", "json"],
)
def test_recipe_of_another_token_request_gets_a_token(
    start: Start, text: str, token_path: str, data_path: str, grants: Any, answer: Any
) -> None:
    stub = start(grants, answer, token_path=token_path, data_path=data_path)
    variables = run("from pokitdok_session import *\n" + recipe(text), stub, {})
    with variables["session"] as session:
        assert session.get("/data").status_code == 200
