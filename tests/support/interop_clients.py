"""The keys of the clients that the servers know, and how the servers are told of them."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from pokitdok_session import PrivateKeyJWT

SECRET = "a secret: of 32 bytes or more, with +/=&%"

SECRET_METHODS = ["client_secret_basic", "client_secret_post", "client_secret_jwt"]

#: The algorithm of each client with a key, which is its id as well.
ALGORITHMS = ["RS256", "RS384", "PS256", "ES256", "ES384", "EdDSA"]


@dataclass
class Server:
    """A running server: where it is, and the bundle that its certificate is verified by."""

    url: str
    ca_file: str

    def get(self, path: str) -> Any:
        return requests.get(self.url + path, verify=self.ca_file, timeout=10).json()


class Keys:
    """One private key for each algorithm, and a self-signed certificate."""

    def __init__(self, folder: Path) -> None:
        rsa_key = rsa.generate_private_key(65537, 2048)
        self.private: dict[str, Any] = {
            "RS256": rsa_key,
            "RS384": rsa_key,
            "PS256": rsa_key,
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "ES384": ec.generate_private_key(ec.SECP384R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }
        self._certificate = self_signed(rsa_key)
        self.self_signed_pem = folder / "self-signed.pem"
        self.self_signed_pem.write_bytes(
            rsa_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self._certificate.public_bytes(serialization.Encoding.PEM)
        )

    def public_jwk(self, alg: str) -> dict[str, Any]:
        key = self.private[alg].public_key()
        kind: Any = {"R": RSAAlgorithm, "P": RSAAlgorithm, "E": ECAlgorithm}[alg[0]]
        jwk = (OKPAlgorithm if alg == "EdDSA" else kind).to_jwk(key, as_dict=True)
        return {**jwk, "kid": f"key-{alg}", "alg": alg, "use": "sig"}

    def session_options(self, client_id: str, authority: Path) -> dict[str, Any]:
        """The options of a session for one of these clients."""
        if client_id in SECRET_METHODS:
            return {"token_endpoint_auth_method": client_id, "client_secret": SECRET}
        if client_id in ALGORITHMS:
            key = PrivateKeyJWT(self.private[client_id], kid=f"key-{client_id}", alg=client_id)
            return {"token_endpoint_auth_method": "private_key_jwt", "client_assertion": key}
        pem = authority / "client.pem" if client_id == "tls_client_auth" else self.self_signed_pem
        return {"token_endpoint_auth_method": client_id, "token_cert": str(pem)}

    def oidc_clients(self) -> list[dict[str, Any]]:
        """One client for each method, as RFC 7591 describes them."""
        common = {
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "response_types": [],
            "scope": "read write",
        }
        return [{**common, **client} for client in self._clients()]

    def sekmet_clients(self) -> list[dict[str, Any]]:
        """The clients of sekmet-fhir: one for each algorithm of SMART, and one with a secret."""
        clients = [
            {"client_id": alg, "jwks": {"keys": [self.public_jwk(alg)]}, "scopes": "system/*.*"}
            for alg in ("RS384", "ES384")
        ]
        return [*clients, {"client_id": "secret", "client_secret": SECRET}]

    def glewlwyd_clients(self) -> list[dict[str, Any]]:
        """The same clients in the words of glewlwyd."""
        common = {
            "authorization_type": ["client_credentials"],
            "scope": ["read"],
            "confidential": True,
            "enabled": True,
        }
        clients = [{**common, **client} for client in self._clients()]
        for client in clients:
            client["name"] = client["client_id"]
            client["token_endpoint_auth_method"] = [client["token_endpoint_auth_method"]]
            client.pop("token_endpoint_auth_signing_alg", None)
        return clients

    def _clients(self) -> list[dict[str, Any]]:
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        bound = {**self.public_jwk("RS256"), "x5c": [base64.b64encode(der).decode()]}
        del bound["alg"]
        clients: list[dict[str, Any]] = [
            {"token_endpoint_auth_method": method, "client_secret": SECRET}
            for method in ("client_secret_basic", "client_secret_post")
        ]
        clients.append(
            {
                "token_endpoint_auth_method": "client_secret_jwt",
                "client_secret": SECRET,
                "token_endpoint_auth_signing_alg": "HS256",
            }
        )
        clients.append(
            {
                "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_san_email": "client@clinic.example",
            }
        )
        clients.append(
            {
                "token_endpoint_auth_method": "self_signed_tls_client_auth",
                "jwks": {"keys": [bound]},
            }
        )
        for client in clients:
            client["client_id"] = client["token_endpoint_auth_method"]
        clients += [
            {
                "client_id": alg,
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_signing_alg": alg,
                "jwks": {"keys": [self.public_jwk(alg)]},
            }
            for alg in ALGORITHMS
        ]
        return clients


def self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-signed client")])
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
