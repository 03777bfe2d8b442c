"""``python -m pokitdok_session``: the demonstration, on the sandbox or on the real API."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import requests
from oauthlib.oauth2 import OAuth2Error

from .. import PokitDokSession, Reply, TokenError

DESCRIPTION = """\
Without a command: show what the session does, on the sandbox or on the real API.

commands, each with its own --help:
  batch METHOD ROWS --output FILE  one call per row of a file, paced and resumable
  call METHOD PATH                 one call, and its reply as JSON
  sandbox                          serve the sandbox"""

EPILOG = """\
Without POKITDOK_CLIENT_ID and POKITDOK_CLIENT_SECRET in the environment, the demonstration starts a
sandbox. Its tokens live 2 s, and two of them expire meanwhile.

With these variables it uses the real API, or the one that POKITDOK_BASE_URL names. A claim is
billed, so it sends none without --claim. Tokens live an hour there, so it renews with fetch_token()
and does not wait.

Exit status: 0 if everything worked, 1 if something did not, 2 if the sandbox is not installed or
the credentials are wrong."""

CREDENTIALS = ("POKITDOK_CLIENT_ID", "POKITDOK_CLIENT_SECRET")
PATH = "/activities/?limit=1"

#: Seconds: the lifetime of a token of the sandbox, the pause between two calls, and the most that
#: all calls take.
LIFETIME, PAUSE, LONGEST = 2.0, 0.05, 20.0

#: Tokens that expire or are replaced, and the calls with each on the real API.
EXPIRIES, CALLS = 2, 3

CLAIM = {
    "trading_partner_id": "MOCKPAYER",
    "transaction_code": "chargeable",
    "billing_provider": {"npi": "1234567893", "organization_name": "Example Clinic"},
    "subscriber": {"first_name": "Jane", "last_name": "Example", "member_id": "W000000000"},
    "claim": {
        "total_charge_amount": 60.0,
        "service_lines": [
            {
                "procedure_code": "99213",
                "charge_amount": 60.0,
                "unit_count": 1.0,
                "diagnosis_codes": ["J10.1"],
                "service_date": "2019-05-01",
            }
        ],
    },
}


class Tour:
    """Prints one line per step, and remembers the steps that did not work."""

    def __init__(self) -> None:
        self.tokens: list[dict[str, Any]] = []
        self.calls = self.failed = 0
        self.broken: list[str] = []

    def say(self, name: str, text: str, held: bool = True) -> None:
        print(f"{name:9} {text}", flush=True)
        if not held:
            self.broken.append(name)

    def show_token(self, session: PokitDokSession) -> None:
        answer = session.get(PATH)
        token = session._token_source.current
        text = "none"
        if token:
            text = f"{token.fingerprint} (a fingerprint), fetched by the first call,"
            text += f" good for {token.lifetime:g} s"
        self.say("token", text, held=token is not None and answer.ok)

    def send_claim(self, session: PokitDokSession) -> str | None:
        reply = session.claims(CLAIM)
        self.say(
            "claim",
            f"sent to MOCKPAYER: activity {reply.activity_id} is {_state(reply)}",
            held=reply.activity_id is not None,
        )
        return reply.activity_id

    def read_activity(self, session: PokitDokSession, activity_id: str) -> None:
        reply = session.activities(activity_id)
        self.say(
            "activity",
            f"{activity_id} read: {reply.data.get('name')}, {_state(reply)}",
            held=reply.data.get("id") == activity_id,
        )

    def call(self, session: PokitDokSession) -> None:
        self.calls += 1
        try:
            self.failed += not session.get(PATH).ok
        except requests.RequestException:
            self.failed += 1

    def expired(self) -> int:
        """Return how many of the tokens have expired."""
        return sum(token["expires_at"] <= time.time() for token in self.tokens)

    def end(self, text: str) -> int:
        self.say("next", text)
        if self.broken:
            print(f"failed: {', '.join(self.broken)}", file=sys.stderr)
        return 1 if self.broken else 0


def on_the_sandbox() -> int:
    try:
        from ..sandbox import Sandbox
    except ImportError as missing:
        print(missing, file=sys.stderr)
        return 2
    tour = Tour()
    with (
        Sandbox(token_lifetime=LIFETIME) as sandbox,
        sandbox.session(token_updater=tour.tokens.append) as session,
    ):
        tour.say("server", f"a sandbox at {sandbox.base_url}; its tokens live {LIFETIME:g} s")
        tour.show_token(session)
        tour.read_activity(session, tour.send_claim(session) or "")
        started = time.monotonic()
        crossed = False
        while not crossed:
            crossed = tour.expired() >= EXPIRIES or time.monotonic() - started > LONGEST
            tour.call(session)
            time.sleep(PAUSE)
        seconds, expired = time.monotonic() - started, tour.expired()
        tour.say(
            "calls",
            f"{tour.calls} in {seconds:.1f} s across {expired} expiries: {tour.failed} failed,"
            f" {sandbox.token_requests} token requests",
            # One request for the token in use, and perhaps one for the next, made early.
            held=expired >= EXPIRIES
            and not tour.failed
            and expired < sandbox.token_requests <= expired + 2,
        )
        first = {"Authorization": f"Bearer {tour.tokens[0]['access_token']}"}
        refused = session.request("GET", PATH, headers=first, withhold_token=True).status_code
        tour.say("expired", f"the first token now gets status {refused}", held=refused == 401)
    return tour.end(f"set {' and '.join(CREDENTIALS)}, and run this again on the real API")


def on_the_real_api(*, claim: bool) -> int:
    tour = Tour()
    with PokitDokSession(token_updater=tour.tokens.append) as session:
        tour.say("server", f"{session.base_url}, with the credentials of the environment")
        tour.show_token(session)
        if claim:
            tour.read_activity(session, tour.send_claim(session) or "")
        else:
            tour.say("claim", "none sent, as it is billed: --claim sends one to MOCKPAYER")
            latest = session.activities(limit=1).data
            if latest:
                tour.read_activity(session, latest[0]["id"])
            else:
                tour.say("activity", "this application has none yet")
        for renewal in range(EXPIRIES + 1):
            if renewal:
                session.fetch_token()
            for _ in range(CALLS):
                tour.call(session)
        tour.say(
            "calls",
            f"{tour.calls} across {EXPIRIES} renewals by fetch_token(), instead of waiting for"
            f" expiries: {tour.failed} failed, {len(tour.tokens)} token requests",
            held=not tour.failed and len(tour.tokens) == EXPIRIES + 1,
        )
    return tour.end("from pokitdok_session import PokitDokSession; session = PokitDokSession()")


def main(argv: Sequence[str] | None = None) -> int:
    options = arguments(argv)
    try:
        if any(os.environ.get(name) for name in CREDENTIALS):
            return on_the_real_api(claim=options.claim)
        return on_the_sandbox()
    except TokenError as error:
        print(error, file=sys.stderr)
        return 2 if error.status_code in (400, 401) else 1
    except (ValueError, OAuth2Error) as error:  # the session could not be built
        print(error, file=sys.stderr)
        return 2
    except requests.RequestException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m pokitdok_session",
        usage="%(prog)s [-h] [--claim] | batch ... | call ... | sandbox ...",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--claim", action="store_true", help="also send a claim on the real API: it is billed"
    )
    return parser.parse_args(argv)


def _state(reply: Reply) -> str:
    state = reply.data["state"]
    return str(state["name"] if isinstance(state, dict) else state)
