"""What the doctor looks for in alerts: streets where nobody could approve one, approvers the bot cannot ask, drills
that no group would hear. Rules only."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.desks.permits import Right, covers, rights_of
from bot.finding import Finding, Level, some
from routing.directory import AreaKind, Directory


def alert_findings(directory: Directory, reach: Collection[str], public_url: str) -> Iterator[Finding]:
    """What alerts lack. `reach`: ids of those the bot can write to."""
    if not directory.areas:
        return
    approvers = [person for person in directory.people.values() if Right.APPROVE in rights_of(person)]
    streets = [area for area in directory.areas.values() if area.kind is AreaKind.STREET]
    without = [area.name for area in streets if not any(covers(each, area.code, directory) for each in approvers)]
    if without:
        yield Finding(
            Level.WARNING,
            f"Nobody could approve an alert in {some(without)}: it would never go out.",
            "Give somebody who answers for the street the role approver in people.csv: another person than the desk's.",
        )
    silent = [f"{each.name} ({each.id})" for each in approvers if each.id not in reach]
    if silent:
        yield Finding(
            Level.NOTE,
            f"{len(silent)} of {len(approvers)} approvers cannot be asked in a chat: {some(silent)}.",
            "Ask each of them to open the bot in a private chat; until then they see on the page alone what waits.",
        )
    if directory.groups and not any(group.test for group in directory.groups):
        yield Finding(
            Level.NOTE,
            "No group hears drills: an alert can only be tried in earnest.",
            "Write yes in the column test of groups.csv for a group of your own people.",
        )
    if not public_url:
        yield Finding(
            Level.NOTE,
            "Approvers get no link to the page, and groups that only hear no link to an alert's photo.",
            "Set web.public_url to the address at which the pages are reached from outside.",
        )
