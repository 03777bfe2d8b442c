"""`PrivateKeyJWT`: the keys it takes, the JWT it makes, and what it shows of the key."""

from __future__ import annotations

import base64
import pickle
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from pokitdok_session import PrivateKeyJWT

URL = "https://id.example/token"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def pem_of(key: Any, password: bytes | None = None) -> bytes:
    encryption: Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return pem


def jwk_of(key: Any) -> dict[str, Any]:
    kind = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    reader: Any = next((kind[each] for each in kind if isinstance(key, each)), OKPAlgorithm)
    jwk: dict[str, Any] = reader.to_jwk(key, as_dict=True)
    return jwk


def claims_of(assertion: PrivateKeyJWT, key: Any = RSA_KEY) -> dict[str, Any]:
    text = assertion.sign("client", URL)
    options: Any = {"verify_aud": False}
    claims: dict[str, Any] = jwt.decode(
        text, key.public_key(), algorithms=[assertion.alg], options=options
    )
    return claims


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (RSA_KEY, "RS384"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (EC_KEY, "ES384"),
        (ec.generate_private_key(ec.SECP521R1()), "ES512"),
        (ED_KEY, "EdDSA"),
        (ed448.Ed448PrivateKey.generate(), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_algorithm_follows_from_the_key(key: Any, alg: str) -> None:
    assertion = PrivateKeyJWT(key)
    assert assertion.alg == alg
    assert claims_of(assertion, key)["sub"] == "client"


@pytest.mark.parametrize("alg", ["RS256", "RS512", "PS256", "PS384"])
def test_algorithm_of_an_rsa_key_can_be_chosen(alg: str) -> None:
    header = jwt.get_unverified_header(PrivateKeyJWT(RSA_KEY, alg=alg).sign("client", URL))
    assert header == {"alg": alg, "typ": "JWT"}


@pytest.mark.parametrize("kind", ["text", "bytes", "path", "path as text", "jwk", "object"])
@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY, ED_KEY], ids=["rsa", "ec", "ed25519"])
def test_key_may_be_pem_a_path_a_jwk_or_an_object(key: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(key))
    given = {
        "text": pem_of(key).decode(),
        "bytes": pem_of(key),
        "path": path,
        "path as text": str(path),
        "jwk": jwk_of(key),
        "object": key,
    }[kind]
    assertion = PrivateKeyJWT(given)
    assert claims_of(assertion, key)["iss"] == "client"
    copied = pickle.loads(pickle.dumps(assertion))
    assert claims_of(copied, key)["iss"] == "client"


def test_jwk_gives_its_kid_and_alg() -> None:
    assertion = PrivateKeyJWT({**jwk_of(RSA_KEY), "kid": "from-jwk", "alg": "PS256"})
    assert (assertion.kid, assertion.alg) == ("from-jwk", "PS256")


def test_key_given_by_its_path_travels_as_its_path(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(RSA_KEY))
    pickled = pickle.dumps(PrivateKeyJWT(path))
    assert b"PRIVATE" not in pickled
    assert b"key.pem" in pickled


def test_replaced_key_file_is_used_for_the_next_jwt(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem_of(RSA_KEY))
    assertion = PrivateKeyJWT(path)
    other = rsa.generate_private_key(65537, 2048)
    path.write_bytes(pem_of(other))
    assert claims_of(assertion, other)["iss"] == "client"


def test_claims_are_those_of_smart_backend_services(monkeypatch: pytest.MonkeyPatch) -> None:
    assertion = PrivateKeyJWT(RSA_KEY, kid="k")
    first, second = claims_of(assertion), claims_of(assertion)
    assert first.keys() == {"iss", "sub", "aud", "iat", "exp", "jti"}
    assert (first["aud"], first["exp"] - first["iat"]) == (URL, 240)
    assert first["jti"] != second["jti"]


