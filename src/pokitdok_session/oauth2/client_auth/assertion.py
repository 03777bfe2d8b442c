"""Client assertions: signed JWTs that authenticate a client (RFC 7523 section 2.2)."""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import private_key

#: What ``client_assertion`` may be besides a `PrivateKeyJWT`: it returns a signed JWT.
AssertionCallable: TypeAlias = "Callable[[], str]"

#: Claims that are added to a JWT: a dict, or a callable that returns one for each JWT.
Claims: TypeAlias = "Mapping[str, Any] | Callable[[], Mapping[str, Any]]"

#: Seconds that an assertion is valid. SMART Backend Services allows 300; clocks differ.
DEFAULT_LIFETIME = 240


class PrivateKeyJWT:
    """A client's private key, and what the JWTs signed with it contain.

    ``key`` is a private RSA, EC or Ed25519/Ed448 key: PEM as str or bytes, the path of a PEM
    file (read for every JWT, so that the file can be replaced), a JWK as a dict, or a key of
    cryptography. ``kid`` is the id under which the provider knows its public half.

    The defaults are those of SMART Backend Services: ``alg`` is RS384, or ES384 for a P-384 key;
    ``typ`` is JWT; ``iss`` and ``sub`` are the client id; ``aud`` is the token URL; ``exp`` is
    ``lifetime`` seconds ahead; ``iat`` and a new ``jti`` are set for every request.

    ``audience`` replaces ``aud``, for providers that want their issuer there. ``headers`` adds
    members to the JWT header (``jku``, ``x5c``, ``x5t#S256``). ``claims`` adds or replaces claims;
    as a callable it is called for every JWT.

    A pickle contains the key, except if it is given by its path. Needs the extra ``jwt``.
    """

    def __init__(
        self,
        key: Any,
        *,
        kid: str | None = None,
        alg: str | None = None,
        audience: str | list[str] | None = None,
        lifetime: float = DEFAULT_LIFETIME,
        headers: Mapping[str, Any] | None = None,
        claims: Claims | None = None,
    ) -> None:
        if isinstance(key, Mapping):
            key = dict(key)
            kid, alg = kid or key.get("kid"), alg or key.get("alg")
        if kid is not None and (not isinstance(kid, str) or not kid):
            raise ValueError(f"kid must be a non-empty string, got {type(kid).__name__}")
        if isinstance(lifetime, bool) or not isinstance(lifetime, (int, float)) or lifetime < 1:
            raise ValueError(f"lifetime must be a number of seconds >= 1, got {lifetime!r}")
        if not isinstance(headers, (Mapping, type(None))):
            raise TypeError(f"headers must be a dict, got {type(headers).__name__}")
        if not (claims is None or isinstance(claims, Mapping) or callable(claims)):
            raise TypeError(
                f"claims must be a dict or a callable that returns one, got {type(claims).__name__}"
            )
        self.kid = kid
        self.audience = audience
        self.lifetime = lifetime
        self.headers = copy.deepcopy(dict(headers or {}))
        self.claims: Claims = (
            copy.deepcopy(dict(claims)) if isinstance(claims, Mapping) else (claims or {})
        )
        self._key = key
        algorithms = private_key.algorithms_of(private_key.load_private_key(key))
        if alg is not None and alg not in algorithms:
            raise ValueError(f"alg must be {' or '.join(algorithms)} for this key, got {alg!r}")
        self.alg = algorithms[0] if alg is None else alg

    def sign(self, client_id: str, token_url: str) -> str:
        """Return a new JWT for one request to the token endpoint at ``token_url``."""
        import jwt

        claims = {
            **_standard_claims(client_id, self.audience or token_url, int(self.lifetime)),
            **(self.claims() if callable(self.claims) else self.claims),
        }
        key_id = {"kid": self.kid} if self.kid else {}
        headers = {"typ": "JWT", **key_id, **self.headers}
        key = private_key.load_private_key(self._key)
        return jwt.encode(claims, key, algorithm=self.alg, headers=headers)

    @property
    def identity(self) -> dict[str, Any]:
        """What of the assertion decides which token is granted. It holds nothing of the key."""
        if callable(self.claims):
            raise ValueError(
                "store must be None with a callable as claims: sessions with different claims "
                "would share one token; pass claims as a dict"
            )
        return {"aud": self.audience, **self.claims} if self.audience else dict(self.claims)

    def __repr__(self) -> str:
        return f"<PrivateKeyJWT kid={self.kid!r} alg={self.alg}>"

    def __getstate__(self) -> dict[str, Any]:
        key = self._key
        if not isinstance(key, (str, bytes, Mapping)) and not private_key.is_path(key):
            key = private_key.to_pem(key)
        return {**self.__dict__, "_key": key}


def sign_with_secret(client_id: str, client_secret: str, token_url: str) -> str:
    """Return a new JWT that is signed with the client's secret (HS256)."""
    try:
        import jwt
    except ImportError as error:
        raise ImportError("client_secret_jwt needs the extra `jwt`: pip install pyjwt") from error
    claims = _standard_claims(client_id, token_url, DEFAULT_LIFETIME)
    return jwt.encode(claims, client_secret, algorithm="HS256")


def _standard_claims(client_id: str, audience: str | list[str], lifetime: int) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": now,
        "exp": now + lifetime,
        "jti": secrets.token_urlsafe(24),
    }
