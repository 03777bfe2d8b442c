"""The paces on a clock that stands still, and on a simulated server with a rate limit."""

from __future__ import annotations

import pytest

from pokitdok_session.api.batch.learned_pace import LearnedPace
from pokitdok_session.api.batch.pacing import (
    FIRST_BACKOFF,
    LONGEST_BACKOFF,
    PROBE_WAIT,
    Grant,
    Pace,
)
from pokitdok_session.api.quota import Quota
from support.batches import granted
from support.clock import Clock
from support.rate_limit_simulation import Server, simulate


def waits(pace: Pace) -> float:
    answer = pace.ask()
    assert not isinstance(answer, Grant)
    return answer


@pytest.fixture
def learned(clock: Clock) -> LearnedPace:
    return LearnedPace(clock)


# On a simulated server


@pytest.mark.parametrize("latency", [0.02, 0.1])
def test_learned_pace_uses_the_window_and_meets_its_wall_seldom(
    clock: Clock, latency: float
) -> None:
    server = Server(600, 10)
    seconds = simulate([LearnedPace(clock)], clock, server, rows=2000, threads=16, latency=latency)
    assert seconds <= 30 * 1.15
    assert server.refused <= 20


def test_learned_pace_takes_one_more_second_of_a_minute(clock: Clock) -> None:
    server = Server(84, 60)
    seconds = simulate([LearnedPace(clock)], clock, server, rows=400, threads=16, latency=0.1)
    assert seconds <= 240 + 4 + 2  # and the calls of the last window
    assert server.refused == 0
    assert server.windows[:-1] == [84, 84, 84, 84]


def test_learned_pace_with_calls_of_5_s_is_refused_none(clock: Clock) -> None:
    server = Server(84, 60)
    simulate([LearnedPace(clock)], clock, server, rows=400, threads=16, latency=5)
    assert server.refused == 0


def test_learned_pace_guesses_the_limit_from_refusals(clock: Clock) -> None:
    server = Server(600, 10, tells="retry-after")
    seconds = simulate([LearnedPace(clock)], clock, server, rows=2000, threads=16, latency=0.02)
    assert seconds <= 30 * 1.15
    assert server.refused <= 20


def test_learned_pace_that_is_told_nothing_finds_the_next_window(clock: Clock) -> None:
    server = Server(84, 60, tells="nothing")
    seconds = simulate([LearnedPace(clock)], clock, server, rows=400, threads=16, latency=0.1)
    assert seconds <= 300
    assert server.refused <= 60


# Rule by rule


def test_pace_grants_until_a_call_is_refused(clock: Clock) -> None:
    pace = Pace(clock)
    grants = [granted(pace) for _ in range(3)]
    pace.refuse(grants[0], 5.0)
    assert waits(pace) == 5.0
    clock.advance(5)
    assert granted(pace).is_probe


def test_pace_counts_the_refusals_of_one_burst_once(clock: Clock) -> None:
    pace = Pace(clock)
    grants = [granted(pace) for _ in range(3)]
    for grant in grants:
        pace.refuse(grant, None)
    assert waits(pace) == FIRST_BACKOFF


def test_pace_that_is_told_nothing_doubles_its_wait(clock: Clock) -> None:
    pace = Pace(clock)
    seconds = []
    for _ in range(9):
        pace.refuse(granted(pace), None)
        seconds.append(waits(pace))
        clock.advance(seconds[-1])
    assert seconds == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]
    assert seconds[-1] == LONGEST_BACKOFF
    pace.finish(granted(pace))
    pace.refuse(granted(pace), 0.0)
    assert waits(pace) == FIRST_BACKOFF


def test_pace_that_is_refused_very_often_keeps_its_longest_wait(clock: Clock) -> None:
    pace = Pace(clock)
    for _ in range(1100):
        pace.refuse(granted(pace), None)
        clock.advance(waits(pace))
    pace.refuse(granted(pace), None)
    assert waits(pace) == LONGEST_BACKOFF


def test_pace_lets_one_call_find_out_and_then_the_others(clock: Clock) -> None:
    pace = Pace(clock)
    pace.refuse(granted(pace), 5.0)
    clock.advance(5)
    probe = granted(pace)
    assert waits(pace) == PROBE_WAIT
    assert pace.finish(probe)  # wake the others
    assert not granted(pace).is_probe


def test_pace_sends_a_second_probe_if_the_first_takes_long(clock: Clock) -> None:
    pace = Pace(clock)
    pace.refuse(granted(pace), 5.0)
    clock.advance(5)
    granted(pace)
    clock.advance(PROBE_WAIT)
    assert granted(pace).is_probe


def test_pace_holds_all_calls_for_a_service_that_is_unavailable(clock: Clock) -> None:
    pace = Pace(clock)
    grant = granted(pace)
    pace.hold(30)
    assert waits(pace) == 30
    pace.hold(10)
    assert waits(pace) == 30
    assert not pace.finish(grant)
    clock.advance(30)
    assert granted(pace).is_probe


def test_learned_pace_sends_its_first_call_alone(learned: LearnedPace) -> None:
    first = granted(learned)
    assert waits(learned) == PROBE_WAIT
    assert learned.finish(first)
    assert [granted(learned) for _ in range(100)]


