"""Healthcare consumer ownership: how likely patients are to pay their part of a bill."""

from __future__ import annotations

from typing import Any

from ..data.money import parse_decimal
from ..server.activities import DATA, FILE, Activity
from ..server.call import Call
from ..server.routing import Family
from ..server.schema import Schema, iso_date, one_of, strings

api = Family("hco", invented="the score, and the result of a batch")

RACES = ("asian", "black", "hispanic", "other", "white")
# Two pages of the documentation spell it differently.
CHOLESTEROL = ("has_high_cholestorol", "has_high_cholesterol")
FLAGS = ("has_diabetes", "has_hypertension", *CHOLESTEROL, "smoker", "has_hsa")
NUMBERS = ("age", "activity_level", "bmi", "fico", "debt_to_income_ratio")
FACTS = ("birth_date", "gender", "race", *FLAGS, *NUMBERS)


def number(value: Any) -> str | None:
    """A number, 0 or more, written as a number or as a string."""
    parsed = parse_decimal(value)
    return "Must be a number, 0 or more." if parsed is None or parsed < 0 else None


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "Must be true or false."


def not_empty(value: Any) -> str | None:
    return None if value else "There is no consumer in it."


CONSUMER = Schema(
    required=("address", "patient_responsibility"),
    optional=(),
    objects={"address": Schema(required=("zipcode",), checks={"address_lines": strings})},
    checks={
        "patient_responsibility": number,
        "birth_date": iso_date,
        "gender": one_of("male", "female"),
        "race": one_of(*RACES),
        **dict.fromkeys(FLAGS, boolean),
        **dict.fromkeys(NUMBERS, number),
    },
)
BATCH = Schema(
    required=("data", "callback_url"),
    optional=(),
    lists={"data": CONSUMER},
    checks={"data": not_empty},
)


@api.post("/hco/consumer")
def consumer(call: Call) -> Any:
    return call.respond(score(call.validate(CONSUMER)), path=DATA)


@api.post("/hco/consumer/batch")
def batch(call: Call) -> Activity:
    """Return an activity; its result is the list of scores, in the order of the consumers."""
    consumers = call.validate(BATCH)["data"]
    call.activity.units_of_work = len(consumers)

    def rate(activity: Activity, when: float) -> None:
        activity.add_result([score(consumer) for consumer in consumers], when)

    return call.run_later(FILE, delay=call.state.options.claim_delay, outcome=rate)


def score(consumer: dict[str, Any]) -> dict[str, Any]:
    """Return a score that falls with the bill and rises with the consumer's means.

    More facts about a consumer make the interval smaller.
    """
    points = 70.0 - min(_of(consumer, "patient_responsibility") / 100, 40)
    points += (min(_of(consumer, "fico", 650), 850) - 650) / 10
    points -= min(_of(consumer, "debt_to_income_ratio"), 1) * 20
    points += 5 * (consumer.get("has_hsa") is True) - 5 * (consumer.get("smoker") is True)
    points = min(max(points, 0.0), 100.0)
    width = 20 - sum(consumer.get(fact) is not None for fact in FACTS)
    return {
        "hco_score": round(points, 1),
        "credible_interval_95_percent": [
            round(max(points - width, 0.0), 1),
            round(min(points + width, 100.0), 1),
        ],
    }


def _of(consumer: dict[str, Any], name: str, default: float = 0) -> float:
    value = consumer.get(name)
    # str() first, because float() raises for very large integers.
    return default if value is None else float(str(value))
