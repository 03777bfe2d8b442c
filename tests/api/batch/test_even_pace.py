"""A pace of a given rate: how many calls it grants in a period, and the rate as text."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session.api.batch.pacing import EvenPace, Grant, Pace, parse_rate
from support.batches import granted
from support.clock import Clock
from support.rate_limit_simulation import Server, simulate


def test_even_pace_stays_below_its_rate(clock: Clock) -> None:
    server = Server(600, 10, tells="nothing")
    seconds = simulate(
        [EvenPace(600, 10, clock)], clock, server, rows=2000, threads=16, latency=0.1
    )
    assert seconds == pytest.approx(2000 / 60, rel=0.05)
    assert server.refused <= 2


def grant_times(pace: Pace, clock: Clock, *, until: float, late: float) -> list[float]:
    """Return when calls were granted to a thread that wakes so many seconds late."""
    times = []
    while clock.now < until:
        answer = pace.ask()
        if isinstance(answer, Grant):
            times.append(clock.now)
        else:
            clock.advance(answer + late)
    return times


@pytest.mark.parametrize(
    ("number", "period"), [(1, 60), (84, 60), (600, 10), (1, 1), (2, 1), (1000, 1)]
)
@pytest.mark.parametrize("late", [0.0, 0.005, 0.05])
def test_even_pace_grants_at_most_its_number_in_any_period(
    clock: Clock, number: int, period: float, late: float
) -> None:
    pace = EvenPace(number, period, clock)
    times = grant_times(pace, clock, until=clock.now + 3 * period, late=late)
    clock.advance(period / 2)  # idle
    times += grant_times(pace, clock, until=clock.now + 2 * period, late=late)
    spans = [later - first for first, later in zip(times, times[number:], strict=False)]
    assert min(spans) >= period - 1e-6


def test_even_pace_of_one_a_minute_starts_with_one(clock: Clock) -> None:
    pace = EvenPace(1, 60, clock)
    for _ in range(2):
        granted(pace)
        assert pace.ask() == pytest.approx(60)
        clock.advance(600)


def test_even_pace_with_threads_that_wake_late_keeps_its_rate(clock: Clock) -> None:
    pace = EvenPace(600, 10, clock)
    times = grant_times(pace, clock, until=clock.now + 10, late=0.005)
    assert 0.95 * 600 <= len(times) <= 600


# A rate as text


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("84/minute", (84, 60.0)),
        ("600/10s", (600, 10.0)),
        ("600 / 10 seconds", (600, 10.0)),
        ("5/second", (5, 1.0)),
        ("1000/hour", (1000, 3600.0)),
        ("2/2d", (2, 172800.0)),
        ("3/M", (3, 60.0)),
    ],
)
def test_rate_is_calls_per_seconds(text: str, rate: tuple[int, float]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["84", "0/minute", "84/fortnight", "-1/s", "4/0s", "4/000s", "84/ms", "1/100ms", "", None, 84],
)
def test_rate_of_another_form_raises_value_error(text: Any) -> None:
    with pytest.raises(ValueError, match=r"pace must be a rate such as .84/minute."):
        parse_rate(text)