def test_learned_pace_stops_at_the_limit_until_the_window_ends(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.finish(granted(learned), Quota(cap=3, remaining=2, reset_in=60.0))
    second, third = granted(learned), granted(learned)
    assert waits(learned) == 60
    learned.finish(third, Quota(cap=3, remaining=0, reset_in=60.0))
    learned.finish(second, Quota(cap=3, remaining=1, reset_in=60.0))  # overtaken
    clock.advance(59)
    assert waits(learned) == 1
    clock.advance(1)
    probe = granted(learned)
    assert probe.is_probe
    learned.finish(probe, Quota(cap=3, remaining=2, reset_in=60.0))
    assert not granted(learned).is_probe


def test_learned_pace_counts_the_calls_of_others(learned: LearnedPace) -> None:
    learned.finish(granted(learned), Quota(cap=84, remaining=1, reset_in=60.0))
    granted(learned)
    assert waits(learned) == 60


def test_learned_pace_needs_no_probe_after_a_window_that_was_not_full(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.finish(granted(learned), Quota(cap=3, remaining=2, reset_in=60.0))
    clock.advance(60)
    assert not granted(learned).is_probe


def test_learned_pace_without_a_cap_uses_what_remains(learned: LearnedPace) -> None:
    learned.finish(granted(learned), Quota(remaining=2, reset_in=60.0))
    granted(learned), granted(learned)
    assert waits(learned) == 60


def test_learned_pace_without_an_end_asks_again_soon(learned: LearnedPace) -> None:
    learned.finish(granted(learned), Quota(cap=2, remaining=1))
    granted(learned)
    assert waits(learned) == PROBE_WAIT


@pytest.mark.parametrize("cap_is_told", [True, False])
def test_learned_pace_does_not_wait_for_a_call_that_hangs(
    learned: LearnedPace, clock: Clock, cap_is_told: bool
) -> None:
    told = Quota(cap=3, remaining=2) if cap_is_told else Quota()
    learned.finish(granted(learned), told)
    if not cap_is_told:
        learned._cap = 3
    hung, other = granted(learned), granted(learned)
    learned.finish(other, Quota(cap=3, remaining=1) if cap_is_told else Quota())
    started = clock.now
    while not isinstance(answer := learned.ask(), Grant):
        clock.advance(answer)
        assert clock.now - started <= 6  # and not the 60 s of its timeout
    assert clock.now - started >= 5
    assert waits(learned) == PROBE_WAIT  # one call alone
    learned.finish(hung, told)
    learned.finish(answer, told)
    assert isinstance(learned.ask(), Grant)


def test_learned_pace_ignores_the_calls_of_a_window_that_has_ended(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.finish(granted(learned), Quota(cap=3, remaining=2, reset_in=60.0))
    late = granted(learned)
    clock.advance(60)
    granted(learned)
    learned.finish(late, Quota(cap=3, remaining=0, reset_in=1.0))
    assert isinstance(learned.ask(), Grant)
    learned.refuse(late, None)  # the same
    assert isinstance(learned.ask(), Grant)


def test_learned_pace_refused_in_a_window_waits_for_its_end(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.finish(granted(learned), Quota(cap=84, remaining=83, reset_in=40.0))
    learned.refuse(granted(learned), None)
    assert waits(learned) == 40


def test_learned_pace_moves_the_end_after_a_refusal_at_it(
    learned: LearnedPace, clock: Clock
) -> None:
    for expected in (60.0, 60.4):
        probe = granted(learned)
        learned.finish(probe, Quota(cap=1, remaining=0, reset_in=60.0))
        assert waits(learned) == pytest.approx(expected)
        clock.advance(waits(learned))
        learned.refuse(granted(learned), None)  # too early
        clock.advance(waits(learned))


def test_learned_pace_finds_the_second_at_which_the_server_counts(
    learned: LearnedPace, clock: Clock
) -> None:
    # Its clock says 100 from 50000.0 on: the first response comes in the middle of that second.
    clock.advance(0.5)
    learned.finish(granted(learned), Quota(3, 2, 60.0, date=100.0))
    granted(learned), granted(learned)
    assert waits(learned) == 60
    clock.advance(0.5)
    learned.finish(Grant(), Quota(3, 0, 59.0, date=101.0))
    assert waits(learned) == 59.0


def test_learned_pace_guess_grows_while_no_call_is_refused(
    learned: LearnedPace, clock: Clock
) -> None:
    grants = [granted(learned)]
    learned.finish(grants[0])
    grants = [granted(learned) for _ in range(11)]
    for grant in grants[:9]:
        learned.finish(grant)
    learned.refuse(grants[9], 5.0)
    clock.advance(5)
    learned.finish(granted(learned))
    grants = [granted(learned) for _ in range(9)]  # 10 were admitted before the refusal
    assert waits(learned) == PROBE_WAIT
    freed = [learned.finish(grant) for grant in grants]
    assert freed[:8] == [False] * 8
    assert freed[8]
    assert isinstance(learned.ask(), Grant)


def test_learned_pace_beyond_its_guess_sends_one_call_at_a_time(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.finish(granted(learned))
    learned.refuse(granted(learned), 5.0)
    clock.advance(5)
    learned.finish(granted(learned))
    learned._cap = 1
    granted(learned)
    assert waits(learned) == PROBE_WAIT


def test_learned_pace_refused_at_once_has_nothing_to_guess_from(
    learned: LearnedPace, clock: Clock
) -> None:
    learned.refuse(granted(learned), 5.0)
    clock.advance(5)
    learned.finish(granted(learned))
    assert [granted(learned) for _ in range(100)]


def test_learned_pace_probes_a_full_window_without_a_known_end() -> None:
    clock = Clock()
    pace = LearnedPace(clock)
    full = Quota(cap=3, remaining=0)
    waits = []
    for _ in range(9):
        grant = pace.ask()
        while not isinstance(grant, Grant):
            waits.append(grant)
            clock.advance(grant)
            grant = pace.ask()
        assert not isinstance(pace.ask(), Grant)  # one alone
        pace.finish(grant, full)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    clock.advance(60.0)
    while not isinstance(grant := pace.ask(), Grant):
        clock.advance(grant)
    pace.finish(grant, Quota(cap=3, remaining=2))
    assert isinstance(pace.ask(), Grant)
