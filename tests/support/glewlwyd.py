"""Sets up glewlwyd, the OAuth 2.0 server of Debian, without its web pages: by SQL and its API."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .interop_clients import Keys

#: The tables, and the user admin with its initial password, as the package glewlwyd has them.
SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")

#: The path of the plugin for OpenID Connect.
ISSUER_PATH = "/api/oidc"

_CONFIGURATION = """
port = {port}
bind_address = "127.0.0.1"
external_url = "{url}"
api_prefix = "api"
log_mode = "console"
log_level = "INFO"
admin_scope = "g_admin"
profile_scope = "g_profile"
user_module_path = "/usr/lib/glewlwyd/user"
client_module_path = "/usr/lib/glewlwyd/client"
user_auth_scheme_module_path = "/usr/lib/glewlwyd/scheme"
plugin_module_path = "/usr/lib/glewlwyd/plugin"
use_secure_connection = true
secure_connection_key_file = "{authority}/server.key"
secure_connection_pem_file = "{authority}/server.pem"
secure_connection_ca_file = "{authority}/ca.pem"
database = {{ type = "sqlite3"; path = "{folder}/glewlwyd.db"; }};
"""


def configure(folder: Path, authority: Path) -> str:
    """Write a database and ``glewlwyd.conf`` into ``folder``, and return the server's URL."""
    with socket.create_server(("127.0.0.1", 0)) as unused:  # it cannot choose a port itself
        port = unused.getsockname()[1]
    url = f"https://127.0.0.1:{port}"
    database = sqlite3.connect(folder / "glewlwyd.db")
    database.executescript(SCHEMA.read_text("utf-8"))
    database.close()
    configuration = _CONFIGURATION.format(port=port, url=url, authority=authority, folder=folder)
    (folder / "glewlwyd.conf").write_text(configuration)
    return url


def add_clients(url: str, ca_file: str, keys: Keys) -> None:
    """Set the running server up for OpenID Connect, with the clients of ``keys``."""
    with requests.Session() as admin:

        def post(path: str, **body: Any) -> None:
            response = admin.post(f"{url}/api{path}", json=body, verify=ca_file, timeout=10)
            assert response.status_code == 200, f"{path}: {response.text}"

        post("/auth", username="admin", password="password")
        post(
            "/mod/plugin/",
            module="oidc",
            name=ISSUER_PATH.rpartition("/")[2],
            display_name="OpenID Connect",
            parameters=_plugin_parameters(url + ISSUER_PATH),
        )
        post("/scope/", name="read", display_name="read", description="read")
        for client in keys.glewlwyd_clients():
            post("/client/", **client)


def _plugin_parameters(issuer: str) -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    enabled = {f"auth-type-{kind}-enabled": True for kind in ("client", "code", "token")}
    return {
        **enabled,
        "iss": issuer,
        "jwt-type": "rsa",
        "jwt-key-size": "256",
        "key": private.decode(),
        "cert": public.decode(),
        "access-token-duration": 60,
        "refresh-token-duration": 60,
        "code-duration": 60,
        "refresh-token-rolling": False,
        "allow-non-oidc": True,
        "subject-type": "public",
        "jwks-show": True,
        "request-parameter-allow": True,
        "request-maximum-exp": 300,
        "client-jwks-parameter": "jwks",
        "client-cert-source": "TLS",
        "client-cert-self-signed-allowed": True,
        "introspection-revocation-allowed": True,
        "introspection-revocation-allow-target-client": True,
        "resource-allowed": True,
        "resource-scope": {"read": ["https://api.clinic.example/"]},
        "resource-scope-and-client-property": False,
    }
