"""What the doctor finds in alerts: nobody to approve, nobody to ask, nowhere to try."""

from __future__ import annotations

from dataclasses import replace

from bot.doctor_alerts import alert_findings
from bot.finding import Level
from routing.directory import Directory, Group, Role
from tests import town

EVERYBODY = frozenset(town.town().people)
TRIAL = Group("telegram", "bot1", "-9", town.WILLOW, "演练群", test=True)


def found(directory: Directory, reach: frozenset[str] = EVERYBODY, url: str = "https://wuyou.example") -> list[str]:
    return [f"{each.level} {each.what}" for each in alert_findings(directory, reach, url)]


def ready() -> Directory:
    return replace(town.rows(), groups=(*town.rows().groups, TRIAL)).directory()


def test_a_town_that_is_ready_is_nothing_to_tell() -> None:
    assert found(ready()) == []
    assert found(Directory.of()) == []


def test_a_street_where_nobody_could_approve_is_named() -> None:
    rows = town.rows()
    people = tuple(replace(p, area=town.WILLOW) if p.role is Role.APPROVER else p for p in rows.people)
    (said,) = found(replace(rows, people=people, groups=(TRIAL,)).directory())
    assert said == f"{Level.WARNING} Nobody could approve an alert in 柳桥街道: it would never go out."


def test_approvers_whom_the_bot_cannot_ask_are_named() -> None:
    (said,) = found(ready(), EVERYBODY - {town.APPROVER_1})
    assert "1 of 2 approvers cannot be asked in a chat: 施伟 (shi)" in said


def test_without_a_group_for_drills_or_an_address_it_says_so() -> None:
    said = found(town.town(), url="")
    assert [each.partition(" ")[0] for each in said] == [Level.NOTE, Level.NOTE]
    assert "drills" in said[0] and "no link" in said[1]
