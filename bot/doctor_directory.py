"""What the doctor looks for in the directory: areas, people and groups that nobody would hear from. Rules only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import or_

from bot.finding import Finding, Level, counted, some
from routing.directory import Area, AreaKind, Directory, Hears, Person, Role
from routing.roster import Shift

DAY = 24 * 60
WEEK = 7 * DAY
_ALL = (1 << WEEK) - 1
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: Whom the ladder asks, and who must be written to for it.
_WRITTEN_TO = (Role.CADRE, Role.PATROL, Role.LEADER)


def directory_findings(directory: Directory, reach: Collection[str], bots: Collection[str]) -> Iterator[Finding]:
    """What is missing in the directory. `reach`: ids of those the bot can write to. `bots`: "channel:account" of
    those that run."""
    if not directory.areas:
        yield Finding(
            Level.WARNING,
            "The directory is empty: the bot knows no area, no group and nobody to send to.",
            "wuyou import DIR, with the six CSV files of your street.",
        )
        return
    yield from _people(directory, reach)
    yield from _grids(directory, reach)
    yield from _groups(directory, bots)


def on_duty(shifts: Iterable[Shift]) -> int:
    """The minutes of a week, from Monday 00:00 local, that these shifts cover: bit n is minute n."""
    minutes = 0
    for shift in shifts:
        start = (shift.weekday - 1) * DAY + shift.start.hour * 60 + shift.start.minute
        length = (shift.end.hour - shift.start.hour) * 60 + shift.end.minute - shift.start.minute
        turn = ((1 << (length if length > 0 else length + DAY)) - 1) << start
        minutes |= (turn & _ALL) | (turn >> WEEK)
    return minutes


def hours(minutes: int) -> str:
    """The minutes of a week in words: "every day 19:00-07:00", "Sat 07:00-Sun 19:00"."""
    if minutes == _ALL:
        return "all week"
    spans = list(_spans(minutes))
    clocks = Counter((start % DAY, end % DAY, end - start <= DAY) for start, end in spans)
    (start, end, short), times = clocks.most_common(1)[0]
    if times == 7 and short and len(spans) == 7:
        return f"every day {_clock(start)}-{_clock(end)}"
    return some([f"{_DAYS[start // DAY]} {_clock(start)}-{_until(start, end)}" for start, end in spans], 3)


def _spans(minutes: int) -> Iterator[tuple[int, int]]:
    """[start, end) of each run of minutes; one over Sunday midnight ends past WEEK."""
    edges = minutes ^ ((minutes << 1 | minutes >> (WEEK - 1)) & _ALL)  # Where a minute differs from the one before.
    starts: list[int] = []
    ends: list[int] = []
    while edges:
        minute = (edges & -edges).bit_length() - 1
        edges &= edges - 1
        (starts if minutes >> minute & 1 else ends).append(minute)
    for start in starts:
        yield start, next((end for end in ends if end > start), ends[0] + WEEK)


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02d}:{minute % 60:02d}"


def _until(start: int, end: int) -> str:
    same = start // DAY == end // DAY or (end % DAY == 0 and end - start <= DAY)
    return _clock(end) if same else f"{_DAYS[end % WEEK // DAY]} {_clock(end)}"


def _people(directory: Directory, reach: Collection[str]) -> Iterator[Finding]:
    asked = [person for person in directory.people.values() if person.role in _WRITTEN_TO]
    without = [_named(person) for person in asked if not person.has_chat]
    silent = [_named(person) for person in asked if person.has_chat and person.id not in reach]
    if without:
        yield Finding(
            Level.WARNING,
            f"{len(without)} of {len(asked)} cadres, patrols and leaders have no chat account: {some(without)}.",
            "Give channel and user_id in people.csv and import again; until then the ladder passes them by.",
        )
    if silent:
        yield Finding(
            Level.WARNING,
            f"{len(silent)} of {len(asked)} cadres, patrols and leaders never started the bot, which cannot write to "
            f"them: {some(silent)}.",
            "Ask each of them to open the bot in a private chat and press Start; until then the ladder passes them by.",
        )
    if not any(person.role is Role.DESK for person in directory.people.values()):
        yield Finding(
            Level.BROKEN,
            "Nobody sits at the street's desk: what is unclear, and what nobody takes, reaches no one.",
            "Give somebody the role desk in people.csv, and hours in duty.csv.",
        )


def _grids(directory: Directory, reach: Collection[str]) -> Iterator[Finding]:
    grids = [area for area in directory.areas.values() if area.kind is AreaKind.GRID]
    if not grids:
        yield Finding(
            Level.WARNING,
            "There is no grid: every matter goes to the desk.",
            "Add areas of the kind grid to areas.csv.",
        )
        return
    if empty := [area.name for area in grids if not directory.cadres_of(area.code)]:
        yield Finding(
            Level.WARNING,
            f"{len(empty)} of {len(grids)} grids have no cadre: {some(empty)}.",
            "Give somebody the role cadre and that area in people.csv.",
        )
    if unbounded := [area.name for area in grids if not area.boundary_wkt]:
        yield Finding(
            Level.WARNING,
            f"{len(unbounded)} of {len(grids)} grids have no boundary: {some(unbounded)}. A location that a resident "
            "sends does not find them, and no patrol area contains them.",
            "Give their boundary in areas.csv as WKT in WGS-84, longitude first.",
        )
    yield from _hours(directory, grids, reach)


def _hours(directory: Directory, grids: list[Area], reach: Collection[str]) -> Iterator[Finding]:
    """When a grid's ladder has nobody on duty below the desk, or nobody at all."""
    week = {person: on_duty(directory.roster.of(person)) for person in directory.people}
    nobody: list[str] = []
    desk_only: list[str] = []
    words: dict[int, str] = {}
    for grid in grids:
        field = _covered(week, (person for person in below_desk(directory, grid) if person.id in reach))
        both = field | _covered(week, directory.desk_of(grid.code))
        alone, none = both & ~field, _ALL & ~both
        for minutes, found in ((none, nobody), (alone, desk_only)):
            if minutes:
                found.append(f"{grid.name} ({words.setdefault(minutes, hours(minutes) if minutes else '')})")
    if nobody:
        yield Finding(
            Level.WARNING,
            f"{len(nobody)} of {len(grids)} grids have hours with nobody on duty, not even at the desk: "
            f"{some(nobody, 3)}. People off duty are asked then.",
            "Fill these hours in duty.csv, best at the desk.",
        )
    if desk_only:
        yield Finding(
            Level.WARNING,
            f"{len(desk_only)} of {len(grids)} grids have hours with nobody but the desk on duty: "
            f"{some(desk_only, 3)}.",
            "Give cadres or patrols these hours in duty.csv, or be sure that the desk expects it.",
        )


