"""One row per provider: what it asks for and grants, and the options that a user gives.

The facts are from the providers' public documentation and from programs that use them, as of
November 2026. `oauth2/providers.md` of the package is made of them, in
tests: `python -m support.provider_table > ../src/pokitdok_session/oauth2/providers.md`.
"""

from __future__ import annotations

import json
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .http_server import ScriptedResponse
from .provider_stub import CLIENT_ID, CLIENT_SECRET, REFUSED, TokenRequest, granted

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_GRANT = {"grant_type": "client_credentials"}
_ID_AND_SECRET = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}

Grants = Callable[[TokenRequest], bool]


class Provider(NamedTuple):
    """A provider. ``options`` is Python source, for the README and for the session of the test.

    In it, https://provider.example stands for the stub, and key.pem for a file.
    """

    names: str
    options: str
    grants: Grants
    answer: Callable[[str], ScriptedResponse] = granted
    header: str = "Authorization"
    prefix: str = "Bearer "
    companions: Mapping[str, str] = {}  # headers of every API request
    expired: int = 401
    refusal: ScriptedResponse = REFUSED
    refused: int = 0  # token requests until the session knows how
    stumbles: tuple[ScriptedResponse, ...] = ()  # before the second token
    query: str = ""  # of the token URL
    client: tuple[str, str] = CLIENT_ID, CLIENT_SECRET
    needs_options: bool = True


class Impossible(NamedTuple):
    """What the session does not do: how a provider answers, and what the session says."""

    names: str
    needs: str
    instead: str
    response: ScriptedResponse
    text: str


def basic(client: tuple[str, str] = (CLIENT_ID, CLIENT_SECRET), **fields: str) -> Grants:
    return lambda seen: seen.basic == client and seen.form == {**_GRANT, **fields}


def post(**fields: str) -> Grants:
    form = {**_GRANT, **_ID_AND_SECRET, **fields}
    return lambda seen: seen.basic is None and seen.form == form


def signed(
    alg: str,
    *,
    form: Mapping[str, str] = {},
    header: Mapping[str, Any] = {"kid": "my-key"},
    audience: str = "/token",
    claims: Mapping[str, Any] = {},
) -> Grants:
    """Grant to a client assertion with exactly these members, and to nothing beside it."""
    key = (EC_KEY if alg.startswith("ES") else RSA_KEY).public_key()
    expected = {"typ": "JWT", "alg": alg, **header}

    def grants(seen: TokenRequest) -> bool:
        rest = dict(seen.form)
        assertion = rest.pop("client_assertion", "")
        return (
            seen.basic is None
            and rest == {**_GRANT, "client_assertion_type": _ASSERTION_TYPE, **form}
            and seen.is_signed(assertion, alg, audience=audience, key=key)
            and jwt.get_unverified_header(assertion) == expected
            and claims.items() <= jwt.decode(assertion, options={"verify_signature": False}).items()
        )

    return grants


def as_json(**members: str) -> Grants:
    return lambda seen: seen.json == {**_GRANT, **_ID_AND_SECRET, **members}


def with_headers(grants: Grants, **headers: str) -> Grants:
    names = {name.replace("__", ".").replace("_", "-"): headers[name] for name in headers}
    return lambda seen: grants(seen) and all(seen.headers[each] == names[each] for each in names)


def answers(**members: Any) -> Callable[[str], ScriptedResponse]:
    return lambda token: granted(token, **members)


def fetch_text(session: requests.Session) -> dict[str, Any]:
    """A ``token_fetcher``: the response to a GET request is the token itself."""
    headers = {"client-id": CLIENT_ID, "client-secret": CLIENT_SECRET}
    response = requests.get(session.token_url, headers=headers, verify=session.verify, timeout=10)  # type: ignore[attr-defined]
    response.raise_for_status()
    return {"access_token": response.text, "expires_in": 3600}


def fetch_by_jwt_grant(session: requests.Session) -> dict[str, Any]:
    """A ``token_fetcher``: the grant of RFC 7523 section 2.1, which other libraries have."""
    url: str = session.token_url  # type: ignore[attr-defined]
    now = int(time.time())
    claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": url, "jti": uuid.uuid4().hex}
    claims |= {"iat": now, "exp": now + 300}
    form = {"grant_type": _JWT_GRANT, "assertion": jwt.encode(claims, RSA_KEY, algorithm="RS256")}
    response = requests.post(url, data=form, verify=session.verify, timeout=10)
    response.raise_for_status()
    token: dict[str, Any] = response.json()
    return token


