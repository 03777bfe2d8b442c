"""How a client authenticates at the token endpoint: each method, and what excludes what."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pokitdok_session import ClientCredentialsSession, TokenError
from pokitdok_session.oauth2.client_auth.assertion import PrivateKeyJWT
from pokitdok_session.oauth2.client_auth.methods import ClientSecretBasic
from pokitdok_session.transport.adapter import Transport
from support.clock import Clock
from support.http_server import ReceivedRequest, ScriptedResponse, ScriptedServer
from support.token_requests import GRANTED

REFUSED = ScriptedResponse(
    401, b'{"error": "invalid_client"}', {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}
)
SECRET = "a-secret-of-thirty-two-bytes-or-more"
RSA_KEY = rsa.generate_private_key(65537, 2048)
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def session_for(endpoint: ScriptedServer, **options: Any) -> ClientCredentialsSession:
    options.setdefault("client_id", "client")
    options.setdefault("client_secret", SECRET)
    return ClientCredentialsSession(token_url=f"{endpoint.url}/token", **options)


def form_of(seen: ReceivedRequest) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(seen.body.decode(), keep_blank_values=True))


def basic(client_id: str, client_secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def test_client_secret_jwt_sends_a_signed_jwt_and_no_secret(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, token_endpoint_auth_method="client_secret_jwt") as session:
        session.fetch_token()
    (seen,) = endpoint.seen
    form = form_of(seen)
    assert seen.authorization is None
    assert form.keys() == {"grant_type", "client_assertion_type", "client_assertion"}
    assert form["client_assertion_type"] == JWT_BEARER
    claims = jwt.decode(
        form["client_assertion"], SECRET, algorithms=["HS256"], audience=session.token_url
    )
    assert claims["iss"] == claims["sub"] == "client"


def test_private_key_jwt_sends_a_signed_jwt_and_nothing_beside_it(endpoint: ScriptedServer) -> None:
    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=PrivateKeyJWT(RSA_KEY, kid="key-1"),
        scope="system/*.read",
    ) as session:
        session.fetch_token()
    (seen,) = endpoint.seen
    form = form_of(seen)
    assert seen.authorization is None
    assert form.keys() == {"grant_type", "scope", "client_assertion_type", "client_assertion"}
    assert jwt.get_unverified_header(form["client_assertion"]) == {
        "alg": "RS384",
        "typ": "JWT",
        "kid": "key-1",
    }
    claims = jwt.decode(
        form["client_assertion"],
        RSA_KEY.public_key(),
        algorithms=["RS384"],
        audience=session.token_url,
    )
    assert claims["iss"] == claims["sub"] == "client"


def test_private_key_jwt_signs_anew_for_every_attempt(
    endpoint: ScriptedServer, retry_sleeps: list[float]
) -> None:
    answers = iter([ScriptedResponse(503), ScriptedResponse(503), GRANTED])
    endpoint.script["/token"] = lambda seen: next(answers)
    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=PrivateKeyJWT(RSA_KEY),
    ) as session:
        session.fetch_token()
    unverified = {"verify_signature": False}
    ids = {
        jwt.decode(form_of(seen)["client_assertion"], options=unverified)["jti"]
        for seen in endpoint.seen
    }
    assert len(ids) == 3


def test_client_assertion_may_be_a_callable(endpoint: ScriptedServer) -> None:
    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=lambda: "header.claims.signature",
        include_client_id=True,
    ) as session:
        session.fetch_token()
    form = form_of(endpoint.seen[0])
    assert form["client_assertion"] == "header.claims.signature"
    assert form["client_id"] == "client"


def test_fetch_token_include_client_id_adds_the_id_beside_an_assertion(
    endpoint: ScriptedServer,
) -> None:
    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method="private_key_jwt",
        client_assertion=lambda: "a.b.c",
    ) as session:
        session.fetch_token(include_client_id=True)
        session.fetch_token()
    assert [form_of(seen).get("client_id") for seen in endpoint.seen] == ["client", None]


@pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])
def test_tls_client_auth_sends_the_id_and_the_certificate(
    endpoint: ScriptedServer, method: str
) -> None:
    certificates: list[Any] = []

    class Watching(Transport):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            certificates.append(kwargs.pop("cert"))
            return super().send(request, *args, **kwargs)

    with session_for(
        endpoint,
        client_secret=None,
        token_endpoint_auth_method=method,
        token_cert=("client.pem", "client.key"),
    ) as session:
        session.mount(endpoint.url, Watching())
        session.get(f"{endpoint.url}/api")
    token_request, _ = endpoint.seen
    assert form_of(token_request) == {"grant_type": "client_credentials", "client_id": "client"}
    assert token_request.authorization is None
    assert certificates == [("client.pem", "client.key"), None]


def test_tls_client_auth_does_not_send_a_secret_of_fetch_token(endpoint: ScriptedServer) -> None:
    with session_for(
        endpoint, client_secret=None, token_endpoint_auth_method="tls_client_auth"
    ) as session:
        session.fetch_token(client_secret="x")
    assert form_of(endpoint.seen[0]) == {"grant_type": "client_credentials", "client_id": "client"}
    assert endpoint.seen[0].authorization is None


# client_secret_basic, encoded or not


def not_decoding(
    client_id: str, client_secret: str, refused: ScriptedResponse = REFUSED
) -> Callable[[ReceivedRequest], ScriptedResponse]:
    """The token endpoint of a server that takes the Authorization header as it is."""

    def answer(seen: ReceivedRequest) -> ScriptedResponse:
        return GRANTED if seen.authorization == basic(client_id, client_secret) else refused

    return answer


@pytest.mark.parametrize(
    "refused",
    [
        REFUSED,
        ScriptedResponse(400, b'{"error": "invalid_client"}'),
        ScriptedResponse(401),
        ScriptedResponse(403, b""),
    ],
    ids=["401 invalid_client", "400 invalid_client", "401", "403"],
)
def test_basic_falls_back_to_the_plain_pair_and_remembers_it(
    endpoint: ScriptedServer, refused: ScriptedResponse
) -> None:
    endpoint.script["/token"] = not_decoding("a!b|c", "x+/=", refused)
    with session_for(endpoint, client_id="a!b|c", client_secret="x+/=") as session:
        session.fetch_token()
        session.fetch_token()
    encoded, plain = basic("a%21b%7Cc", "x%2B%2F%3D"), basic("a!b|c", "x+/=")
    assert [seen.authorization for seen in endpoint.seen] == [encoded, plain, plain]


def test_basic_forgets_the_plain_pair_of_another_secret(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = not_decoding("client", "x=")
    with session_for(endpoint, client_secret="x=") as session:
        session.fetch_token()
        session.client_secret = "y="
        endpoint.script["/token"] = GRANTED
        session.fetch_token()
    assert endpoint.seen[-1].authorization == basic("client", "y%3D")


def test_basic_unencoded_sends_the_plain_pair_at_once(endpoint: ScriptedServer) -> None:
    endpoint.script["/token"] = not_decoding("client", "x=\xe9")
    with session_for(
        endpoint, client_secret="x=\xe9", client_secret_basic_unencoded=True
    ) as session:
        session.fetch_token()
    assert len(endpoint.seen) == 1


def test_basic_unencoded_is_kept_with_include_client_id_false(endpoint: ScriptedServer) -> None:
    with session_for(endpoint, client_secret="x=", client_secret_basic_unencoded=True) as session:
        session.fetch_token(include_client_id=False)
    assert endpoint.seen[0].authorization == basic("client", "x=")


@pytest.mark.parametrize(
    ("client_id", "client_secret"),
    [("client", "plain-secret_1.0~"), ("with:colon", "x=")],
    ids=["the same pair", "a colon in the id"],
)
def test_basic_that_cannot_fall_back_is_sent_once(
    endpoint: ScriptedServer, client_id: str, client_secret: str
) -> None:
    endpoint.script["/token"] = REFUSED
    with (
        session_for(endpoint, client_id=client_id, client_secret=client_secret) as session,
        pytest.raises(TokenError, match="check client_id and client_secret"),
    ):
        session.fetch_token()
    assert len(endpoint.seen) == 1


def test_basic_refused_in_both_forms_raises_the_first_refusal(endpoint: ScriptedServer) -> None:
    answers = iter([REFUSED, ScriptedResponse(400, b'{"error": "unauthorized_client"}')])
    endpoint.script["/token"] = lambda seen: next(answers)
    with (
        session_for(endpoint, client_secret="x=") as session,
        pytest.raises(TokenError, match="invalid_client"),
    ):
        session.fetch_token()
    assert len(endpoint.seen) == 2


@pytest.mark.parametrize("status", [400, 403])
def test_basic_is_not_sent_plain_for_another_error(endpoint: ScriptedServer, status: int) -> None:
    endpoint.script["/token"] = ScriptedResponse(status, b'{"error": "invalid_scope"}')
    with (
        session_for(endpoint, client_secret="x=") as session,
        pytest.raises(TokenError, match="invalid_scope"),
    ):
        session.fetch_token()
    assert len(endpoint.seen) == 1


# A refusal of credentials that were accepted before


def test_single_late_refusal_is_retried_after_a_second(
    endpoint: ScriptedServer, retry_sleeps: list[float]
) -> None:
    with session_for(endpoint) as session:
        session.fetch_token()
        answers = iter([ScriptedResponse(400), GRANTED])
        endpoint.script["/token"] = lambda seen: next(answers)
        session.fetch_token()
    assert retry_sleeps == [1.0]


def test_second_late_refusal_is_final(endpoint: ScriptedServer, retry_sleeps: list[float]) -> None:
    with session_for(endpoint) as session:
        session.fetch_token()
        endpoint.script["/token"] = REFUSED
        with pytest.raises(TokenError, match="invalid_client"):
            session.fetch_token()
    assert len(endpoint.seen) == 3
    assert retry_sleeps == [1.0]


@pytest.mark.parametrize("change", [{"scope": "other"}, {"client_secret": "other"}], ids=str)
def test_late_refusal_of_another_request_is_final(
    endpoint: ScriptedServer, retry_sleeps: list[float], change: dict[str, str]
) -> None:
    with session_for(endpoint) as session:
        session.fetch_token()
        endpoint.script["/token"] = REFUSED
        with pytest.raises(TokenError):
            session.fetch_token(**change)
    assert len(endpoint.seen) == 2
    assert retry_sleeps == []


# What excludes what

POST = {"token_endpoint_auth_method": "client_secret_post"}
PRIVATE_KEY = {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None}


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        (
            {"token_endpoint_auth_method": "none"},
            ValueError,
            r"must be one of client_secret_basic, .*, got 'none'",
        ),
        ({"client_secret": None}, ValueError, "non-empty string with client_secret_basic"),
        ({"client_secret": ""}, ValueError, "non-empty string with client_secret_basic"),
        (
            {"token_endpoint_auth_method": "tls_client_auth"},
            ValueError,
            "client_secret must be None with tls_client_auth",
        ),
        (
            {**PRIVATE_KEY, "client_secret": "x", "client_assertion": lambda: "a.b.c"},
            ValueError,
            "client_secret must be None with private_key_jwt",
        ),
        (PRIVATE_KEY, TypeError, r"must be a PrivateKeyJWT\(key, kid=...\).*got NoneType"),
        ({**PRIVATE_KEY, "client_assertion": "key.pem"}, TypeError, "got str"),
        ({**PRIVATE_KEY, "client_assertion": PrivateKeyJWT}, TypeError, "got type"),
        (
            {"client_assertion": lambda: "a.b.c"},
            ValueError,
            "client_assertion must be used with token_endpoint_auth_method='private_key_jwt'",
        ),
        (
            {
                "token_endpoint_auth_method": "client_secret_post",
                "client_secret_basic_unencoded": True,
            },
            ValueError,
            "client_secret_basic_unencoded must be used with client_secret_basic",
        ),
        ({"token_cert": 5}, TypeError, "token_cert must be the path of a PEM file, .* got int"),
    ],
)
def test_options_that_exclude_each_other_are_an_error(
    endpoint: ScriptedServer, options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        session_for(endpoint, **options)


def test_no_method_shows_the_secret_in_its_repr() -> None:
    assert SECRET not in repr(ClientSecretBasic("client", SECRET))


# Rotation on a live session


def test_new_client_id_forgets_the_remembered_refusal(
    endpoint: ScriptedServer, clock: Clock
) -> None:
    endpoint.script["/token"] = REFUSED
    with session_for(endpoint) as session:
        session._token_source.clock = clock
        with pytest.raises(TokenError):
            session.get(f"{endpoint.url}/api")
        endpoint.script["/token"] = GRANTED
        session.client_id = "another"
        assert session.get(f"{endpoint.url}/api").status_code == 200
    assert endpoint.seen[1].authorization == basic("another", SECRET)
