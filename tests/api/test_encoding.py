"""Values in a body and in a query: dates, decimals, ids, and what JSON cannot express."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import requests

from pokitdok_session import APISession
from support.http_server import ScriptedServer


def test_body_and_query_have_dates_decimals_and_uuids_as_text(
    api: APISession, other_origin: ScriptedServer
) -> None:
    zone = timezone(timedelta(hours=2))
    values: dict[str, Any] = {
        "day": date(2030, 1, 2),
        "at": datetime(2030, 1, 2, 3, 4, tzinfo=zone),
        "time": time(3, 4),
        "price": Decimal("1.10"),
        "id": UUID(int=7),
    }
    api.call("POST", "/widgets", json={"a": [values, 1.5, None, True, ("x",)]}, params=values)
    text = {
        "day": "2030-01-02",
        "at": "2030-01-02T03:04:00+02:00",
        "time": "03:04:00",
        "price": "1.10",
        "id": str(UUID(int=7)),
    }
    assert json.loads(other_origin.seen[0].body) == {"a": [text, 1.5, None, True, ["x"]]}
    sent = requests.Request("GET", "http://h", params=text).prepare().url or ""
    assert other_origin.seen[0].path.partition("?")[2] == sent.partition("?")[2]


def test_query_may_be_text_pairs_or_lists(api: APISession, other_origin: ScriptedServer) -> None:
    api.call("GET", "/widgets", params="a=b")
    api.call("GET", "/widgets", params=[("a", True), ("a", 2)])
    api.call("GET", "/widgets", params={"a": [date(2030, 1, 2), None, False]})
    queries = [seen.path.partition("?")[2] for seen in other_origin.seen]
    assert queries == ["a=b", "a=true&a=2", "a=2030-01-02&a=false"]


CYCLE: list[Any] = []
CYCLE.append(CYCLE)

BAD_BODIES: list[tuple[Any, type[Exception], str]] = [
    ({"a": {"b": [1, {2}]}}, TypeError, r"json\.a\.b\[1\] must be a JSON value, .*got set"),
    ({"a": b"secret"}, TypeError, r"json\.a must be a JSON value, .*got bytes"),
    ({"a": float("nan")}, ValueError, r"json\.a must be a finite number"),
    ({"a": {7: "secret"}}, TypeError, r"a key of json\.a must be a str, got int"),
    (CYCLE, ValueError, "json contains itself or is nested too deeply: it must be"),
]


@pytest.mark.parametrize(("value", "kind", "words"), BAD_BODIES, ids=range(5))
def test_body_that_json_cannot_express_is_named_by_its_path(
    api: APISession,
    other_origin: ScriptedServer,
    value: Any,
    kind: type[Exception],
    words: str,
) -> None:
    with pytest.raises(kind, match=words) as caught:
        api.call("POST", "/widgets", json=value)
    assert "secret" not in str(caught.value)
    assert other_origin.seen == []
