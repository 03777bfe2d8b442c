"""Healthcare consumer ownership: scores with intervals, single or in a batch."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.errors import ValidationError
from pokitdok_session.sandbox import Sandbox


@pytest.fixture
def consumer() -> dict[str, Any]:
    return {
        "address": {"address_lines": ["1 Example Way"], "city": "Charleston", "zipcode": "29401"},
        "patient_responsibility": 120.5,
    }


def test_score_is_within_its_interval(session: PokitDokSession, consumer: dict[str, Any]) -> None:
    scored = session.hco_consumer(consumer).data
    assert set(scored) == {"hco_score", "credible_interval_95_percent"}
    low, high = scored["credible_interval_95_percent"]
    assert 0 <= low < scored["hco_score"] < high <= 100


def test_score_falls_with_the_bill(session: PokitDokSession, consumer: dict[str, Any]) -> None:
    small = session.hco_consumer(consumer).data["hco_score"]
    large = session.hco_consumer({**consumer, "patient_responsibility": "2500.00"}).data
    assert large["hco_score"] < small


def test_score_accepts_very_large_numbers(
    session: PokitDokSession, consumer: dict[str, Any]
) -> None:
    assert session.hco_consumer({**consumer, "fico": 10**400}).data["hco_score"] > 0


def test_score_accepts_every_documented_fact(
    session: PokitDokSession, consumer: dict[str, Any]
) -> None:
    few = session.hco_consumer(consumer).data["credible_interval_95_percent"]
    consumer |= {
        "birth_date": "1970-01-25",
        "age": 60,
        "gender": "female",
        "race": "other",
        "has_diabetes": False,
        "has_hypertension": False,
        "has_high_cholestorol": False,
        "has_high_cholesterol": False,
        "smoker": False,
        "has_hsa": True,
        "activity_level": 3,
        "bmi": 22.5,
        "fico": 720,
        "debt_to_income_ratio": "0.2",
    }
    many = session.hco_consumer(consumer).data["credible_interval_95_percent"]
    assert many[1] - many[0] < few[1] - few[0]


def test_score_can_be_asynchronous(
    sandbox: Sandbox, session: PokitDokSession, consumer: dict[str, Any]
) -> None:
    score = session.hco_consumer(consumer).data
    activity = session.hco_consumer({**consumer, "async": True}).data
    assert (activity["name"], activity["state"]["name"]) == ("hco", "processing")
    sandbox.clock.advance(60)
    assert session.activities(activity["id"]).data["result"] == score


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": None}, "address"),
        ({"address": {"city": "Charleston"}}, "address.zipcode"),
        ({"patient_responsibility": None}, "patient_responsibility"),
        ({"patient_responsibility": "much"}, "patient_responsibility"),
        ({"patient_responsibility": -1}, "patient_responsibility"),
        ({"patient_responsibility": True}, "patient_responsibility"),
        ({"gender": "unknown"}, "gender"),
        ({"race": "Other"}, "race"),
        ({"smoker": "no"}, "smoker"),
        ({"fico": "good"}, "fico"),
        ({"shoe_size": 7}, "shoe_size"),
    ],
)
def test_score_invalid_field_is_named(
    session: PokitDokSession, consumer: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        session.hco_consumer({**consumer, **change})
    assert list(caught.value.errors) == [field]


def test_batch_has_scores_in_order_and_calls_back(
    sandbox: Sandbox, session: PokitDokSession, consumer: dict[str, Any]
) -> None:
    consumers = [{**consumer, "patient_responsibility": bill} for bill in (10, 1000, 3000)]
    # No server listens there, so the activity has a callback_error.
    url = "https://127.0.0.1:1/done"
    activity = session.hco_consumer_batch(consumers, url).data
    assert (activity["state"]["name"], activity["units_of_work"]) == ("stored", 3)
    assert activity["callback_url"] == url
    sandbox.clock.advance(300)
    assert sandbox.wait_for_callbacks()
    done = session.activities(activity["id"]).data
    assert done["state"]["name"] == "completed"
    assert done["result"] == [session.hco_consumer(one).data for one in consumers]
    assert done["callback_error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"data": []}, "data"),
        ({"data": None}, "data"),
        ({"data": {"patient_responsibility": 1}}, "data[0]"),
        ({"callback_url": None}, "callback_url"),
        ({"callback_url": "http://example.com/done"}, "callback_url"),
        ({"name": "batch"}, "name"),
    ],
)
def test_batch_invalid_is_refused(
    session: PokitDokSession, consumer: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    body = {"data": [consumer], "callback_url": "https://example.com/done", **change}
    response = session.post("/hco/consumer/batch", json=body)
    assert response.status_code == 422
    assert list(response.json()["data"]["errors"]["validation"]) == [field.partition("[")[0]]


def test_batch_invalid_consumer_is_named(
    session: PokitDokSession, consumer: dict[str, Any]
) -> None:
    bad = {**consumer, "address": {"city": "Charleston"}}
    with pytest.raises(ValidationError) as caught:
        session.hco_consumer_batch([consumer, bad], "https://example.com/done")
    assert list(caught.value.errors) == ["data[1].address.zipcode"]
