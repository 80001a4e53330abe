"""The clocks: lengths, working days, promises that move only for a reason, and their colours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from routing.platforms import CATEGORIES, Urgency
from routing.sla import CATALOGUE, PROMISED, Clock, ClockKind, Light, Span, light, retime, start
from routing.working_hours import Holiday, WorkingHours

AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)  # Monday noon in Shanghai
MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    """An instant written in local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", Span(30)),
        ("2m", Span(120)),
        ("4h", Span(14_400)),
        ("1wd", Span(working_days=1)),
        ("24h", Span(86_400)),
        ("8wh", Span(28_800, working=True)),
    ],
)
def test_a_length_of_time_is_read(text: str, span: Span) -> None:
    assert Span.parse(text) == span


@pytest.mark.parametrize(
    "text", ["", "30", "s", "0s", "-5m", "1d", "1 h", "1h30m", "wd", "1wdd", "1.5h", "٣s", "²m", "100001wd"]
)
def test_what_is_no_length_of_time_is_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("days", "since", "until"),
    [
        (1, "2026-01-05 12:00", "2026-01-06 17:30"),  # Monday -> Tuesday
        (1, "2026-01-05 23:59", "2026-01-06 17:30"),  # late, and still of Monday
        (1, "2026-01-06 00:01", "2026-01-07 17:30"),  # Tuesday here, Monday in UTC
        (1, "2026-01-09 12:00", "2026-01-12 17:30"),  # Friday -> Monday
        (1, "2026-01-10 12:00", "2026-01-12 17:30"),  # Saturday -> Monday
        (5, "2026-01-05 12:00", "2026-01-12 17:30"),
        (1, "2026-04-30 12:00", "2026-05-06 17:30"),  # over Labour Day
    ],
)
def test_working_days_end_in_the_afternoon(days: int, since: str, until: str) -> None:
    office = WorkingHours(holidays=[Holiday(date(2026, 5, day), "") for day in (1, 4, 5)])
    assert Span(working_days=days).after(local(since), office) == local(until)


def test_every_urgency_of_the_catalogue_has_clocks() -> None:
    assert set(CATALOGUE) == {urgency.value for urgency in Urgency}
    for category in CATEGORIES.values():
        clocks = start("1", category.urgency, AT)
        assert [clock.kind for clock in clocks][:3] == [ClockKind.SIGN, ClockKind.DISPATCH, ClockKind.CALL]
        assert all(clock.due_at == clock.promised_at > clock.started_at == AT for clock in clocks)


@pytest.mark.parametrize(
    ("urgency", "promises"),
    [
        ("now", {"sign": 30, "dispatch": 60, "call": 120, "arrive": 300, "done": 86_400}),
        ("today", {"sign": 30, "dispatch": 600, "call": 3600, "arrive": 14_400, "done": 86_400}),
        ("days", {"sign": 30, "dispatch": 7200}),
    ],
)
def test_the_promises_of_the_catalogue(urgency: str, promises: dict[str, int]) -> None:
    found = {str(clock.kind): (clock.promised_at - AT).total_seconds() for clock in start("1", urgency, AT)}
    assert promises.items() <= found.items()
    assert "arrive" in found or urgency == "days"


def clock(**given: object) -> Clock:
    base: dict[str, object] = {"started_at": AT, "due_at": AT + 60 * MINUTE, "promised_at": AT + 60 * MINUTE}
    return Clock("1", ClockKind.CALL, **(base | given))  # type: ignore[arg-type]


def test_a_stopped_clock_stays_stopped() -> None:
    stopped = clock().stop(AT + MINUTE)
    assert not stopped.running
    assert stopped.stop(AT + 5 * MINUTE) is stopped
    assert stopped.pause(AT + 5 * MINUTE) is stopped
    assert stopped.resume(AT + 5 * MINUTE) is stopped


def test_a_paused_clock_goes_on_later_by_the_time_it_stood() -> None:
    paused = clock().pause(AT + 10 * MINUTE)
    assert not paused.running
    assert paused.pause(AT + 20 * MINUTE) is paused
    going = paused.resume(AT + 25 * MINUTE)
    assert going.running
    assert going.due_at == going.promised_at == AT + 75 * MINUTE
    assert going.resume(AT + 30 * MINUTE) is going


