"""Rows of a night's batch, and what of them reached the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import requests

from pokitdok_session import Outcome
from pokitdok_session.api.batch.pacing import Grant, Pace
from pokitdok_session.sandbox import Sandbox

ELIGIBILITY = "/eligibility/"

#: What the fixture ``run`` is.
Run = Callable[..., list[Outcome]]


def row_of(number: int, **changes: Any) -> dict[str, Any]:
    """Return one inquiry; its appointment is the key."""
    return {
        "trading_partner_id": "MOCKPAYER",
        "member": {"id": "W000000000", "first_name": "Jane", "birth_date": "1970-01-25"},
        "provider": {"npi": "1234567893"},
        "application_data": {"appointment": f"A{number}"},
        **changes,
    }


def rows_of(number: int) -> list[dict[str, Any]]:
    return [row_of(index) for index in range(number)]


def key_of(row: Any) -> str:
    key: str = row["application_data"]["appointment"]
    return key


def appointments(sandbox: Sandbox) -> Counter[str]:
    """Return how often each row arrived at the sandbox, processed or not."""
    return Counter(key_of(record.json()) for record in sandbox.received(ELIGIBILITY))


def processed(sandbox: Sandbox) -> Counter[str]:
    """Return how often each row was processed: a refused call leaves no finished activity."""
    app = sandbox._app
    return Counter(
        activity.application_data["appointment"]
        for activity in app.activities
        if activity.state == "completed" and isinstance(activity.application_data, dict)
    )


def records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a journal that are about a row."""
    lines = map(json.loads, path.read_text().splitlines())
    return [record for record in lines if "journal" not in record]


def actions(outcomes: Iterable[Any]) -> dict[str, str]:
    return {outcome.key: outcome.action for outcome in outcomes}


def change_records(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Write a journal again, with what ``change`` returns for each record, unless it is None."""
    changed = [change(record) for record in records(path)]
    path.write_text("".join(json.dumps(each) + "\n" for each in changed if each is not None))


def forget_outcome(path: Path, key: str) -> None:
    """Leave of a row what a kill leaves: that it was about to be sent."""
    change_records(path, lambda record: None if record.get("done") == key else record)


def make_late(path: Path) -> None:
    """Let the outcomes be noted a minute after the rows were sent."""
    change_records(
        path,
        lambda record: {**record, "at": record["at"] + 60} if "done" in record else record,
    )


def response_of(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


def granted(pace: Pace) -> Grant:
    answer = pace.ask()
    assert isinstance(answer, Grant)
    return answer


class NoWait(Pace):
    """A pace that gives leave at once, after a refusal too."""

    def ask(self) -> Grant | float:
        return Grant()
