"""The session against sekmet-fhir: SMART Backend Services, tokens of 5 s, and a bulk export."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRServer
from fhirpy import SyncFHIRClient

from pokitdok_session import ClientCredentialsSession, PrivateKeyJWT, TokenError
from support.clock import Clock
from support.interop_clients import SECRET, Keys, Server
from support.threads import run_in_threads

THREADS = 16

#: Seconds that a token of the server lives.
LIFETIME = 5

#: Seconds that this server may take for an export.
EXPORT_TIMEOUT = 60


def discover(server: Server, client_id: str, **options: Any) -> ClientCredentialsSession:
    session = ClientCredentialsSession.discover(
        client_id, fhir_base=f"{server.url}/fhir", **options
    )
    session.verify = server.ca_file
    return session


def with_key(keys: Keys, alg: str) -> dict[str, Any]:
    assertion = PrivateKeyJWT(keys.private[alg], kid=f"key-{alg}")
    return {"token_endpoint_auth_method": "private_key_jwt", "client_assertion": assertion}


@pytest.fixture
def session(sekmet: Server, keys: Keys) -> Iterator[ClientCredentialsSession]:
    options = with_key(keys, "ES384")
    with discover(sekmet, "ES384", scope="system/*.cruds", **options) as session:
        yield session


@pytest.fixture
def stop_clock(sekmet: Server) -> Iterator[Callable[[float], None]]:
    """Yield a function that stops the server's clock; it goes on in the end."""
    yield lambda seconds: sekmet.get(f"/clock?{seconds}")
    sekmet.get("/clock")


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
def test_backend_service_reads_with_the_defaults(sekmet: Server, keys: Keys, alg: str) -> None:
    with discover(sekmet, alg, scope="system/Patient.rs", **with_key(keys, alg)) as session:
        assert session.get("/Patient").json()["resourceType"] == "Bundle"
        assert session.token["scope"] == ["system/Patient.rs"]


def test_scope_that_was_not_granted_gives_a_403(sekmet: Server, keys: Keys) -> None:
    options = with_key(keys, "RS384")
    with discover(sekmet, "RS384", scope="system/Patient.rs", **options) as session:
        before = sekmet.get("/statistics")
        assert session.get("/Observation").status_code == 403
        assert sekmet.get("/statistics") - before == 1


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_secret_is_accepted_by_a_server_that_does_not_decode_it(
    sekmet: Server, method: str
) -> None:
    with discover(
        sekmet, "secret", client_secret=SECRET, token_endpoint_auth_method=method
    ) as session:
        assert session.get("/Patient").status_code == 200


def test_assertion_that_is_sent_twice_is_refused(sekmet: Server, keys: Keys) -> None:
    jwt = PrivateKeyJWT(keys.private["ES384"]).sign("ES384", f"{sekmet.url}/auth/token")
    options = {**with_key(keys, "ES384"), "client_assertion": lambda: jwt}
    with discover(sekmet, "ES384", **options) as session:
        session.fetch_token()
        with pytest.raises(TokenError, match="invalid_client"):
            session.fetch_token()


def test_key_that_the_server_does_not_know_is_refused(sekmet: Server, keys: Keys) -> None:
    unknown = PrivateKeyJWT(ec.generate_private_key(ec.SECP384R1()), kid="key-ES384")
    options = {**with_key(keys, "ES384"), "client_assertion": unknown}
    with (
        discover(sekmet, "ES384", **options) as session,
        pytest.raises(TokenError, match=r"invalid_client.*audience.*kid"),
    ):
        session.get("/Patient")


def test_sixteen_threads_get_one_token_per_lifetime(
    sekmet: Server, session: ClientCredentialsSession, stop_clock: Callable[[float], None]
) -> None:
    session._token_source.clock = clock = Clock()
    # Ahead of the machine's clock, but within the 240 s of an assertion that is signed by it.
    before, started = sekmet.get("/statistics"), time.time() + 100
    for lifetimes, knows_of_expiry in enumerate((True, True, False, False)):
        stop_clock(started + lifetimes * (LIFETIME + 1))
        statuses = run_in_threads(THREADS, lambda: session.get("/Patient?_count=1").status_code)
        assert statuses == [200] * THREADS
        assert sekmet.get("/statistics") - before == lifetimes + 1
        # A client whose clock is behind learns of the expiry by a 401.
        clock.advance(LIFETIME if knows_of_expiry else LIFETIME / 2)


def wait_for(session: ClientCredentialsSession, status_url: str) -> requests.Response:
    """Return the response to a bulk export that is complete."""
    started = time.monotonic()
    while True:
        response = session.get(status_url, headers={"Accept": "application/json"})
        if response.status_code != 202 or time.monotonic() - started > EXPORT_TIMEOUT:
            return response
        assert "X-Progress" in response.headers
        time.sleep(0.2)


def test_bulk_export_is_downloaded_and_deleted(session: ClientCredentialsSession) -> None:
    family = "Bulk-Export"
    patient = {"resourceType": "Patient", "name": [{"family": family}]}
    assert session.post("/Patient", json=patient).status_code == 201
    kick_off = session.get(
        "/Patient/$export",
        params={"_type": "Patient"},
        headers={"Accept": "application/fhir+json", "Prefer": "respond-async"},
    )
    assert kick_off.status_code == 202
    status_url = kick_off.headers["Content-Location"]
    manifest = wait_for(session, status_url).json()
    assert manifest["requiresAccessToken"] is True
    (file,) = manifest["output"]
    with session.get(file["url"], stream=True) as download:
        patients = [json.loads(line) for line in download.iter_lines()]
    assert len(patients) == file["count"]
    assert family in {patient["name"][0]["family"] for patient in patients}
    assert session.delete(status_url).status_code == 202
    assert session.get(status_url).status_code == 404


def test_fhirclient_searches_with_the_session(
    sekmet: Server, session: ClientCredentialsSession
) -> None:
    server = FHIRServer(None, f"{sekmet.url}/fhir")
    server.session = session
    created = Patient({"name": [{"family": "Fhirclient"}]}).create(server)
    found = Patient.where({"family": "Fhirclient"}).perform_resources_iter(server)
    assert created["id"] in {patient.id for patient in found}


def test_fhirpy_searches_with_the_auth_object(
    sekmet: Server, session: ClientCredentialsSession
) -> None:
    options = {"auth": session.auth, "verify": sekmet.ca_file, "timeout": 60}
    client = SyncFHIRClient(f"{sekmet.url}/fhir", requests_config=options)
    created = client.resource("Patient", name=[{"family": "Fhirpy"}])
    created.save()
    found = client.resources("Patient").search(family="Fhirpy")
    assert created.id in {patient.id for patient in found}