def below_desk(directory: Directory, grid: Area) -> Iterator[Person]:
    """Whom the ladder asks about a matter of the grid before the desk, on duty or not."""
    yield from directory.cadres_of(grid.code)
    yield from directory.patrols_of(grid.code)
    community, street = directory.community_of(grid.code), directory.street_of(grid.code)
    for area, roles in ((community, (Role.LEADER, Role.CADRE)), (street, (Role.LEADER,))):
        if area is not None:
            yield from (p for role in roles for p in directory.people_with(role, area.code) if p.area == area.code)


def _covered(week: dict[str, int], people: Iterable[Person]) -> int:
    return reduce(or_, (week[person.id] for person in people), 0)


def _groups(directory: Directory, bots: Collection[str]) -> Iterator[Finding]:
    if not directory.groups:
        yield Finding(Level.WARNING, "The directory has no group.", "Add the groups to groups.csv and import again.")
    strange = [f"{g.name} ({g.area})" for g in directory.groups if g.area not in directory.areas]
    if strange:
        yield Finding(
            Level.WARNING,
            f"{counted(len(strange), 'group')} belong to an area that is not there: {some(strange)}.",
            "Correct their area in groups.csv and import again.",
        )
    accounts = Counter(f"{group.channel}:{group.bot}" for group in directory.groups)
    for account, count in sorted(accounts.items()):
        if account not in bots:
            channel, _, bot = account.partition(":")
            yield Finding(
                Level.WARNING,
                f"{counted(count, 'group')} of {channel} with the bot {bot!r}, which the configuration does not run.",
                f"Correct the bot in groups.csv, or add it under channels.{channel}.",
            )
    if listening := sum(group.hears is Hears.LISTEN for group in directory.groups):
        yield Finding(Level.NOTE, f"The bot listens in {listening} of {len(directory.groups)} groups.")


def _named(person: Person) -> str:
    return f"{person.name} ({person.id})"
