"""Private keys for signing: read from PEM, a file, a JWK or cryptography, and their algorithms.

Needs PyJWT and cryptography, the extra ``jwt``, which are imported when the first key is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_RSA_ALGORITHMS = ("RS384", "RS256", "RS512", "PS256", "PS384", "PS512")

#: The algorithm of an elliptic-curve key is given by its curve (RFC 7518 section 3.4).
_EC_ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

#: The members of a JWK that say its type (RFC 7518 section 6.1), and PyJWT's name for that type.
_JWK_READERS = {"RSA": "RSAAlgorithm", "EC": "ECAlgorithm", "OKP": "OKPAlgorithm"}


def is_path(key: object) -> bool:
    """Return True if ``key`` is a path to a PEM file, and not the key itself."""
    return isinstance(key, os.PathLike) or (isinstance(key, str) and "-----BEGIN" not in key)


def load_private_key(key: Any) -> Any:
    """Return the private key of cryptography that ``key`` stands for.

    ``key`` is PEM as str or bytes, a path to a PEM file, a JWK as a dict, or the key itself.
    Raises ValueError, without quoting anything of the key, if it is none of these.
    """
    try:
        import jwt  # noqa: F401  # signs with the key later
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as error:
        raise ImportError(
            "private_key_jwt needs the extra `jwt`: pip install pyjwt cryptography"
        ) from error
    if isinstance(key, Mapping):
        return _from_jwk(key)
    if is_path(key):
        key = _read(key)
    if not isinstance(key, (str, bytes)):
        return key
    pem = key.encode() if isinstance(key, str) else key
    try:
        return load_pem_private_key(pem, password=None)
    except TypeError:
        raise ValueError(
            "key must be an unencrypted PEM. Decrypt an encrypted one with cryptography's "
            "load_pem_private_key and pass the key that it returns"
        ) from None
    except ValueError:
        raise ValueError("key must be a private key in PEM, but cannot be read as one") from None


def algorithms_of(key: Any) -> tuple[str, ...]:
    """Return the JWS algorithms (RFC 7518 section 3.1) for a private key, the default first."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        return _RSA_ALGORITHMS
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _EC_ALGORITHMS:
        return (_EC_ALGORITHMS[key.curve.name],)
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return ("EdDSA",)
    raise ValueError(
        "key must be a private RSA, EC (P-256, P-384, P-521) or Ed25519/Ed448 key, "
        f"got {type(key).__name__}"
    )


def to_pem(key: Any) -> bytes:
    """Return a key of cryptography as unencrypted PEM (PKCS #8)."""
    from cryptography.hazmat.primitives import serialization

    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem


def _read(path: Any) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        # A key in the wrong format would be taken for a path: it must not be in the text.
        raise ValueError(
            "key must be PEM text that begins with -----BEGIN, or the path of a PEM file: "
            f"no such file can be read ({reason})"
        ) from None


def _from_jwk(jwk: Mapping[str, Any]) -> Any:
    import jwt.algorithms

    reader = _JWK_READERS.get(str(jwk.get("kty")))
    if reader is None or "d" not in jwk:
        raise ValueError(
            "a JWK must be a private key with the members kty (RSA, EC or OKP) and d, "
            f"got the members {', '.join(sorted(map(str, jwk)))}"
        )
    try:
        return getattr(jwt.algorithms, reader).from_jwk(json.dumps(dict(jwk)))
    except (jwt.InvalidKeyError, ValueError, TypeError):
        raise ValueError(f"a JWK must be a valid {jwk['kty']} key, but cannot be read") from None