def test_audience_lifetime_headers_and_claims_are_as_given() -> None:
    given = {"extensions": {"purpose": "PATRQT"}, "nbf": 1}
    assertion = PrivateKeyJWT(
        RSA_KEY,
        audience="https://issuer.example",
        lifetime=60,
        headers={"x5t#S256": "thumbprint"},
        claims=given,
    )
    claims = claims_of(assertion)
    assert claims["aud"] == "https://issuer.example"
    assert claims["exp"] - claims["iat"] == 60
    assert claims["extensions"] == {"purpose": "PATRQT"}
    assert given == {"extensions": {"purpose": "PATRQT"}, "nbf": 1}
    header = jwt.get_unverified_header(assertion.sign("client", URL))
    assert header["x5t#S256"] == "thumbprint"


def test_callable_claims_are_called_for_every_jwt() -> None:
    patients = iter(["one", "two"])
    assertion = PrivateKeyJWT(RSA_KEY, claims=lambda: {"patient": next(patients), "iss": "other"})
    assert [claims_of(assertion)["patient"] for _ in range(2)] == ["one", "two"]


def test_repr_shows_nothing_of_the_key(tmp_path: Path) -> None:
    jwk = jwk_of(RSA_KEY)
    assert repr(PrivateKeyJWT(jwk, kid="k")) == "<PrivateKeyJWT kid='k' alg=RS384>"


PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
BARE_BASE64 = base64.b64encode(pem_of(RSA_KEY)).decode()


@pytest.mark.parametrize(
    ("key", "options", "kind", "text"),
    [
        (pem_of(RSA_KEY, b"words"), {}, ValueError, "key must be an unencrypted PEM"),
        (PUBLIC_PEM, {}, ValueError, "key must be a private key in PEM"),
        (b"nonsense", {}, ValueError, "key must be a private key in PEM"),
        ("/no/such/key.pem", {}, ValueError, "no such file can be read"),
        (BARE_BASE64, {}, ValueError, "begins with -----BEGIN"),
        ("nul\0byte", {}, ValueError, "no such file can be read"),
        (RSA_KEY.public_key(), {}, ValueError, "key must be a private RSA"),
        (x25519.X25519PrivateKey.generate(), {}, ValueError, "got X25519PrivateKey"),
        (ec.generate_private_key(ec.SECP192R1()), {}, ValueError, "P-256, P-384, P-521"),
        (None, {}, ValueError, "key must be a private RSA.*got NoneType"),
        ({"kty": "oct", "k": "c2VjcmV0"}, {}, ValueError, "got the members k, kty"),
        (RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), {}, ValueError, "members kty"),
        ({"kty": "RSA", "d": "AQ"}, {}, ValueError, "must be a valid RSA key"),
        (RSA_KEY, {"alg": "ES256"}, ValueError, "alg must be RS384 or .*, got 'ES256'"),
        (EC_KEY, {"alg": "ES256"}, ValueError, "alg must be ES384 for this key, got 'ES256'"),
        (RSA_KEY, {"kid": ""}, ValueError, "kid must be a non-empty string"),
        (RSA_KEY, {"kid": 7}, ValueError, "kid must be a non-empty string, got int"),
        (RSA_KEY, {"lifetime": 0}, ValueError, "lifetime must be a number of seconds >= 1, got 0"),
        (RSA_KEY, {"lifetime": True}, ValueError, "lifetime must be a number of seconds"),
        (RSA_KEY, {"lifetime": "60"}, ValueError, "got '60'"),
        (RSA_KEY, {"headers": "x5c"}, TypeError, "headers must be a dict, got str"),
        (RSA_KEY, {"claims": "nbf"}, TypeError, "claims must be a dict or a callable"),
    ],
    ids=range(22),
)
def test_key_or_option_that_cannot_work_is_an_error(
    key: Any, options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text) as caught:
        PrivateKeyJWT(key, **options)
    assert not isinstance(key, str) or key not in str(caught.value)


@pytest.mark.parametrize("module", ["cryptography.hazmat.primitives.serialization", "jwt"])
@pytest.mark.parametrize(
    "key", [jwk_of(RSA_KEY), pem_of(RSA_KEY), RSA_KEY], ids=["JWK", "PEM", "key"]
)
def test_missing_extra_says_what_to_install(
    module: str, key: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match="pip install pyjwt cryptography"):
        PrivateKeyJWT(key)
