"""Which groups hear an alert and when: ring by ring, drills apart, and nothing but the urgent at night."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing.alert import Alert, AlertStep, Colour, Content, Kind, State, Verb
from routing.areas import AreaKind
from routing.directory import Group
from routing.rings import Pace, audible, first, following, next_due, reached, rings
from tests.town import APPROVER_1, AUTHOR, BRIDGE, DISTRICT, GRID_1, GRID_4, NIGHT, NOON, STREET, WILLOW, rows, town

PACE = Pace()


def live(kind: Kind = Kind.MISSING, area: str = GRID_1, ring: str = "grid", at: datetime = NOON) -> Alert:
    alert = Alert("a11111111", kind, State.DRAFT, area, AUTHOR, at, Content(headline="x"))
    waiting = alert.after(AlertStep(alert.id, Verb.SUBMIT, at, AUTHOR))
    return waiting.after(AlertStep(alert.id, Verb.APPROVE, at, APPROVER_1, to=ring, confirmed=True, reference="7"))


def chats(groups: tuple[Group, ...]) -> set[str]:
    return {group.chat_id for group in groups if group.channel == "telegram"}


def test_each_ring_adds_its_own_groups() -> None:
    assert [(ring.kind, ring.area, chats(ring.groups)) for ring in rings(town(), GRID_1)] == [
        (AreaKind.GRID, GRID_1, {"-1003"}),
        (AreaKind.COMMUNITY, WILLOW, {"-1001"}),
        (AreaKind.STREET, STREET, {"-1002"}),
    ]


def test_a_ring_without_groups_is_passed_over() -> None:
    assert [ring.kind for ring in rings(town(), GRID_4)] == [AreaKind.COMMUNITY, AreaKind.STREET]
    assert (found := first(live(area=GRID_4), town())) is not None
    assert found.area == BRIDGE


def test_a_district_ring_holds_the_other_streets() -> None:
    from routing.directory import Area

    town_rows = rows()
    other = Area("s2", DISTRICT, AreaKind.STREET, "东山街道")
    wider = replace(
        town_rows,
        areas=(*town_rows.areas, other),
        groups=(*town_rows.groups, Group("telegram", "bot1", "-2001", "s2", "东山街道平安群")),
    ).directory()
    assert chats(rings(wider, GRID_1)[-1].groups) == {"-2001"}


def test_all_rings_together_hold_each_group_once() -> None:
    found = [group for ring in rings(town(), GRID_1) for group in ring.groups]
    assert sorted(map(repr, found)) == sorted(map(repr, town().groups))


def test_a_drill_is_heard_by_test_groups_alone_and_an_alert_by_all_others() -> None:
    trial = Group("telegram", "bot1", "-9", WILLOW, "演练群", test=True)
    town_rows = rows()
    directory = replace(town_rows, groups=(*town_rows.groups, trial)).directory()
    assert [ring.groups for ring in rings(directory, GRID_1, exercise=True)] == [(trial,)]
    assert all(trial not in ring.groups for ring in rings(directory, GRID_1))
    assert rings(town(), GRID_1, exercise=True) == ()


def test_rings_widen_with_the_time_since_the_approval() -> None:
    alert = live()
    assert next_due(alert, town(), PACE) == NOON + timedelta(minutes=10)
    wider = alert.after(AlertStep(alert.id, Verb.WIDEN, NOON + timedelta(minutes=25), "clock", to="community"))
    assert [ring.kind for ring in reached(wider, town())] == [AreaKind.GRID, AreaKind.COMMUNITY]
    assert next_due(wider, town(), PACE) == NOON + timedelta(minutes=30)
    widest = wider.after(AlertStep(alert.id, Verb.WIDEN, NOON, "clock", to="street"))
    assert following(widest, town()) is None
    assert next_due(widest, town(), PACE) is None


def test_what_stands_still_does_not_widen() -> None:
    alert = live()
    assert next_due(alert.after(AlertStep(alert.id, Verb.PAUSE, NOON, AUTHOR)), town(), PACE) is None


def test_a_storm_warning_goes_to_its_whole_area_and_no_further_by_itself() -> None:
    storm = live(Kind.STORM, WILLOW, "community")
    assert (found := first(storm, town())) is not None
    assert chats(found.groups) == {"-1001", "-1003"}
    assert next_due(storm, town(), PACE) is None


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (NIGHT, datetime(2026, 1, 5, 23, 0, tzinfo=UTC)),  # 23:00 local: at 7 the next morning
        (datetime(2026, 1, 5, 22, 59, tzinfo=UTC), datetime(2026, 1, 5, 23, 0, tzinfo=UTC)),  # 6:59 local
        (datetime(2026, 1, 5, 23, 0, tzinfo=UTC), datetime(2026, 1, 5, 23, 0, tzinfo=UTC)),
        (NOON, NOON),
    ],
)
def test_a_notice_at_night_waits_for_the_morning(at: datetime, until: datetime) -> None:
    assert audible(live(Kind.NOTICE, at=at, ring=""), at, PACE) == until
    assert next_due(live(Kind.NOTICE, at=at, ring=""), town(), PACE) == until


def test_who_is_missing_and_the_highest_warning_are_heard_at_night() -> None:
    assert audible(live(at=NIGHT), NIGHT, PACE) == NIGHT
    storm = live(Kind.STORM, at=NIGHT)
    red, orange = (replace(storm, content=Content(colour=colour)) for colour in (Colour.RED, Colour.ORANGE))
    assert audible(red, NIGHT, PACE) == NIGHT
    assert audible(orange, NIGHT, PACE) > NIGHT
