"""Rates against servers that count in sliding windows; whose turn it is; what a 429 speaks of."""

from __future__ import annotations

import random
from collections import Counter, deque
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.limits import HOOKS, TELEGRAM, UNLIMITED, Rate, Refusal, Window, account_until, backoff, order
from bot.messages import Lane
from tests.bot.outbox.app import NOON
from tests.thorough import many

S = timedelta(seconds=1)


def most_in(sends: list[datetime], span: timedelta) -> int:
    """The most that stand in any window of `span`, both ends included."""
    inside: deque[datetime] = deque()
    most = 0
    for at in sends:
        inside.append(at)
        while inside[0] < at - span:
            inside.popleft()
        most = max(most, len(inside))
    return most


def sends(rate: Rate, asked: list[tuple[datetime, int]]) -> list[datetime]:
    """When messages leave if each is asked for at that instant, with its cost, in this order."""
    tat: datetime | None = None
    out: list[datetime] = []
    last = NOON
    for at, cost in asked:
        at = last = rate.ready(tat, max(at, last), cost)
        tat = rate.take(tat, at, cost)
        out += [at] * cost
    return out


@pytest.mark.parametrize(
    ("count", "window", "burst"),
    [(20, 60 * S, 1), (20, 60 * S, 4), (20, 60 * S, 5), (20, 60 * S, 19), (30, S, 1), (3, S, 2), (20, 7 * S, 6)],
)
@given(data=st.data())
@settings(max_examples=many(30))
def test_no_sliding_window_ever_refuses_a_rate_made_for_it(
    count: int, window: timedelta, burst: int, data: st.DataObject
) -> None:
    rate = Rate.within(count, window, burst)
    gaps = data.draw(st.lists(st.floats(0, 2 * window.total_seconds()), min_size=1, max_size=80))
    at, asked = NOON, []
    for gap in gaps:
        at += timedelta(seconds=gap) * data.draw(st.sampled_from([0, 0, 0.1, 1]))
        asked.append((at, data.draw(st.sampled_from([1, 1, 1, min(2, burst), min(10, count)]))))
    assert most_in(sends(rate, asked), window) <= count


def test_a_burst_leaves_at_once_and_the_next_waits() -> None:
    rate = Rate(S, burst=3)
    out = sends(rate, [(NOON, 1)] * 5)
    assert [(at - NOON) / S for at in out] == [0, 0, 0, 1, 2]


def test_the_formula_of_a_groups_limit() -> None:
    group = TELEGRAM.chat("-1001")
    assert group is not None
    assert group.burst + 60 * S / group.interval <= 20
    assert group.burst + 63 * S / group.interval <= 20, "and with three seconds on the way"
    assert 60 * S / group.interval > 14, "yet it lets through 14 a minute for ever"


def test_a_private_chat_is_told_from_a_group() -> None:
    assert TELEGRAM.chat("7001") is TELEGRAM.private
    assert TELEGRAM.chat("-7001") is TELEGRAM.group
    assert TELEGRAM.chat("@news") is TELEGRAM.group


def test_paced_letters_stand_apart_and_reach_the_whole_rate() -> None:
    rate = TELEGRAM.bot
    assert rate is not None
    now, tat, out = NOON, None, []
    while len(out) < 446:
        for _ in range(rate.ahead(tat, now)):
            at = rate.paced(tat, now)
            tat = rate.take(tat, at)
            out.append(at)
        now = rate.ahead_at(tat, now, 4)
    assert most_in(out, S) <= 30
    assert (out[445] - out[0]).total_seconds() <= 446 / 29


def test_a_lease_runs_ahead_by_its_burst_and_no_further() -> None:
    rate = Rate(S, burst=8)
    assert rate.ahead(None, NOON) == 8
    tat = NOON
    for _ in range(8):
        tat = rate.take(tat, rate.paced(tat, NOON))
    assert rate.ahead(tat, NOON) == 0
    assert rate.ahead_at(tat, NOON, 4) == NOON + 4 * S
    assert rate.ahead(tat, NOON + 4 * S) == 4


def test_a_clock_set_back_blocks_nobody() -> None:
    rate = Rate(S, burst=4)
    tat = rate.take(None, NOON + timedelta(days=400))
    assert rate.ready(tat, NOON) - NOON < timedelta(minutes=1)


def test_a_burst_that_fills_the_window_is_no_rate() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Rate.within(20, 60 * S, 20)


