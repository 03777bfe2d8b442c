"""Certificates are read once for the connections of an adapter, and again when they change."""

from __future__ import annotations

import datetime as dt
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.transport import tls
from pokitdok_session.transport.adapter import Transport
from pokitdok_session.transport.tls import SSLContextCache, TLSFileError
from support.http_server import ScriptedServer
from support.subprocesses import PROCESS_TIMEOUT


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(context=context) as server:
        yield server


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def session(server: ScriptedServer) -> Iterator[ClientCredentialsSession]:
    with ClientCredentialsSession(
        "id",
        "secret",
        f"{server.url}/token",
        token={"access_token": "t", "expires_in": 3600},
    ) as session:
        yield session


def once(session: requests.Session, url: str, **options: Any) -> int:
    """Send over a connection that nobody uses again."""
    return session.get(url, headers={"Connection": "close"}, **options).status_code


def test_bundle_is_read_once_for_many_connections(
    session: ClientCredentialsSession,
    server: ScriptedServer,
    bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []

    make = tls.create_context
    monkeypatch.setattr(tls, "create_context", lambda *files: made.append(files) or make(*files))
    for _ in range(5):
        assert once(session, server.url, verify=bundle) == 200
    assert made == [(bundle, None, None)]


def test_bundle_that_was_replaced_is_read_again(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str
) -> None:
    assert once(session, server.url, verify=bundle) == 200
    trustme.CA().cert_pem.write_to_path(bundle)
    with pytest.raises(requests.exceptions.SSLError):
        once(session, server.url, verify=bundle)


def test_verify_changed_between_requests_is_used(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str
) -> None:
    session.verify = bundle
    assert once(session, server.url) == 200
    session.verify = True
    with pytest.raises(requests.exceptions.SSLError):
        once(session, server.url)
    session.verify = False
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert once(session, server.url) == 200
    session.verify = bundle
    assert once(session, server.url) == 200


def test_certificate_for_another_host_is_refused(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str
) -> None:
    with pytest.raises(
        requests.exceptions.SSLError, match=r"'localhost'.*: the URL must have a host name of"
    ):
        once(session, server.url.replace("127.0.0.1", "localhost"), verify=bundle)


def test_folder_of_certificates_works_as_in_requests(
    session: ClientCredentialsSession, server: ScriptedServer, authority: trustme.CA, tmp_path: Path
) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        once(session, server.url, verify=str(tmp_path))


def test_missing_bundle_has_the_text_of_requests(
    session: ClientCredentialsSession, server: ScriptedServer
) -> None:
    with requests.Session() as plain, pytest.raises(OSError, match="/no/bundle") as expected:
        once(plain, server.url, verify="/no/bundle")
    with pytest.raises(TLSFileError) as caught:
        once(session, server.url, verify="/no/bundle")
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("options", [{"verify": "/no/bundle"}, {"cert": "/no/certificate"}])
def test_missing_certificate_file_is_a_request_exception(
    session: ClientCredentialsSession, server: ScriptedServer, options: dict[str, Any]
) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="invalid path: /no/") as caught:
        once(session, server.url, **options)
    assert caught.value.request.url == f"{server.url}/"
    assert caught.value.processed is False  # type: ignore[attr-defined]


def day(years: float) -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=365 * years)


@pytest.mark.parametrize(
    ("valid", "problem"),
    [
        ({"not_before": day(-2), "not_after": day(-1)}, "certificate has expired"),
        ({"not_before": day(1), "not_after": day(2)}, "certificate is not yet valid"),
    ],
)
def test_certificate_outside_its_validity_says_to_check_the_clock(
    authority: trustme.CA, bundle: str, valid: dict[str, Any], problem: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **valid).configure_cert(context)
    with ScriptedServer(context=context) as server, requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.exceptions.SSLError) as caught:
            once(session, f"{server.url}/claims?name=secret", verify=bundle)
    text = str(caught.value)  # OpenSSL 3.6 says more after the problem
    assert text.startswith(f"certificate verify failed for {server.url}: {problem}")
    assert text.endswith(": check this machine's clock, or tell the operator of the server")
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


def test_unknown_authority_is_named_with_the_default_bundle(server: ScriptedServer) -> None:
    advice = (
        f"(CA bundle: {DEFAULT_CA_BUNDLE_PATH}; verify or REQUESTS_CA_BUNDLE must name one with the"
        " authority of the certificate)"
    )
    with requests.Session() as session:
        session.mount("https://", Transport())
        with pytest.raises(requests.exceptions.SSLError, match=re.escape(advice)):
            once(session, server.url)


