"""The table of faults: what can go wrong on the network, and what a caller then sees.

`FAULTS` says how each is brought about; `AT_THE_API` and `AT_THE_TOKEN_ENDPOINT` say what comes
of one that lasts. The soak takes its faults from here too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import (
    Forbidden,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerError,
    Unauthorized,
    ValidationError,
)
from pokitdok_session.sandbox import Sandbox
from pokitdok_session.transport.adapter import Transport
from support.paths import ACTIVITIES_PATH, TOKEN_PATH
from support.tcp_proxy import ConnectionFault, FaultyProxy

TOKEN = TOKEN_PATH
GET = ACTIVITIES_PATH
POST = "/claims/"

#: Timeouts in seconds: one that a test waits for, and one that none does.
SHORT, PATIENT = 0.3, 10.0

#: Faults that only a timeout can detect.
SILENT = ("no connection", "silence before TLS", "silence")


def timeout_for(name: str) -> tuple[float, float]:
    """Return the timeouts to connect and to read, short only where the fault is silence."""
    if name not in SILENT:
        return PATIENT, PATIENT
    return (PATIENT, SHORT) if name == "silence" else (SHORT, PATIENT)


@dataclass(frozen=True)
class Fault:
    """One fault: the keywords of the sandbox's ``fail``, or an order to the proxy.

    ``once`` is for what would only break the next connection if it lasted.
    """

    order: Mapping[str, Any] = field(default_factory=dict)
    manner: ConnectionFault | None = None
    once: bool = False


def answer(status: int, **more: Any) -> Fault:
    return Fault({"status": status, **more})


def retry_after(status: int, value: str) -> Fault:
    return answer(status, headers={"Retry-After": value})


FAULTS: dict[str, Fault] = {
    "refused": Fault(manner="refuse"),
    "no connection": Fault(manner="ignore"),
    "hung up before TLS": Fault(manner="hang up"),
    "silence before TLS": Fault(manner="say nothing"),
    "no TLS": Fault(manner="speak plainly"),
    "wrong certificate": Fault(manner="pose as another"),
    "no HTTP": Fault(manner="talk nonsense"),
    "cut off within TLS": Fault(manner="cut the answer", once=True),
    "TLS garbled": Fault(manner="garble the answer", once=True),
    "reset before the headers": Fault({"reset": True}),
    "reset after the headers": Fault({"reset": "after_headers"}),
    "half a body": Fault({"truncate": True}),
    "silence": Fault({"delay": PATIENT - 2}),
    "slow drip": Fault({"drip": 0.01, "body": {"data": {}}}),
    "400": answer(400),
    "401": answer(401),
    "402": answer(402),
    "403 rate": answer(403),
    "403 scope": answer(403, body={"meta": {}, "data": {"errors": {"scope": "required"}}}),
    "404 HTML": answer(404, body="<h1>Not Found</h1>"),
    "429": answer(429),
    "500": answer(500),
    "502": answer(502),
    "503": answer(503),
    "504": answer(504),
    "503, try in 2 s": retry_after(503, "2"),
    "503, try on a day gone by": retry_after(503, "Wed, 21 Oct 2015 07:28:00 GMT"),
    "503, try in hours": retry_after(503, "86400"),
    "503, try when you can": retry_after(503, "soon, I hope"),
    "429, try in hours": retry_after(429, "86400"),
    "redirect": answer(307, headers={"Location": "https://127.0.0.1:1/"}),
    "HTML": answer(200, body="<h1>Welcome</h1>"),
    "nothing": answer(200, body=b""),
    "bytes": answer(200, body=b"\xff\xfe\x00\x80"),
    "a list": answer(200, body=[]),
    "null": answer(200, body="null", content_type="application/json"),
    "a string": answer(200, body='"str"', content_type="application/json"),
    "a deep hole": answer(200, body="[" * 100_000, content_type="application/json"),
}

#: Orders for token responses only.
TOKEN_GARBAGE: dict[str, Fault] = {
    name: answer(200, body=body)
    for name, body in {
        "no access_token": {"token_type": "bearer", "expires_in": 3600},
        "access_token null": {"access_token": None},
        "access_token empty": {"access_token": ""},
        "access_token a number": {"access_token": 17},
        "access_token with a newline": {"access_token": "a\nb"},
        "access_token outside latin-1": {"access_token": "\N{SNOWMAN}"},
        "token_type DPoP": {"access_token": "a", "token_type": "DPoP"},
        "token_type a list": {"access_token": "a", "token_type": ["bearer"]},
        "an error with 200": {"error": "invalid_client", "access_token": "a"},
    }.items()
}


@dataclass(frozen=True)
class Outcome:
    """The status or exception that the caller sees, and the requests that the server saw."""

    sees: int | type[Exception]
    requests: int
    in_doubt: bool = False


def lost(kind: type[Exception], requests: int) -> Outcome:
    return Outcome(kind, requests)


def in_doubt(kind: type[Exception]) -> Outcome:
    return Outcome(kind, 1, in_doubt=True)


_Disconnect = requests.ConnectionError
_Tls = requests.exceptions.SSLError
_Broken = requests.exceptions.ChunkedEncodingError


def _same(outcome: Outcome) -> tuple[Outcome, Outcome, Outcome, Outcome]:
    return outcome, outcome, outcome, outcome


#: Outcomes of a lasting fault: a GET, a POST, and both with ``retries=2``.
AT_THE_API: dict[str, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    "refused": _same(lost(_Disconnect, 0)),
    "no connection": _same(lost(requests.ConnectTimeout, 0)),
    "hung up before TLS": _same(lost(_Disconnect, 0)),
    "silence before TLS": (
        lost(requests.Timeout, 0),
        lost(requests.Timeout, 0),
        lost(requests.ConnectionError, 0),
        lost(requests.Timeout, 0),
    ),
    "no TLS": _same(lost(_Tls, 0)),
    "wrong certificate": _same(lost(_Tls, 0)),
    "no HTTP": (
        lost(_Disconnect, 1),
        in_doubt(_Disconnect),
        lost(_Disconnect, 3),
        in_doubt(_Disconnect),
    ),
    "cut off within TLS": (
        Outcome(200, 2),
        in_doubt(_Disconnect),
        Outcome(200, 2),
        in_doubt(_Disconnect),
    ),
    "TLS garbled": (lost(_Tls, 1), in_doubt(_Tls), lost(_Tls, 1), in_doubt(_Tls)),
    "reset before the headers": (  # on a reused connection: a GET is sent once more
        lost(_Disconnect, 2),
        in_doubt(_Disconnect),
        lost(_Disconnect, 4),
        in_doubt(_Disconnect),
    ),
    "reset after the headers": (
        lost(_Broken, 1),
        in_doubt(_Broken),
        lost(_Broken, 1),
        in_doubt(_Broken),
    ),
    "half a body": (lost(_Broken, 1), in_doubt(_Broken), lost(_Broken, 1), in_doubt(_Broken)),
    "silence": (
        lost(requests.ReadTimeout, 1),
        in_doubt(requests.ReadTimeout),
        lost(requests.ConnectionError, 3),
        in_doubt(requests.ReadTimeout),
    ),
    "slow drip": _same(Outcome(200, 1)),
    "400": _same(Outcome(400, 1)),
    "401": _same(Outcome(401, 2)),
    "402": _same(Outcome(402, 1)),
    "403 rate": _same(Outcome(403, 1)),
    "403 scope": _same(Outcome(403, 1)),
    "404 HTML": _same(Outcome(404, 1)),
    "429": (Outcome(429, 1), Outcome(429, 1), Outcome(429, 3), Outcome(429, 3)),
    "429, try in hours": (Outcome(429, 1), Outcome(429, 1), Outcome(429, 3), Outcome(429, 3)),
    "500": _same(Outcome(500, 1)),
    "HTML": _same(Outcome(200, 1)),
    "nothing": _same(Outcome(200, 1)),
    "bytes": _same(Outcome(200, 1)),
    "a list": _same(Outcome(200, 1)),
    "null": _same(Outcome(200, 1)),
    "a string": _same(Outcome(200, 1)),
    "a deep hole": _same(Outcome(200, 1)),
    "redirect": _same(lost(_Disconnect, 1)),
} | {
    name: (Outcome(status, 1), Outcome(status, 1), Outcome(status, 3), Outcome(status, 1))
    for name, status in {
        "502": 502,
        "503": 503,
        "504": 504,
        "503, try in 2 s": 503,
        "503, try on a day gone by": 503,
        "503, try in hours": 503,
        "503, try when you can": 503,
    }.items()
}

#: What `session.call` raises or returns for a status, with JSON and with HTML.
KINDS = {
    "400": ValidationError,
    "401": Unauthorized,
    "402": PaymentRequired,
    "403 rate": RateLimited,
    "403 scope": Forbidden,
    "404 HTML": NotFound,
    "429": RateLimited,
    "500": ServerError,
    "502": ServerError,
    "503": ServerError,
    "504": ServerError,
}

#: The number of token requests, and the status that the `TokenError` names.
AT_THE_TOKEN_ENDPOINT: dict[str, tuple[int, int | None]] = {
    "refused": (0, None),
    "no connection": (0, None),
    "hung up before TLS": (0, None),
    "silence before TLS": (0, None),
    "no TLS": (0, None),
    "wrong certificate": (0, None),
    "no HTTP": (3, None),
    "reset before the headers": (3, None),
    "reset after the headers": (3, None),
    "half a body": (3, None),
    "silence": (1, None),
    "400": (1, 400),
    "401": (1, 401),
    "402": (1, 402),
    "403 rate": (1, 403),
    "403 scope": (1, 403),
    "404 HTML": (1, 404),
    "429": (3, 429),
    "429, try in hours": (1, 429),
    "500": (3, 500),
    "502": (3, 502),
    "503": (3, 503),
    "504": (3, 504),
    "503, try in 2 s": (3, 503),
    "503, try on a day gone by": (3, 503),
    "503, try in hours": (1, 503),
    "503, try when you can": (3, 503),
    "redirect": (1, 307),
    **dict.fromkeys(("HTML", "nothing", "bytes", "a list", "null", "a string"), (1, 200)),
    "a deep hole": (1, 200),
    **dict.fromkeys(TOKEN_GARBAGE, (1, 200)),
}


def claim(marker: str = "") -> dict[str, Any]:
    """Return a claim that MOCKPAYER accepts, with a marker that identifies it."""
    return {
        "trading_partner_id": "MOCKPAYER",
        "transaction_code": "chargeable",
        "application_data": {"marker": marker},
        "billing_provider": {"npi": "1234567893", "organization_name": "Thistledown Clinic"},
        "subscriber": {
            "first_name": "Zephyrine",
            "last_name": "Quillfeather",
            "member_id": "W000000000",
        },
        "claim": {
            "total_charge_amount": 60.0,
            "service_lines": [
                {
                    "procedure_code": "99213",
                    "charge_amount": 60.0,
                    "unit_count": 1.0,
                    "diagnosis_codes": ["J10.1"],
                    "service_date": "2030-01-02",
                }
            ],
        },
    }


class Wire:
    """A sandbox behind a proxy, on which each fault of the table can be injected."""

    def __init__(self, sandbox: Sandbox, relay: FaultyProxy) -> None:
        self.sandbox = sandbox
        self.relay = relay

    @classmethod
    @contextmanager
    def to(cls, sandbox: Sandbox, folder: Path) -> Iterator[Wire]:
        port = int(sandbox.base_url.rpartition(":")[2])
        with FaultyProxy(port, sandbox.ca_file, folder) as relay:
            yield cls(sandbox, relay)

    def session(self, **options: Any) -> PokitDokSession:
        """Return a session that connects through the proxy."""
        options = {"timeout": PATIENT, "token_timeout": PATIENT, **options}
        session = PokitDokSession(
            self.sandbox.client_id, self.sandbox.client_secret, base_url=self.relay.url, **options
        )
        retries = options.get("retries", 0)
        session.mount(self.relay.url + "/", Transport(retries, verify=self.relay.ca_file))
        return session

    def break_(self, path: str, fault: Fault, times: int | None = None) -> None:
        """Inject a fault into the next ``times`` requests for a path, or into connections."""
        if fault.manner is not None:
            self.relay.inject(fault.manner, 1 if fault.once else times)
        else:
            self.sandbox.fail(path, times=times, **fault.order)

    def heal(self) -> None:
        self.relay.clear_faults()
        self.sandbox.clear_faults()

    def seen(self, path: str) -> int:
        """Return the number of requests for a path that arrived at the sandbox or the proxy."""
        return len(self.sandbox.received(path)) + self.relay.requests_answered


def finish_renewals() -> None:
    for thread in threading.enumerate():
        if thread.name == "token-renewal":
            thread.join(5)
            assert not thread.is_alive(), "a renewal did not end"


def ask(session: PokitDokSession, method: str, **options: Any) -> requests.Response:
    if method == "GET":
        return session.get(GET, **options)
    return session.post(POST, json=claim(), **options)


def outcome_of(work: Callable[[], requests.Response]) -> int | Exception:
    try:
        return work().status_code
    except Exception as error:
        return error


def warm(session: PokitDokSession) -> None:
    """Fetch a token and open a connection, so that the fault meets the request."""
    session.fetch_token()