# --- the window as the server counts


@pytest.mark.parametrize("seed", range(8))
def test_calls_that_bunch_up_on_the_way_do_not_break_the_servers_window(seed: int) -> None:
    """Even calls, a way that stalls now and then: without the guard the server counts more than 30."""
    dice = random.Random(seed)
    for guarded in (True, False):
        window, now, counted, open_, begun = Window(30, S), NOON, [], [], 0
        stalls = NOON
        while begun < 400:
            for answer, call in [each for each in sorted(open_) if each[0] <= now]:
                window.ended(call, answer)
                open_.remove((answer, call))
            if not guarded or window.free_at(now) <= now:
                window.began(begun, now)
                arrived = max(stalls, now + 0.02 * S)
                if dice.random() < 0.02:
                    stalls = arrived + dice.random() * 0.4 * S
                counted.append(arrived)
                open_.append((arrived + 0.02 * S, begun))
                begun += 1
                now += S / 29
            else:
                now += 0.002 * S
        assert (most_in(sorted(counted), S - timedelta(microseconds=1)) <= 30) == guarded


def test_while_nothing_stalls_the_window_holds_nothing_back() -> None:
    window, now = Window(30, S), NOON
    for call in range(200):
        assert window.free_at(now) == now
        window.began(call, now)
        if call >= 3:
            window.ended(call - 3, now)
        now += S / 29


def test_a_call_that_hangs_does_not_hold_its_place_for_ever() -> None:
    window = Window(2, S)
    window.began(0, NOON)
    window.ended(0, NOON + 0.1 * S)
    window.began(1, NOON + 0.2 * S)
    window.began(2, NOON + 0.3 * S)
    assert window.free_at(NOON + 2 * S) > NOON + 2 * S
    assert window.free_at(NOON + 5 * S) == NOON + 5 * S


# --- lanes


def test_two_sends_in_ten_are_kept_while_an_alert_waits() -> None:
    first = Counter(order(turn, alert=True)[0] for turn in range(100))
    assert first == {Lane.ALERT: 80, Lane.DUTY: 10, Lane.REPLY: 10}
    assert all(order(turn, alert=True)[-1] == Lane.CHATTER for turn in range(10))


def test_no_lane_but_chatter_starves_without_alerts() -> None:
    first = Counter(order(turn, alert=False)[0] for turn in range(100))
    assert first[Lane.REPLY] == first[Lane.UPDATE] == 10
    assert all(order(turn, alert=False)[-1] == Lane.CHATTER for turn in range(10))


# --- a 429


@pytest.mark.parametrize(
    ("refusals", "account"),
    [
        ([], None),
        ([("-1", 0, 30)], None),
        ([("-1", 0, 30), ("-1", 0.1, 30), ("-1", 0.2, 30)], None),  # one chat, again and again
        ([("-1", 0, 30), ("-2", 0.1, 30)], None),
        ([("-1", 0, 30), ("-2", 2, 30), ("-3", 4, 30)], None),  # one after the other
        ([("-1", 0, 30), ("-2", 0.1, 20), ("-3", 0.2, 3600)], 20.1),  # at once: the shortest wait
    ],
)
def test_what_a_429_speaks_of(refusals: list[tuple[str, float, float]], account: float | None) -> None:
    known = [Refusal(NOON + at * S, chat, NOON + (at + wait) * S) for chat, at, wait in refusals]
    now = known[-1].at if known else NOON
    assert account_until(known, now) == (None if account is None else NOON + account * S)


def test_the_wait_after_failures_doubles_up_to_a_minute() -> None:
    assert [backoff(n, 1.0) / S for n in (1, 2, 3, 4, 7, 60)] == [1, 2, 4, 8, 60, 60]
    assert backoff(4, 0.0) == 4 * S


def test_an_endpoint_is_called_ten_times_over_three_days() -> None:
    pauses = [HOOKS.pause(failures, 0.0) for failures in range(1, 11)]
    assert [pause and pause.total_seconds() for pause in pauses] == [
        5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, None
    ]  # fmt: skip
    assert HOOKS.pause(1, 1.0) == timedelta(seconds=5.5), "not all at one moment"
    assert HOOKS.pause(1, 0.0, 90.0) == timedelta(seconds=90), "as long as it asked for"
    assert UNLIMITED.pause(63, 1.0) == timedelta(seconds=60)
    assert UNLIMITED.pause(64, 1.0) is None
