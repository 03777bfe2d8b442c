"""What providers ask for and grant: one row each, over TLS, and the options that a user gives."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import pokitdok_session
from pokitdok_session import ClientCredentialsSession, PrivateKeyJWT, TokenError
from support.clock import Clock
from support.provider_stub import ProviderStub
from support.provider_table import (
    EC_KEY,
    IMPOSSIBLE,
    NAMES,
    PROVIDERS,
    RSA_KEY,
    Impossible,
    Provider,
    page,
    to_pem,
)

PAGE = Path(pokitdok_session.__file__).parent / "oauth2" / "providers.md"
README = Path(__file__).parents[2] / "README.md"

Serve = Callable[[Provider], ProviderStub]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def folder(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory, with the files that the options name."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = authority.issue_cert("client@clinic.example")
    client.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    (tmp_path / "key.pem").write_bytes(to_pem(RSA_KEY))
    (tmp_path / "ec-key.pem").write_bytes(to_pem(EC_KEY))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def serve(authority: trustme.CA, folder: Path) -> Iterator[Serve]:
    """Yield a function that starts the stub of a provider."""
    stubs: list[ProviderStub] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL

    def serve(provider: Provider) -> ProviderStub:
        stub = ProviderStub(
            provider.grants,
            provider.answer,
            context=context,
            refusal=provider.refusal,
            header=provider.header,
            prefix=provider.prefix,
            companions=provider.companions,
            expired=provider.expired,
        )
        stubs.append(stub)
        return stub.__enter__()

    yield serve
    for stub in stubs:
        stub.__exit__(None, None, None)


def session_for(
    provider: Provider, stub: ProviderStub, options: str, clock: Clock
) -> ClientCredentialsSession:
    names = {"PrivateKeyJWT": PrivateKeyJWT, **NAMES}
    source = f"dict({options.replace('https://provider.example', stub.url)})"
    keywords: dict[str, Any] = {"base_url": stub.url, **eval(source, names)}
    client_id, secret = provider.client
    if "client_assertion" in keywords or "token_cert" in keywords:
        keywords["client_secret"] = None
    else:
        keywords["client_secret"] = secret
    if keywords.keys() & {"issuer", "fhir_base"}:
        session = ClientCredentialsSession.discover(client_id, **keywords)
    else:
        keywords["token_url"] = f"{stub.url}/token{provider.query}"
        session = ClientCredentialsSession(client_id, **keywords)
    session._token_source.clock = clock
    session.verify = "ca.pem"
    return session


def name_of(provider: Provider | Impossible) -> str:
    return provider.names.partition(",")[0]


@pytest.mark.parametrize("provider", PROVIDERS, ids=name_of)
def test_provider_grants_a_token_and_its_successor(
    serve: Serve, clock: Clock, provider: Provider, retry_sleeps: list[float]
) -> None:
    stub = serve(provider)
    with session_for(provider, stub, provider.options, clock) as session:
        assert session.get("/data").status_code == 200
        stub.expire_token()
        stub.stumbles.extend(provider.stumbles)
        clock.advance(50)
        assert session.get("/data").status_code == 200
    assert stub.refused == 0
    assert len(retry_sleeps) == len(provider.stumbles)


@pytest.mark.parametrize(
    "provider", [each for each in PROVIDERS if each.options and each.needs_options], ids=name_of
)
def test_provider_refuses_a_session_without_its_options(
    serve: Serve, clock: Clock, provider: Provider
) -> None:
    stub = serve(provider)
    with session_for(provider, stub, "", clock) as session:
        try:
            status = session.get("/data").status_code
        except TokenError:
            return
        if status == 200:
            stub.expire_token()
            clock.advance(50)
            status = session.get("/data").status_code
    assert status in (provider.expired, 400)


@pytest.mark.parametrize(
    "provider", [each for each in PROVIDERS if not each.needs_options], ids=name_of
)
def test_provider_without_an_optional_option_costs_one_refusal(
    serve: Serve, clock: Clock, provider: Provider
) -> None:
    stub = serve(provider)
    with session_for(provider, stub, "", clock) as session:
        assert session.get("/data").status_code == 200
        session.fetch_token()
    assert stub.refused == provider.refused


@pytest.mark.parametrize("impossible", IMPOSSIBLE, ids=name_of)
def test_impossible_provider_is_a_token_error_that_says_why(
    serve: Serve, clock: Clock, impossible: Impossible
) -> None:
    provider = Provider("", "", lambda seen: False, refusal=impossible.response)
    stub = serve(provider)
    with (
        session_for(provider, stub, "", clock) as session,
        pytest.raises(TokenError, match=impossible.text),
    ):
        session.get("/data")


def test_page_about_providers_is_made_of_these_rows() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_readme_table_of_providers_has_rows_of_the_page() -> None:
    section = README.read_text("utf-8").partition("\n## Works with\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    assert len(rows) > 15
    assert [row for row in rows if row not in page().splitlines()] == []
