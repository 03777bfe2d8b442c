"""TLS files that cannot be used: an error that names the file, before anything is sent."""

from __future__ import annotations

import pickle
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pokitdok_session import ClientCredentialsSession
from pokitdok_session.errors import TLSFileError
from pokitdok_session.transport.tls import SSLContextCache
from support.http_server import ScriptedServer

NO_CERTIFICATE = "it does not hold a valid certificate in PEM form"
NO_KEY = "it does not hold a valid private key of that certificate in PEM form"
KEY = "of the client certificate"

#: The file names for `verify` and `cert`, what the text names, and what is wrong with it.
INVALID: dict[str, tuple[Any, Any, str, str]] = {
    "bundle of text": ("text", None, "CA bundle {text}", f"{NO_CERTIFICATE} (NO_CERT"),
    "damaged bundle": ("damaged", None, "CA bundle {damaged}", f"{NO_CERTIFICATE}; verify"),
    "empty bundle": ("empty", None, "CA bundle {empty}", NO_CERTIFICATE),
    "certificate of text": ("ca", "text", "client certificate {text}", NO_CERTIFICATE),
    "beside a folder": ("folder", "text", "client certificate {text}", NO_CERTIFICATE),
    "without verification": (False, "text", "client certificate {text}", NO_CERTIFICATE),
    "certificate alone": ("ca", "mine", f"key {{mine}} {KEY}", f"{NO_KEY}; cert must"),
    "key of text": ("ca", ("mine", "text"), f"key {{text}} {KEY}", NO_KEY),
    "another's key": ("ca", ("mine", "ca_key"), f"key {{ca_key}} {KEY}", f"{NO_KEY} (KEY_VALUES"),
    "key first": ("ca", ("key", "mine"), "client certificate {key}", NO_CERTIFICATE),
    "folder as certificate": ("ca", "folder", "client certificate {folder}", "Is a directory;"),
    "folder as key": ("ca", ("mine", "folder"), f"key {{folder}} {KEY}", "Is a directory;"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("files")
    authority = trustme.CA()
    mine = authority.issue_cert("me@example.com")
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    contents = {
        "ca": authority.cert_pem.bytes(),
        "ca_key": authority.private_key_pem.bytes(),
        "mine": mine.cert_chain_pems[0].bytes(),
        "key": mine.private_key_pem.bytes(),
        "text": b"not a certificate",
        "empty": b"",
        "damaged": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "encrypted": encrypted,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    return {name: str(folder / name) for name in [*contents, "folder"]}


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(context=context) as server:
        yield server


def error_of(server: ScriptedServer, verify: Any, cert: Any, **options: Any) -> Any:
    url = f"{server.url}/claims?name=secret"
    token = {"access_token": "t", "expires_in": 3600}
    with (
        ClientCredentialsSession("id", "secret", f"{server.url}/token", token=token) as session,
        pytest.raises(requests.exceptions.SSLError) as caught,
    ):
        session.post(url, verify=verify, cert=cert, **options)
    assert caught.value.request.url == url
    assert server.requests == []
    return caught.value


@pytest.mark.parametrize(("verify", "cert", "what", "problem"), INVALID.values(), ids=INVALID)
def test_invalid_file_is_named_and_nothing_was_sent(
    server: ScriptedServer, files: dict[str, str], verify: Any, cert: Any, what: str, problem: str
) -> None:
    cert = tuple(files[each] for each in cert) if isinstance(cert, tuple) else files.get(cert)
    error = error_of(server, files.get(verify, verify), cert)
    assert str(error).startswith(f"the {what.format(**files)} cannot be used: {problem}")
    assert (type(error), error.processed) == (TLSFileError, False)
    assert error.setting == ("verify" if cert is None else "cert")
    assert isinstance(error.__cause__, OSError)


def test_encrypted_key_does_not_prompt(server: ScriptedServer, files: dict[str, str]) -> None:
    error = error_of(server, files["ca"], (files["mine"], files["encrypted"]))
    assert str(error) == (
        f"the key of the client certificate must not be encrypted, got {files['encrypted']}"
    )
    assert (error.setting, error.processed) == ("cert", False)


@pytest.mark.parametrize("setting", ["verify", "cert"])
def test_missing_file_is_named_and_nothing_was_sent(
    server: ScriptedServer, files: dict[str, str], setting: str
) -> None:
    for path in ("/no/file", "/no\0file"):
        error = error_of(server, **{"verify": files["ca"], "cert": None, setting: path})
        assert str(error).endswith(f"invalid path: {path}")
        assert (type(error), error.setting, error.processed) == (TLSFileError, setting, False)


def test_invalid_file_beside_an_https_proxy_is_named(
    server: ScriptedServer, files: dict[str, str]
) -> None:
    proxies = {"https": "https://127.0.0.1:1"}
    error = error_of(server, files["text"], None, proxies=proxies)
    assert str(error).startswith(f"the CA bundle {files['text']} cannot be used")


@pytest.mark.parametrize("verify", ["", 7, None])
def test_verify_of_another_kind_is_left_to_requests(verify: Any) -> None:
    assert SSLContextCache().get(verify, None) is None


def test_file_that_urllib3_reads_and_refuses_was_not_processed(
    server: ScriptedServer, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SSLContextCache, "get", lambda *settings: None)
    for verify, cert in ((files["text"], None), (files["ca"], (files["mine"], files["encrypted"]))):
        assert error_of(server, verify, cert).processed is False


def test_tls_file_error_can_be_pickled() -> None:
    error = pickle.loads(pickle.dumps(TLSFileError("the CA bundle", setting="verify")))
    assert (type(error), str(error), error.setting) == (TLSFileError, "the CA bundle", "verify")
