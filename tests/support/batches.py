"""Rows of a night's batch, and what of them reached the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pokitdok_session.sandbox import Sandbox

ELIGIBILITY = "/eligibility/"


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
