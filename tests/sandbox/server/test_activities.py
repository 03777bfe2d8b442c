"""Activities: one per call; lists, pages, cancellation."""

from __future__ import annotations

from typing import Any

import pytest

from support.plain_client import Client

PATH = "/activities/"


def test_activities_list_shows_itself_as_init(client: Client) -> None:
    response = client.api("GET", PATH).json()
    [shown] = response["data"]
    assert shown["id"] == response["meta"]["activity_id"]
    assert shown["state"] == {"name": "init", "title": "Initializing"}
    assert "history" not in shown
    assert shown["remaining_transitions"] == ["process", "complete"]


def test_activity_of_successful_call_is_completed(client: Client) -> None:
    made = client.api("GET", "/tradingpartners/?limit=1").json()["meta"]["activity_id"]
    shown = client.api("GET", PATH + made).json()["data"]
    assert (shown["_type"], shown["name"]) == ("PlatformActivityModel", "tradingpartners")
    assert shown["parameters"] == {"limit": "1"}
    assert shown["state"]["name"] == "completed"
    assert [state["name"] for state in shown["history"]] == ["init", "processing"]
    assert "remaining_transitions" not in shown


def test_activity_of_refused_call_is_failed(client: Client) -> None:
    made = client.api("POST", "/eligibility/", json={}).json()["meta"]["activity_id"]
    assert client.api("GET", PATH + made).json()["data"]["state"]["name"] == "failed"


def test_activity_has_hex_id_and_uuid(client: Client) -> None:
    [shown] = client.api("GET", PATH).json()["data"]
    assert (len(shown["id"]), len(shown["_uuid"])) == (24, 36)
    int(shown["id"], 16)


def test_activities_newest_is_first(client: Client) -> None:
    for _ in range(3):
        client.api("GET", "/tradingpartners/")
    names = [shown["name"] for shown in client.api("GET", PATH).json()["data"]]
    assert names == ["activities", *["tradingpartners"] * 3]


def test_activities_pages_have_each_item_once(client: Client) -> None:
    for _ in range(45):
        client.api("GET", "/tradingpartners/")
    page = client.api("GET", PATH).json()
    assert page["meta"]["next"] == f"{client.sandbox.base_url}/api/v4/activities/?offset=20"
    assert "previous" not in page["meta"]
    seen = [shown["id"] for shown in page["data"]]
    while "next" in page["meta"]:
        page = client.get(page["meta"]["next"]).json()
        seen += [shown["id"] for shown in page["data"]]
    assert len(seen) == len(set(seen)) == page["meta"]["result_count"] == 46
    assert page["meta"]["previous"].endswith("/activities/?offset=20")


def test_activities_pages_of_one_item_end(client: Client) -> None:
    page = client.api("GET", PATH + "?limit=1").json()
    assert "next" not in page["meta"]


def test_activities_next_link_keeps_other_parameters(client: Client) -> None:
    meta = client.api("GET", "/tradingpartners/?x=a%26b&limit=2&offset=4").json()["meta"]
    root = f"{client.sandbox.base_url}/api/v4/tradingpartners/"
    assert meta["next"] == f"{root}?x=a%26b&limit=2&offset=6"
    assert meta["previous"] == f"{root}?x=a%26b&limit=2&offset=2"


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "limit=" + "9" * 5000])
def test_activities_limit_and_offset_invalid_are_named(client: Client, query: str) -> None:
    response = client.api("GET", f"{PATH}?{query}")
    [field] = response.json()["data"]["errors"]["validation"]
    assert (response.status_code, field) == (422, query.partition("=")[0])


def test_activity_unknown_id_is_404(client: Client) -> None:
    response = client.api("GET", PATH + "0" * 24)
    assert (response.status_code, "errors" in response.json()["data"]) == (404, True)


def test_activities_many_calls_do_not_drop_a_claim(
    client: Client, claim: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pokitdok_session.sandbox.server.shelf.MAX_ITEMS", 5)
    sent = client.api("POST", "/claims/", json=claim).json()["data"]["id"]
    first = client.api("GET", "/tradingpartners/").json()["meta"]["activity_id"]
    for _ in range(10):
        client.api("GET", "/tradingpartners/")
    assert client.api("GET", PATH + sent).status_code == 200
    assert client.api("GET", PATH + first).status_code == 404


def cancel(client: Client, activity_id: str, body: Any = None) -> Any:
    return client.api("PUT", PATH + activity_id, json=body or {"transition": "cancel"})


def test_cancel_scheduled_claim_succeeds_once(client: Client, claim: dict[str, Any]) -> None:
    sent = client.api("POST", "/claims/", json=claim).json()["data"]["id"]
    canceled = cancel(client, sent).json()["data"]
    assert canceled["state"] == {"name": "canceled", "title": "Canceled"}
    assert [state["name"] for state in canceled["history"]] == ["init", "scheduled", "canceled"]
    again = cancel(client, sent)
    assert (again.status_code, "errors" in again.json()["data"]) == (422, True)


def test_cancel_claim_stays_canceled(client: Client, claim: dict[str, Any]) -> None:
    sent = client.api("POST", "/claims/", json=claim).json()["data"]["id"]
    cancel(client, sent)
    client.sandbox.clock.advance(3000)
    client.connect()
    assert client.api("GET", PATH + sent).json()["data"]["state"]["name"] == "canceled"


def test_cancel_sent_claim_is_refused(client: Client, claim: dict[str, Any]) -> None:
    sent = client.api("POST", "/claims/", json=claim).json()["data"]["id"]
    client.sandbox.clock.advance(300)
    assert cancel(client, sent).status_code == 422
    assert client.api("GET", PATH + sent).json()["data"]["state"]["name"] == "completed"


@pytest.mark.parametrize("body", [{"transition": "complete"}, {"x": 1}, [], "cancel", 3])
def test_transition_other_than_cancel_is_refused(
    client: Client, claim: dict[str, Any], body: Any
) -> None:
    sent = client.api("POST", "/claims/", json=claim).json()["data"]["id"]
    response = client.api("PUT", PATH + sent, json=body)
    assert (response.status_code, "validation" in response.json()["data"]["errors"]) == (422, True)
