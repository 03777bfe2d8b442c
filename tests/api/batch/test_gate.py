"""What a batch takes for a rate limit, and when it no longer does."""

from __future__ import annotations

from typing import Any

import pytest

from pokitdok_session import PokitDokSession
from pokitdok_session.api.batch.control import Control
from pokitdok_session.api.batch.gate import MAX_GUESSES, PaceGate
from pokitdok_session.api.batch.learned_pace import LearnedPace
from pokitdok_session.api.batch.pacing import Grant, Pace
from pokitdok_session.api.verdict import verdict_on
from pokitdok_session.errors import BatchStopped, Forbidden, RateLimited
from pokitdok_session.sandbox import Sandbox
from support.batches import ELIGIBILITY, appointments, key_of, response_of, rows_of
from support.clock import Clock


class WithoutWaiting(LearnedPace):
    """A pace whose clock jumps over each wait."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._time = clock

    def ask(self) -> Grant | float:
        while not isinstance(answer := super().ask(), Grant):
            self._time.advance(answer)
        return answer


def refused(status: int = 403, seconds: float | None = None) -> RateLimited:
    error = RateLimited("refused", response=response_of(status))
    if seconds is not None:
        error.retry_after, error.is_assumed = seconds, False
    return error


@pytest.fixture
def control() -> Control:
    return Control(10)


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return WithoutWaiting(clock)


@pytest.fixture
def gate(pace: Pace, control: Control) -> PaceGate:
    return PaceGate(pace, control)


def refuse(gate: PaceGate, error: RateLimited, times: int) -> None:
    for _ in range(times):
        grant = gate.enter()
        assert grant is not None
        assert gate.leave_failed(grant, error, verdict_on(error))


def test_gate_stops_after_20_refusals_that_say_nothing(
    gate: PaceGate, control: Control, clock: Clock
) -> None:
    started = clock.now
    refuse(gate, refused(), MAX_GUESSES - 1)
    assert not control.is_stopping
    assert gate.enter()
    assert 780 < clock.now - started < 790
    refuse(gate, refused(), 1)
    assert gate.enter() is None
    assert isinstance(control.cause, Forbidden)
    assert verdict_on(control.cause).action == "stop"


@pytest.mark.parametrize(
    "error",
    [refused(403, 60.0), refused(429), RateLimited("without a response")],
    ids=["named end", "429", "no response"],
)
def test_gate_waits_for_a_limit_that_is_certain(
    gate: PaceGate, control: Control, error: RateLimited
) -> None:
    refuse(gate, error, 90)
    assert not control.is_stopping


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_gate_counts_a_refusal_with_an_end_that_is_past(
    gate: PaceGate, control: Control, seconds: float
) -> None:
    refuse(gate, refused(403, seconds), MAX_GUESSES)
    assert control.is_stopping


def test_gate_counts_from_the_last_call_that_was_admitted(gate: PaceGate, control: Control) -> None:
    slow = gate.enter()
    assert slow is not None
    refuse(gate, refused(), MAX_GUESSES - 1)
    gate.leave(slow)
    refuse(gate, refused(), MAX_GUESSES - 1)
    probe = gate.enter()
    assert probe is not None
    gate.leave(probe)
    refuse(gate, refused(), MAX_GUESSES - 1)
    assert not control.is_stopping


def test_gate_counts_from_the_last_end_that_was_named(gate: PaceGate, control: Control) -> None:
    for _ in range(3):
        refuse(gate, refused(), MAX_GUESSES - 1)
        refuse(gate, refused(403, 60.0), 1)
    assert not control.is_stopping


def test_gate_counts_no_refusal_with_status_429(gate: PaceGate, control: Control) -> None:
    refuse(gate, refused(429), MAX_GUESSES)
    refuse(gate, refused(), MAX_GUESSES - 1)
    assert not control.is_stopping


def test_gate_counts_the_refusals_of_one_burst_once(control: Control, clock: Clock) -> None:
    gate = PaceGate(Pace(clock), control)
    grants = [gate.enter() for _ in range(2 * MAX_GUESSES)]
    for grant in grants:
        assert grant is not None
        gate.leave_failed(grant, refused(), verdict_on(refused()))
    assert not control.is_stopping


def test_batch_of_a_client_without_a_right_stops_with_its_cause(
    session: PokitDokSession, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.fail(ELIGIBILITY, status=403, body='{"message": "Forbidden"}', times=1000)
    outcomes: list[Any] = []
    batch = session.batch(
        session.eligibility, rows_of(5), key=key_of, threads=1, pace=WithoutWaiting(clock)
    )
    with pytest.raises(BatchStopped, match=r"by Forbidden \(the API answered 403 to 20 "):
        outcomes.extend(batch)
    assert outcomes == []
    assert sum(appointments(sandbox).values()) == MAX_GUESSES