def test_stopping_a_paused_clock_ends_the_pause() -> None:
    stopped = clock().pause(AT + MINUTE).stop(AT + 2 * MINUTE)
    assert stopped.stopped_at == AT + 2 * MINUTE
    assert stopped.paused_at is None


def test_rings_come_after_half_the_time_and_then_less_and_less_often() -> None:
    now, ringing, waits = AT + 60 * MINUTE, clock(), []
    for _ in range(9):
        ringing = ringing.rang(now)
        waits.append((ringing.due_at - now) / MINUTE)
        now = ringing.due_at
    assert waits == [30, 30, 30, 60, 120, 240, 480, 960, 1440]
    assert ringing.rung == 9
    assert ringing.breached_at == AT + 60 * MINUTE
    assert ringing.promised_at == AT + 60 * MINUTE, "the promise is not moved by what came of it"


@pytest.mark.parametrize(("length", "wait"), [(30, 60), (120, 60), (300, 150), (864_000, 86_400)])
def test_a_ring_comes_after_a_minute_at_least_and_a_day_at_most(length: int, wait: int) -> None:
    until = AT + timedelta(seconds=length)
    assert clock(due_at=until, promised_at=until).rang(until).due_at == until + timedelta(seconds=wait)


def test_a_clock_that_rang_for_ten_years_still_counts() -> None:
    ringing, now = clock(), AT
    for _ in range(3650):
        ringing = ringing.rang(now)
        now = ringing.due_at
    assert ringing.due_at - now <= timedelta(days=1)


@pytest.mark.parametrize(
    ("minutes", "colour"),
    [(0, "green"), (48, "green"), (48.01, "yellow"), (60, "yellow"), (60.01, "red"), (600, "red")],
)
def test_colours(minutes: float, colour: str) -> None:
    assert light(clock(), AT + minutes * MINUTE) is Light(colour)


@pytest.mark.parametrize(("minutes", "colour"), [(50, "green"), (60, "green"), (61, "red")])
def test_a_stopped_clock_keeps_its_colour(minutes: float, colour: str) -> None:
    assert light(clock().stop(AT + minutes * MINUTE), AT + 900 * MINUTE) is Light(colour)


def test_a_paused_clock_does_not_redden() -> None:
    assert light(clock().pause(AT + 10 * MINUTE), AT + 900 * MINUTE) is Light.GREEN


def test_another_urgency_changes_what_still_runs_and_counts_from_the_first_message() -> None:
    clocks = {each.kind: each for each in start("1", "today", AT)}
    clocks[ClockKind.SIGN] = clocks[ClockKind.SIGN].stop(AT)
    clocks[ClockKind.ARRIVE] = clocks[ClockKind.ARRIVE].rang(AT)
    place = Clock("1", ClockKind.PLACE, AT, AT + MINUTE, AT + MINUTE)
    timed = {each.kind: each for each in retime((*clocks.values(), place), "now", AT + MINUTE)}
    assert timed[ClockKind.CALL].promised_at == AT + 2 * MINUTE
    assert timed[ClockKind.SIGN] == clocks[ClockKind.SIGN], "stopped: kept as it was"
    assert timed[ClockKind.ARRIVE] == clocks[ClockKind.ARRIVE], "its ladder has begun: not wound back"
    assert timed[ClockKind.PLACE] == place, "no promise of the catalogue's"


def test_what_another_urgency_does_not_promise_stops_and_what_only_it_promises_is_added() -> None:
    less = {each.kind: each for each in retime(start("1", "now", AT), "days", AT + MINUTE)}
    assert less[ClockKind.ARRIVE].stopped_at == AT + MINUTE
    more = {each.kind: each for each in retime(start("1", "days", AT), "now", AT + MINUTE)}
    assert more[ClockKind.ARRIVE].promised_at == AT + 5 * MINUTE
    assert more[ClockKind.ARRIVE].subject == "1"


def test_nothing_to_retime() -> None:
    assert retime((), "now", AT) == ()


def test_promised_clocks_are_in_the_order_of_the_catalogue() -> None:
    assert [str(kind) for kind in PROMISED] == ["sign", "dispatch", "call", "arrive", "done"]
