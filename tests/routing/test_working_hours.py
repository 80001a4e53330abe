"""Working hours: deadlines never inside closed hours, holidays that stand still, and offices of their own."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.sla import CATALOGUE, USUAL, Clock, ClockKind, Span, elsewhere, retime, start
from routing.working_hours import LOCAL, OFFICE, Holiday, Opening, WorkingHours
from tests.thorough import many
from tests.town import GRID_1, GRID_3, STREET, WILLOW, rows

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
OPENINGS = st.builds(Opening, st.just("x"), st.integers(1, 7), TIMES, TIMES)
HOURS = st.builds(
    WorkingHours,
    st.lists(OPENINGS, min_size=1, max_size=8).filter(lambda found: any(each.start < each.end for each in found)),
    st.lists(st.builds(Holiday, DAYS, st.just(""), st.booleans()), max_size=20),
)
SECONDS = st.integers(1, 60 * 3600)
property_of_hours = settings(max_examples=many(60))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@property_of_hours
@given(HOURS, INSTANTS, SECONDS)
def test_a_deadline_lies_in_open_hours_and_counting_back_gives_its_length(
    hours: WorkingHours, at: datetime, seconds: int
) -> None:
    due = hours.after(at, seconds)
    assert due > at
    assert due.tzinfo is UTC
    assert any(opens < due <= closes for opens, closes in hours.spans(due.astimezone(LOCAL).date()))
    assert hours.between(at, due) == seconds
    assert hours.between(at, due - timedelta(microseconds=1)) == seconds - 1


@property_of_hours
@given(HOURS, INSTANTS, SECONDS, st.integers(0, 10**6), st.integers(0, 10**5))
def test_later_and_longer_never_end_earlier(
    hours: WorkingHours, at: datetime, seconds: int, later: int, longer: int
) -> None:
    assert hours.after(at + timedelta(seconds=later), seconds) >= hours.after(at, seconds)
    assert hours.after(at, seconds + longer) >= hours.after(at, seconds)


@property_of_hours
@given(HOURS, INSTANTS, st.integers(1, 30))
def test_a_clock_of_working_days_ends_as_the_office_closes_on_a_later_day(
    hours: WorkingHours, at: datetime, days: int
) -> None:
    due = hours.days_after(at, days)
    day = due.astimezone(LOCAL).date()
    assert hours.spans(day)[-1][1] == due
    passed = [at.astimezone(LOCAL).date() + timedelta(days=n) for n in range(1, 1 + (day - at.date()).days + 1)]
    assert sum(bool(hours.spans(each)) for each in passed if each <= day) == days


@pytest.mark.parametrize(
    ("since", "hours", "until"),
    [
        ("2026-01-05 16:00", 1, "2026-01-05 17:00"),
        ("2026-01-05 17:00", 1, "2026-01-06 09:30"),  # over night
        ("2026-01-09 17:00", 1, "2026-01-12 09:30"),  # over the weekend
        ("2026-01-05 03:00", 8, "2026-01-05 17:00"),
        ("2026-04-30 17:00", 1, "2026-05-06 09:30"),  # over Labour Day
        ("2026-05-08 17:00", 1, "2026-05-09 09:30"),  # the Saturday is worked instead
    ],
)
def test_hours_stand_still_when_the_office_is_closed(since: str, hours: int, until: str) -> None:
    off = [Holiday(date(2026, 5, day), "劳动节") for day in (1, 2, 3, 4, 5)]
    worked = Holiday(date(2026, 5, 9), "劳动节后补班", works=True)
    office = WorkingHours(OFFICE, [*off, worked])
    assert Span.parse(f"{hours}wh").after(local(since), office) == local(until)


def test_a_day_worked_instead_has_its_own_weekdays_hours_where_there_are_some() -> None:
    saturday = Opening("", 6, time(10), time(12))
    office = WorkingHours((*OFFICE, saturday), [Holiday(date(2026, 5, 9), "", works=True)])
    assert office.spans(date(2026, 5, 9)) == ((local("2026-05-09 10:00"), local("2026-05-09 12:00")),)


def test_hours_that_overlap_count_once_and_a_midday_break_counts_not() -> None:
    office = WorkingHours([Opening("", 1, *map(time, span)) for span in ((9, 11), (10, 12), (14, 18))])
    monday = local("2026-01-05 00:00")
    assert office.between(monday, monday + timedelta(days=1)) == 7 * 3600
    assert office.between(monday + timedelta(days=1), monday) == 0


def test_an_office_that_is_never_open_is_refused() -> None:
    with pytest.raises(ValueError, match="never open"):
        WorkingHours([Opening("", 1, time(9), time(9))])


def test_an_area_has_its_own_hours_else_those_above_it_else_the_usual() -> None:
    mornings = tuple(Opening(WILLOW, day, time(8), time(10)) for day in range(1, 8))
    holiday = Holiday(date(2026, 1, 5), "")
    directory = replace(rows(), hours=mornings, holidays=(holiday,)).directory()
    assert directory.hours_of(GRID_1) is directory.hours_of(WILLOW)
    assert directory.hours_of(GRID_3) is directory.hours_of(STREET) is directory.hours_of(None)
    sunday = date(2026, 1, 4)
    assert directory.hours_of(GRID_1).spans(sunday)
    assert not directory.hours_of(GRID_3).spans(sunday)
    assert not directory.hours_of(GRID_1).spans(holiday.day)
    assert not directory.hours_of(None).spans(holiday.day)


PAUSES = st.lists(st.tuples(st.integers(0, 9 * 3600 * 10**6), st.integers(0, 90 * 3600 * 10**6)), max_size=5)


@property_of_hours
@given(HOURS, INSTANTS, SECONDS, PAUSES)
def test_a_pause_leaves_as_much_working_time_as_was_left(
    hours: WorkingHours, at: datetime, seconds: int, pauses: list[tuple[int, int]]
) -> None:
    due = hours.after(at, seconds)
    clock, now, ran = Clock("1", ClockKind.DISPATCH, at, due, due), at, timedelta()
    for running, standing in pauses:
        paused_at = now + timedelta(microseconds=running)
        if paused_at >= clock.promised_at:
            break
        ran += hours.open_for(now, paused_at)
        now = paused_at + timedelta(microseconds=standing)
        clock = clock.pause(paused_at).resume(now, hours)
        assert clock.running
        assert clock.due_at == clock.promised_at >= now
        assert clock.started_at == at
        assert ran + hours.open_for(now, clock.promised_at) == timedelta(seconds=seconds)
        assert any(a < clock.promised_at <= b for a, b in hours.spans(clock.promised_at.astimezone(LOCAL).date()))


@property_of_hours
@given(HOURS, INSTANTS, st.integers(1, 5), st.integers(0, 90 * 3600))
def test_a_pause_while_the_office_is_closed_moves_nothing(
    hours: WorkingHours, at: datetime, days: int, seconds: int
) -> None:
    due = hours.days_after(at, days)
    clock = Clock("1", ClockKind.CALL, at, due, due)
    now = min(at + timedelta(seconds=seconds), due)
    moved = clock.pause(at).resume(now, hours)
    assert hours.open_for(now, moved.promised_at) == hours.open_for(at, due)
    if not hours.open_for(at, now):
        assert moved == clock


def test_a_promise_that_was_past_when_it_was_paused_stays_where_it_is() -> None:
    clock = Clock("1", ClockKind.CALL, AT, AT + HOUR, AT + HOUR)
    assert clock.pause(AT + 2 * HOUR).resume(AT + 3 * HOUR, USUAL) == clock
    rung = clock.rang(AT + HOUR)
    going = rung.pause(AT + HOUR).resume(AT + 3 * HOUR, USUAL)
    assert (going.promised_at, going.due_at) == (clock.promised_at, rung.due_at + 2 * HOUR)


def test_what_rings_before_the_promise_never_rings_after_it() -> None:
    late = local("2026-01-05 17:00")
    clock = Clock("1", ClockKind.CALL, late, late + HOUR / 4, local("2026-01-06 09:30"))
    night = clock.pause(late).resume(local("2026-01-05 17:10"), USUAL)
    assert (night.due_at, night.promised_at) == (local("2026-01-05 17:25"), local("2026-01-06 09:40"))
    morning = clock.pause(late).resume(local("2026-01-06 08:00"), USUAL)
    assert (morning.due_at, morning.promised_at) == (local("2026-01-06 08:15"), local("2026-01-06 10:00"))
    closed = replace(clock, due_at=local("2026-01-06 09:29")).pause(local("2026-01-05 18:00"))
    assert closed.resume(local("2026-01-06 08:00"), USUAL).due_at == local("2026-01-06 09:30")


def test_of_no_time_left_it_is_the_moment_or_when_the_office_opens_next() -> None:
    assert USUAL.later(local("2026-01-05 10:00"), timedelta()) == local("2026-01-05 10:00")
    assert USUAL.later(local("2026-01-05 20:00"), timedelta()) == local("2026-01-06 09:00")


AT = datetime(2026, 1, 5, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EARLY = WorkingHours([Opening("", day, time(7), time(8)) for day in range(1, 8)])


def test_another_office_moves_the_clocks_of_working_time_alone() -> None:
    clocks = {clock.kind: clock for clock in start("1", "days", AT)}
    moved = {clock.kind: clock for clock in elsewhere(tuple(clocks.values()), "days", EARLY)}
    assert moved[ClockKind.SIGN] == clocks[ClockKind.SIGN]
    assert moved[ClockKind.DISPATCH] == clocks[ClockKind.DISPATCH]
    assert moved[ClockKind.CALL].due_at == moved[ClockKind.CALL].promised_at == local("2026-01-06 08:00")
    assert moved[ClockKind.CALL].started_at == AT


def test_what_went_off_or_stopped_is_not_moved() -> None:
    clocks = start("1", "days", AT)
    for changed in ([each.rang(AT) for each in clocks], [each.stop(AT) for each in clocks]):
        assert elsewhere(tuple(changed), "days", EARLY) == tuple(changed)


@property_of_hours
@given(HOURS, HOURS, INSTANTS, st.integers(1, 40), st.booleans(), st.integers(0, 10**6), st.integers(1, 10**6))
def test_whatever_stood_stands_as_long_at_another_office_before_and_after_the_move(
    old: WorkingHours, new: WorkingHours, at: datetime, length: int, days: bool, ran: int, stood: int
) -> None:
    """Moved while it stands or after, the clock has the same working time left there; back again, nothing changed."""
    span = Span(working_days=length) if days else Span(seconds=length * 3600, working=True)
    table = {"days": {"call": span}}
    clock = start("1", "days", at, table, old)[0]
    paused_at, now = at + timedelta(seconds=ran), at + timedelta(seconds=ran + stood)
    assume(paused_at < clock.promised_at)
    paused = clock.pause(paused_at)
    after = elsewhere((paused.resume(now, old),), "days", new, table, old)[0]
    moved = elsewhere((paused,), "days", new, table, old)[0]
    assert moved.promised_at == span.after(at, new)
    assert (moved.paused_at, moved.started_at) == (paused_at, at)
    pause = old.open_for(clock.promised_at, paused.resume(now, old).promised_at)
    assert new.open_for(span.after(at, new), after.promised_at) == pause
    back = elsewhere((after,), "days", old, table, new)[0]
    assert old.open_for(clock.promised_at, back.promised_at) == pause


def test_what_stood_for_a_question_is_not_taken_from_another_urgency() -> None:
    clocks = tuple(
        each.pause(AT + timedelta(seconds=10)).resume(AT + timedelta(seconds=70))
        if each.kind is ClockKind.DISPATCH else each
        for each in start("1", "today", AT)
    )  # fmt: skip
    timed = {each.kind: each for each in retime(clocks, "now", AT, was=("today", USUAL))}
    assert timed[ClockKind.DISPATCH].promised_at == AT + timedelta(minutes=2)
    assert timed[ClockKind.DISPATCH].due_at == AT + timedelta(minutes=2)
    assert timed[ClockKind.CALL].promised_at == AT + timedelta(minutes=2)
    blind = {each.kind: each for each in retime(clocks, "now", AT)}
    assert blind[ClockKind.DISPATCH].promised_at == AT + timedelta(minutes=1)
    days = {each.kind: each for each in retime(clocks, "days", AT, was=("today", USUAL))}
    assert days[ClockKind.CALL].promised_at == CATALOGUE["days"]["call"].after(AT)
    unknown = {each.kind: each for each in retime(clocks, "now", AT, was=("days", USUAL))}
    assert unknown[ClockKind.ARRIVE].promised_at == AT + timedelta(minutes=5), "what was not promised did not stand"


@given(INSTANTS, st.sampled_from(["now", "today"]))
def test_urgent_promises_never_wait_for_the_office(at: datetime, urgency: str) -> None:
    assert start("1", urgency, at, CATALOGUE, EARLY) == start("1", urgency, at, CATALOGUE, USUAL)
