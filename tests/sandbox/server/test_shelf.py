"""Shelves: bounded in number and in size; and what the sandbox keeps on them."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session.sandbox.server import shelf as module
from pokitdok_session.sandbox.server.shelf import Shelf
from support.plain_client import Client


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ITEMS", 3)
    monkeypatch.setattr(module, "MAX_SIZE", 1000)


def filled(**items: str) -> Shelf[str]:
    shelf: Shelf[str] = Shelf()
    shelf.update(items)
    return shelf


def test_shelf_drops_the_oldest_above_its_number(small: None) -> None:
    assert list(filled(a="1", b="2", c="3", d="4")) == ["b", "c", "d"]


def test_shelf_drops_the_oldest_above_its_size(small: None) -> None:
    shelf = filled(a="x" * 500, b="y" * 400, c="z" * 400)
    assert (list(shelf), shelf.size) == (["b", "c"], 804)


def test_shelf_keeps_one_item_above_its_size(small: None) -> None:
    assert list(filled(a="1", b="y" * 5000)) == ["b"]


def test_shelf_item_set_again_is_counted_once_and_keeps_its_place(small: None) -> None:
    shelf = filled(a="x" * 500, b="y")
    shelf["a"] = "x"
    assert (list(shelf), shelf.size, list(shelf.newest_first())) == (["a", "b"], 6, ["y", "x"])


def test_shelf_deleted_item_is_not_counted(small: None) -> None:
    shelf = filled(a="x" * 500)
    del shelf["a"]
    assert (len(shelf), shelf.size) == (0, 0)
    with pytest.raises(KeyError):
        del shelf["a"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shelves of 30,000 characters, which hold about three of the requests below."""
    monkeypatch.setattr(module, "MAX_SIZE", 30_000)


PADDING = "x" * 8000


def listed(client: Client) -> int:
    return int(client.api("GET", "/activities/").json()["meta"]["result_count"])


@pytest.mark.parametrize("status", [200, 422])
def test_activities_are_bounded_in_size(client: Client, few: None, status: int) -> None:
    body = {"trading_partner_id": "MOCKPAYER", "member": {}, "application_data": {"text": PADDING}}
    for _ in range(8):
        inquiry = {**body, "provider": {"npi": "1234567893"}} if status == 200 else body
        inquiry["member"] = {"id": "W1"}
        assert client.api("POST", "/eligibility/", json=inquiry).status_code == status
    assert listed(client) <= 4


def test_activities_of_claims_are_bounded_in_size(
    client: Client, few: None, claim: dict[str, Any]
) -> None:
    for _ in range(8):
        client.api("POST", "/claims/", json={**claim, "application_data": {"text": PADDING}})
    client.sandbox.clock.advance(300)
    assert listed(client) <= 5


def test_activities_results_count_too(client: Client, few: None, claim: dict[str, Any]) -> None:
    sent = [client.api("POST", "/claims/", json=claim).json()["data"]["id"] for _ in range(8)]
    before = listed(client)
    client.sandbox.clock.advance(300)
    assert listed(client) < before
    assert client.api("GET", f"/activities/{sent[-1]}").json()["data"]["result"]


def test_stores_are_bounded_in_size(client: Client, few: None) -> None:
    for _ in range(8):
        assert client.api("POST", "/claims/drafts/", json={"draft": {"note": PADDING}}).ok
    assert len(client.api("GET", "/claims/drafts/").json()["data"]) <= 4


def test_stores_count_each_version_of_an_identity(client: Client, few: None) -> None:
    uuid = client.api("POST", "/identity/", json={"first_name": PADDING}).json()["data"]["uuid"]
    for number in range(8):
        client.api("PUT", f"/identity/{uuid}", json={"last_name": str(number)})
    client.api("POST", "/identity/", json={"first_name": "Other"})
    assert client.api("GET", f"/identity/{uuid}").json()["data"] == []