#: The names that options use. A user has objects of their own there.
NAMES = {"x5t": "dGh1bWI", "x5c": ["MIIB"], "fetch": fetch_text, "grant": fetch_by_jwt_grant}

_POST = 'token_endpoint_auth_method="client_secret_post"'
_JWT = 'token_endpoint_auth_method="private_key_jwt", client_assertion=PrivateKeyJWT'
_SMART = f'fhir_base="https://provider.example/fhir", {_JWT}("key.pem", kid="my-key")'

PROVIDERS = [
    # With id and secret in the Authorization header, the default.
    Provider("AWS Cognito, Okta (custom server), PingOne, PayPal, Spotify", "", basic()),
    Provider("athenahealth, Oracle Health, Datavant, Kno2, Medplum, Smile CDR", "", basic()),
    Provider(
        "Keycloak",
        "",
        basic(),
        answers(refresh_expires_in=0, **{"not-before-policy": 0}, expires_in=60),
        refusal=ScriptedResponse(401, b'{"error": "unauthorized_client"}'),
    ),
    Provider("eBay", "", basic(), answers(token_type="Application Access Token")),
    Provider(
        "Salesforce", "", basic(), answers(expires_in=None, issued_at="1", instance_url="https://a")
    ),
    Provider("CMS BCDA", "", basic(), answers(expires_in="1200", token_type="bearer")),
    Provider(
        "Apigee (token_url with ?grant_type=client_credentials)",
        "",
        lambda seen: basic()(seen) and seen.query == _GRANT,
        answers(token_type="BearerToken", expires_in="1799", api_product_list="[a]"),
        query="?grant_type=client_credentials",
    ),
    Provider(
        "SAP BTP, Cloud Foundry UAA (Basic that is not decoded)",
        "client_secret_basic_unencoded=True",
        basic(("sb-a!b1|c", "x+/=$")),
        client=("sb-a!b1|c", "x+/=$"),
        needs_options=False,
        refused=1,
    ),
    Provider(
        "Sabre (id and secret each in base64)",
        "client_secret_basic_unencoded=True",
        basic(("VjE6", "c2VjcmV0cw==")),
        client=("VjE6", "c2VjcmV0cw=="),
        needs_options=False,
        refused=1,
    ),
    Provider("Databricks", 'scope="all-apis"', basic(scope="all-apis")),
    Provider(
        "CMS AB2D",
        'scope="clientCreds", expired_statuses=(401, 403)',
        basic(scope="clientCreds"),
        expired=403,
    ),
    Provider(
        "Zoom",
        'token_params={"grant_type": "account_credentials", "account_id": "my-account"}',
        basic(grant_type="account_credentials", account_id="my-account"),
        answers(api_url="https://api.zoom.us"),
    ),
    Provider(
        "UPS",
        'token_headers={"x-merchant-id": "my-account"}',
        with_headers(basic(), x_merchant_id="my-account"),
        answers(expires_in="14399", issued_at="1"),
    ),
    Provider("SoundCloud", 'token_prefix="OAuth"', basic(), prefix="OAuth "),
    Provider(
        "Walmart Marketplace",
        'token_header="WM_SEC.ACCESS_TOKEN", token_prefix="", '
        'token_headers={"WM_SVC.NAME": "my-app", "WM_QOS.CORRELATION_ID": "any"}',
        lambda seen: (
            basic()(seen)
            and seen.headers["WM_SVC.NAME"] == "my-app"
            and seen.headers["Accept"] == "application/json"
        ),
        header="WM_SEC.ACCESS_TOKEN",
        prefix="",
    ),
    # With id and secret in the form.
    Provider("Amadeus, FedEx, ServiceNow, 1upHealth, Optum Real", _POST, post()),
    Provider("CrowdStrike (token_url of your region)", _POST, post(), answers(status=201)),
    Provider(
        "Microsoft Entra",
        f'{_POST}, scope="api://my-api/.default"',
        post(scope="api://my-api/.default"),
        answers(ext_expires_in=3599),
    ),
    Provider(
        "Microsoft Entra v1",
        f'{_POST}, token_params={{"resource": "https://api.example"}}',
        post(resource="https://api.example"),
        answers(expires_in="3599", expires_on="1795643031"),
    ),
    Provider(
        "Auth0, Zus",
        f'{_POST}, token_params={{"audience": "https://api.example"}}',
        post(audience="https://api.example"),
    ),
    Provider(
        "Box",
        f'{_POST}, token_params={{"box_subject_type": "enterprise", "box_subject_id": "1"}}',
        post(box_subject_type="enterprise", box_subject_id="1"),
    ),
    Provider(
        "Copernicus Data Space, Sentinel Hub (origins= names the other hosts)",
        _POST,
        post(),
        answers(expires_in=600),
    ),
    Provider(
        "Availity",
        f'{_POST}, scope="my-product", origin_headers={{"X-Availity-Customer-Id": "1"}}',
        post(scope="my-product"),
        answers(expires_in=300, consented_on=1),
        companions={"X-Availity-Customer-Id": "1"},
    ),
    Provider(
        "Twitch",
        f'{_POST}, origin_headers={{"Client-Id": "my-id"}}',
        post(),
        answers(expires_in=5_011_271, token_type="bearer"),
        companions={"Client-Id": "my-id"},
    ),
    Provider(
        "Adobe IMS",
        f'{_POST}, scope="openid,AdobeID", origin_headers={{"x-api-key": "my-id"}}',
        post(scope="openid,AdobeID"),
        answers(expires_in=86_399_000),  # milliseconds, in the old flow
        companions={"x-api-key": "my-id"},
    ),
    Provider(
        "pVerify",
        f'{_POST}, token_params={{"Client_Id": "my-id", "Client_Secret": "my-secret"}}, '
        'origin_headers={"Client-API-Id": "my-id"}',
        post(Client_Id="my-id", Client_Secret="my-secret"),
        companions={"Client-API-Id": "my-id"},
    ),
    Provider(
        "Shopify",
        f'{_POST}, token_header="X-Shopify-Access-Token", token_prefix=""',
        post(),
        answers(token_type=None, expires_in=86399, scope="read_orders,read_products"),
        header="X-Shopify-Access-Token",
        prefix="",
    ),
    Provider(
        "Amazon SP-API",
        f'{_POST}, token_header="x-amz-access-token", token_prefix="", expired_statuses=(401, 403)',
        post(),
        header="x-amz-access-token",
        prefix="",
        expired=403,
    ),
    Provider(
        "Optum Medical Network, Candid Health (JSON)",
        f'{_POST}, token_request_format="json"',
        as_json(),
    ),
    Provider(
        "a response with other names",
        'token_response=lambda response: {"access_token": response.json()["data"]["token"]}',
        basic(),
        lambda token: ScriptedResponse(body=json.dumps({"data": {"token": token}}).encode()),
    ),
    # With a signed JWT.
    Provider("SMART Backend Services: CMS DPC, Redox, Oracle Health", _SMART, signed("RS384")),
    Provider(
        "Epic (some sites)",
        f'{_SMART}, origin_headers={{"Epic-Client-ID": "my-id"}}',
        signed("RS384"),
        companions={"Epic-Client-ID": "my-id"},
        stumbles=(ScriptedResponse(400, b'{"error": null}'),),
    ),
    Provider(
        "Medplum, athenahealth with an EC key",
        f'{_JWT}("ec-key.pem", kid="my-key")',
        signed("ES384"),
    ),
    Provider(
        "Okta (org server)",
        f'{_JWT}("key.pem", kid="my-key", alg="RS256"), scope="okta.users.read"',
        signed("RS256", form={"scope": "okta.users.read"}),
    ),
    Provider(
        "NHS England",
        f'{_JWT}("key.pem", kid="my-key", alg="RS512")',
        signed("RS512"),
        answers(expires_in="599", issued_at="1"),
    ),
    Provider(
        "Microsoft Entra with a certificate",
        f'{_JWT}("key.pem", alg="PS256", headers={{"x5t#S256": x5t}}), '
        'include_client_id=True, scope="api://my-api/.default"',
        signed(
            "PS256",
            header={"x5t#S256": "dGh1bWI"},
            form={"client_id": CLIENT_ID, "scope": "api://my-api/.default"},
        ),
    ),
    Provider(
        "FAPI 2.0 servers (audience is the issuer)",
        'issuer="https://provider.example", '
        f'{_JWT}("key.pem", kid="my-key", alg="PS256", audience="https://provider.example")',
        signed("PS256", audience=""),
    ),
    Provider(
        "CMS Blue Button v3",
        f'{_JWT}("key.pem", kid="my-key", '
        'claims=lambda: {"extensions": {"cms_smart": {"purpose_of_use": "PATRQT"}}})',
        signed("RS384", claims={"extensions": {"cms_smart": {"purpose_of_use": "PATRQT"}}}),
    ),
    Provider(
        "UDAP B2B, TEFCA",
        f'{_JWT}("key.pem", alg="RS256", headers={{"x5c": x5c}}, '
        'claims={"extensions": {"hl7-b2b": {"version": "1"}}}), token_params={"udap": "1"}',
        signed(
            "RS256",
            header={"x5c": ["MIIB"]},
            form={"udap": "1"},
            claims={"extensions": {"hl7-b2b": {"version": "1"}}},
        ),
    ),
    # With a TLS certificate.
    Provider(
        "SAP BTP with X.509, open banking",
        'token_endpoint_auth_method="tls_client_auth", token_cert="client.pem"',
        lambda seen: (
            seen.certificate is not None and seen.form == {**_GRANT, "client_id": CLIENT_ID}
        ),
    ),
    # With a function that gets the token.
    Provider(
        "Particle Health (GET request, text response)",
        "token_fetcher=fetch",
        lambda seen: seen.method == "GET" and seen.headers["client-secret"] == CLIENT_SECRET,
        lambda token: ScriptedResponse(body=token.encode()),
    ),
    Provider(
        "Google service accounts, DocuSign, Health Gorilla (jwt-bearer grant)",
        "token_fetcher=grant",
        lambda seen: (
            seen.form.get("grant_type") == _JWT_GRANT
            and seen.is_signed(
                seen.form["assertion"], "RS256", audience="/token", key=RSA_KEY.public_key()
            )
        ),
    ),
]

