"""Handlers of a family: what they receive, and how their results are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pokitdok_session.sandbox import Sandbox
from pokitdok_session.sandbox.server.activities import FILE, Activity
from pokitdok_session.sandbox.server.call import Call, Page, Raw
from pokitdok_session.sandbox.server.responses import Refusal
from pokitdok_session.sandbox.server.routing import Family
from support.plain_client import Client

api = Family("notes")


@api.post("/notes/", billed=False)
def create(call: Call) -> Any:
    call.store()[call.body["id"]] = call.body
    return call.body


@api.get("/notes/", name="all notes")
def listed(call: Call) -> Page:
    return Page(list(call.store().values()))


@api.get("/notes/{id}")
def one(call: Call) -> Any:
    return {"id": call.params["id"]}


@api.get("/notes/fixed")
def fixed(call: Call) -> Any:
    return call.require_params("zip_code")


@api.delete("/notes/{id}")
def delete(call: Call) -> Raw:
    return Raw("gone", "text/csv")


@api.post("/notes/upload")
def upload(call: Call) -> Activity:
    file = call.require_file()
    for line in file.text().splitlines():
        call.add_child("line").result = line
    call.activity.parameters = {**call.body, "name": file.filename, "type": file.media_type}
    return call.run_later(FILE, delay=10, outcome=lambda activity, when: None)


@api.post("/notes/broken")
def broken(call: Call) -> Activity:
    def fail(activity: Activity, when: float) -> None:
        raise ZeroDivisionError

    return call.run_later(FILE, delay=10, outcome=fail)


@api.put("/notes/{id}")
def scoped(call: Call) -> Any:
    call.require_scope("user_schedule", "business_schedule")
    raise Refusal({"query": "locked"}, status=403)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("pokitdok_session.sandbox.sandbox.endpoints", lambda: api.endpoints)
    with Sandbox() as sandbox, Client(sandbox) as client:
        yield client.connect()


def test_handler_result_is_in_the_envelope(client: Client) -> None:
    response = client.api("POST", "/notes/", json={"id": "a"}).json()
    assert response["data"] == {"id": "a"}
    assert {"activity_id", "application_mode", "processing_time"} < set(response["meta"])


def test_endpoint_billed_overrides_family(client: Client) -> None:
    assert "credits_billed" not in client.api("POST", "/notes/", json={"id": "a"}).json()["meta"]
    assert client.api("GET", "/notes/").json()["meta"]["credits_billed"] == 1


def test_store_persists_and_page_is_cut(client: Client) -> None:
    for name in "abc":
        client.api("POST", "/notes/", json={"id": name})
    response = client.api("GET", "/notes/?limit=2&offset=1").json()
    assert [note["id"] for note in response["data"]] == ["b", "c"]
    assert "next" not in response["meta"]


def test_path_fixed_wins_over_parameter(client: Client) -> None:
    assert client.api("GET", "/notes/fixed?zip_code=29307").json()["data"] == {"zip_code": "29307"}
    assert client.api("GET", "/notes/a%2Fb%20c").json()["data"] == {"id": "a/b c"}


def test_require_params_missing_parameter_is_named(client: Client) -> None:
    response = client.api("GET", "/notes/fixed?zip_code=")
    assert response.status_code == 422
    assert list(response.json()["data"]["errors"]["validation"]) == ["zip_code"]


def test_raw_result_has_no_envelope(client: Client) -> None:
    response = client.api("DELETE", "/notes/a")
    assert response.text == "gone"
    assert response.headers["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("repeat", [1, 200_000])
def test_upload_has_file_fields_and_children(client: Client, repeat: int) -> None:
    text = "one" * repeat + "\ntwo\n" + "three" * repeat
    files = {"file": ("claims.837", text.encode(), "application/EDI-X12")}
    sent = client.api("POST", "/notes/upload", files=files, data={"trading_partner_id": "MOCK"})
    batch = sent.json()["data"]
    assert (batch["state"]["name"], batch["trading_partner_id"]) == ("stored", "MOCK")
    assert batch["parameters"] == {
        "trading_partner_id": "MOCK",
        "name": "claims.837",
        "type": "application/EDI-X12",
    }
    [app] = client.sandbox._state.apps.values()
    lines = app.activities.children(batch["id"])
    assert [line.result for line in lines] == text.splitlines()


def test_require_file_missing_file_is_named(client: Client) -> None:
    response = client.api("POST", "/notes/upload", files={"other": b"x"})
    assert response.status_code == 422
    assert list(response.json()["data"]["errors"]["validation"]) == ["file"]


def test_form_broken_is_invalid(client: Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    response = client.api("POST", "/notes/upload", data=b"no form", headers=headers)
    assert response.status_code == 422


def test_require_scope_missing_scope_is_403_in_envelope(client: Client) -> None:
    response = client.api("PUT", "/notes/a")
    assert response.status_code == 403
    assert response.json()["data"]["errors"] == {
        "scope": "'user_schedule' scope required to access this API"
    }
    client.connect(scope="business_schedule")
    assert client.api("PUT", "/notes/a").json()["data"]["errors"] == {"query": "locked"}


def test_outcome_that_raises_fails_the_activity(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    activity = client.api("POST", "/notes/broken").json()["data"]
    client.sandbox.clock.advance(10)
    # The sandbox has only the handlers above.
    [app] = client.sandbox._state.apps.values()
    [made] = app.activities
    assert (made.id, made.state) == (activity["id"], "failed")
    assert "the outcome of the activity notes failed" in caplog.text