def test_client_certificate_is_sent(authority: trustme.CA, bundle: str, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    mine = authority.issue_cert("me@example.com")
    both, key = tmp_path / "both.pem", tmp_path / "key.pem"
    mine.private_key_and_cert_chain_pem.write_to_path(both)
    mine.private_key_pem.write_to_path(key)
    with ScriptedServer(context=context) as server, requests.Session() as session:
        session.mount("https://", Transport())
        assert once(session, server.url, verify=bundle, cert=str(both)) == 200
        assert once(session, server.url, verify=bundle, cert=(str(both), str(key))) == 200
        with pytest.raises(requests.ConnectionError):
            once(session, server.url, verify=bundle)


@pytest.mark.parametrize("cert", [(), "", None, False])
def test_client_certificate_that_is_empty_is_not_used(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str, cert: Any
) -> None:
    assert once(session, server.url, verify=bundle, cert=cert) == 200


@pytest.mark.parametrize("cert", [("/no/cert", "/no/key", None), b"/no/cert", 7])
def test_client_certificate_of_another_type_is_left_to_requests(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str, cert: Any
) -> None:
    seen: list[int | str] = []
    for anyone in (requests.Session(), session):
        try:
            seen.append(once(anyone, server.url, verify=bundle, cert=cert))
        except (OSError, TypeError) as error:
            seen.append(str(error))  # an OSError of requests is an SSLError here
        anyone.close()
    assert seen[0] == seen[1]


def test_context_cache_is_bounded_and_follows_changed_files(tmp_path: Path) -> None:
    contexts = SSLContextCache()
    bundle = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(bundle)
    first = contexts.get(str(bundle), None)
    assert contexts.get(str(bundle), None) is first
    os.utime(bundle, (1, 1))
    assert contexts.get(str(bundle), None) is not first
    for number in range(100):
        os.utime(bundle, (number, number))
        contexts.get(str(bundle), None)
    assert len(contexts._contexts) <= 16


def test_bundle_given_as_a_path_object_or_bytes_is_used(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str
) -> None:
    # Not the usual bundle: that would trust every public authority in place of the one named.
    for verify in (Path(bundle), bundle.encode()):
        assert SSLContextCache().get(verify, None) is not None
        assert once(session, server.url, verify=verify) == 200
    with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
        once(session, server.url)


def test_context_for_threads_that_start_together_is_created_once(
    session: ClientCredentialsSession,
    server: ScriptedServer,
    bundle: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []
    make, all_here = tls.create_context, threading.Barrier(16)

    def slowly(*files: Any) -> ssl.SSLContext:
        made.append(files)
        return make(*files)

    monkeypatch.setattr(tls, "create_context", slowly)

    def begin() -> int:
        all_here.wait(30)
        return once(session, server.url, verify=bundle)

    with ThreadPoolExecutor(16) as threads:
        assert {job.result() for job in [threads.submit(begin) for _ in range(16)]} == {200}
    assert len(made) == 1


def test_context_of_a_replaced_class_is_not_used_again(
    bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Replacement(ssl.SSLContext):
        pass

    contexts = SSLContextCache()
    before = contexts.get(bundle, None)
    monkeypatch.setattr("urllib3.util.ssl_.SSLContext", Replacement)
    assert type(contexts.get(bundle, None)) is Replacement
    monkeypatch.undo()
    assert contexts.get(bundle, None) is before


TRUSTSTORE = """
import sys, truststore, requests
from pokitdok_session.transport import Transport
url, bundle = sys.argv[1:]
session = requests.Session()
session.mount("https://", Transport(verify=bundle))
statuses = []
for step in (None, truststore.inject_into_ssl, None, truststore.extract_from_ssl):
    if step:
        step()
    statuses.append(session.get(url, headers={"Connection": "close"}).status_code)
print(statuses)
"""


def test_truststore_injected_after_a_call_is_used(server: ScriptedServer, bundle: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRUSTSTORE, server.url, bundle],
        capture_output=True,
        text=True,
        timeout=PROCESS_TIMEOUT,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[200, 200, 200, 200]\n", "")


def test_context_of_pyopenssl_is_left_to_urllib3(
    bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no question for a passphrase that could be answered by an exception."""
    monkeypatch.setattr("urllib3.util.ssl_.IS_PYOPENSSL", True)
    assert SSLContextCache().get(bundle, None) is None


def test_context_cache_keeps_16_contexts_and_no_more(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pem" for number in range(17)]
    for path in paths:
        path.write_bytes(CA_PEM)
    contexts = SSLContextCache()
    first = [contexts.get(str(path), None) for path in paths[:16]]
    assert [contexts.get(str(path), None) for path in paths[:16]] == first
    contexts.get(str(paths[16]), None)
    assert contexts.get(str(paths[0]), None) is not first[0]


CA_PEM = trustme.CA().cert_pem.bytes()


class OwnContext(Transport):
    """A subclass with its own TLS settings, in the way that requests documents."""

    def __init__(self, authority: trustme.CA | None) -> None:
        self.context = create_urllib3_context()
        if authority is not None:
            authority.configure_trust(self.context)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self.context, **options)


def test_context_of_a_subclass_is_used(
    session: ClientCredentialsSession, server: ScriptedServer, authority: trustme.CA
) -> None:
    session.mount("https://", OwnContext(authority))
    assert once(session, server.url) == 200


def test_context_of_a_subclass_also_trusts_the_bundle(
    session: ClientCredentialsSession, server: ScriptedServer, bundle: str
) -> None:
    session.mount("https://", OwnContext(None))
    assert once(session, server.url, verify=bundle) == 200