IMPOSSIBLE = [
    Impossible(
        "HelseID, Okta API Services apps, Singpass",
        "DPoP, a proof with every request",
        "an application without DPoP, where the provider allows it",
        ScriptedResponse(400, b'{"error": "invalid_dpop_proof"}'),
        r"returned 400 \(invalid_dpop_proof\)",
    ),
    Impossible(
        "HelseID, Okta API Services apps, Singpass",
        "DPoP, a proof with every request",
        "an application without DPoP, where the provider allows it",
        granted("token", token_type="DPoP"),
        "token_type is dpop, which needs a proof with every request",
    ),
    Impossible(
        "servers without this grant",
        "the jwt-bearer, authorization-code or another grant",
        "`token_fetcher=` with the provider's own library",
        ScriptedResponse(400, b'{"error": "unsupported_grant_type"}'),
        r"returned 400 \(unsupported_grant_type\)",
    ),
    Impossible(
        "Waystar, Surescripts, Stedi, Metriport, Eligible",
        "a signature, a certificate or an API key, and no token",
        "`requests.Session`",
        ScriptedResponse(404),
        "returned 404: check token_url",
    ),
]


_INTRODUCTION = """\
# Providers

The options of `ClientCredentialsSession` for each provider, by its public documentation and by
programs that use it, as of November 2026. `test_providers.py` runs each row against a server that
grants a token to exactly this request. No row was run against the provider itself. The rows of
PingOne, PayPal, Spotify, ServiceNow, CrowdStrike, DocuSign, Databricks and Microsoft Entra v1 are
from memory: check them first.

- `issuer` and `fhir_base` are options of `ClientCredentialsSession.discover`.
- Most providers also want a `scope`.
- `client_secret` is None with `private_key_jwt` and `tls_client_auth`.
- A `token_fetcher` replaces the token request. The table's source has an example of each.

"""


def page() -> str:
    """Return the page about providers, in Markdown."""
    return _INTRODUCTION + works_with()


def works_with() -> str:
    """Return its tables."""
    by_options: dict[str, list[str]] = {}
    for provider in PROVIDERS:
        by_options.setdefault(provider.options, []).append(provider.names)
    works = [f"| {', '.join(names)} | {_cells(options)} |" for options, names in by_options.items()]
    fails = {f"| {each.names} | {each.needs} | {each.instead} |": None for each in IMPOSSIBLE}
    head = ["| provider | `token_endpoint_auth_method=` | other options |", "|---|---|---|"]
    not_with = ["| not with | because it needs | use |", "|---|---|---|"]
    return "\n".join([*head, *works, "", *not_with, *fails, ""])


def _cells(options: str) -> str:
    """Return the authentication method, which is the default if it is not named, and the rest."""
    named = re.search(r'token_endpoint_auth_method="(\w+)"(, )?', options)
    rest = options.replace(named[0], "") if named else options
    rest = rest.removesuffix(", ")
    method = (
        "-" if "token_fetcher" in options else f"`{named[1] if named else 'client_secret_basic'}`"
    )
    return f"{method} | {f'`{rest}`' if rest else ''}".rstrip()


def to_pem(key: Any) -> bytes:
    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem


if __name__ == "__main__":
    sys.stdout.write(page())
