"""Reading what a decision needs: whose talk it is, and the scene around one message, click or tick."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal, literal_column, select

from bot.messages import Address, Inbound
from bot.outcome import LATELY, Joined, Link, Near, Resident, Thread
from bot.store import alert_rows, links, photo_rows
from bot.store.columns import Flag
from bot.store.near import Around, Likeness, Opened, near, not_compared, pictured
from bot.store.private import DataKey, Keys
from bot.store.ready import Ready, among, codes
from bot.store.rows import (
    CASES,
    CLOCK_COLUMNS,
    REACH_COLUMNS,
    RESIDENT_COLUMNS,
    STEP_COLUMNS,
    THREAD_COLUMNS,
    case_of,
    chat_index,
    clock_of,
    key_of,
    reach_of,
    resident_of,
    step_of,
    thread_of,
    user_index,
)
from bot.store.tables import CASE, CLOCKS, IS_OPEN, PERSON_KEY, REACH, RESIDENT, STEP, THREAD
from routing.alert import Alert, AlertStep
from routing.case import Case, State, Step
from routing.dispatch import Hands
from routing.sla import Clock

MINE = 8  #: Cases of one resident that a desk sees.

_PEOPLE = RESIDENT.join(PERSON_KEY, RESIDENT.c.id == PERSON_KEY.c.id)
_BY_USER = and_(RESIDENT.c.channel == bindparam("channel"), RESIDENT.c.user_ix == bindparam("user_ix"))
_TALK = Ready(
    select(*RESIDENT_COLUMNS, *THREAD_COLUMNS)
    .select_from(
        _PEOPLE.outerjoin(
            THREAD,
            and_(
                THREAD.c.resident == RESIDENT.c.id,
                THREAD.c.bot == bindparam("bot"),
                THREAD.c.chat_ix == bindparam("chat_ix"),
            ),
        )
    )
    .where(_BY_USER)
)
_TALK_BY_ID = Ready(
    select(*RESIDENT_COLUMNS, *THREAD_COLUMNS, RESIDENT.c.user_ix)
    .select_from(THREAD.join(_PEOPLE, THREAD.c.resident == RESIDENT.c.id))
    .where(THREAD.c.id == bindparam("its"))
)
_REACH = Ready(
    select(*REACH_COLUMNS)
    .where(REACH.c.channel == bindparam("channel"), REACH.c.user_ix == bindparam("user_ix"))
    .order_by(REACH.c.bot != bindparam("bot"), REACH.c.since.desc())
    .limit(1)
)
_CASE = Ready(CASES.where(CASE.c.number == bindparam("number")))
_MINE = Ready(
    CASES.where(CASE.c.reporter == bindparam("resident"))
    .order_by(CASE.c.opened_at.desc(), CASE.c.number)
    .limit(bindparam("most"))
)
_JOINED = Ready(
    CASES.where(CASE.c.joined_to == bindparam("number"), CASE.c.joined_to != literal_column("''")).order_by(
        CASE.c.opened_at, CASE.c.number
    )
)
_STEPS = Ready(select(*STEP_COLUMNS).where(STEP.c.case == bindparam("number")).order_by(STEP.c.id))
_CLOCKS = Ready(select(*CLOCK_COLUMNS).where(CLOCKS.c.subject == bindparam("subject")).order_by(CLOCKS.c.promised_at))
_DUE = Ready(
    select(*CLOCK_COLUMNS)
    .where(CLOCKS.c.stopped_at.is_(None), CLOCKS.c.paused_at.is_(None))
    .where(CLOCKS.c.due_at <= bindparam("now", type_=CLOCKS.c.due_at.type))
    .order_by(CLOCKS.c.due_at)
    .limit(bindparam("most"))
)
_GROUPS_OF = Ready(
    select(THREAD.c.channel, THREAD.c.bot, THREAD.c.chat)
    .where(THREAD.c.resident == bindparam("resident"), THREAD.c.chat.is_not(None))
    .limit(bindparam("most"))
)
_GRIDS_OF = Ready(
    select(CASE.c.grid)
    .where(CASE.c.reporter == bindparam("resident"), CASE.c.grid != "")
    .order_by(CASE.c.opened_at.desc())
    .limit(bindparam("most"))
)
_BUSY = CASE.c.state != literal_column(f"'{State.DONE}'")
_OUT = (State.ARRIVED, State.DONE)  #: Who is on the spot of a case, or done with it, was there.
#: Counted by the database, from an index alone: a holder may have hundreds of cases, the load is three numbers.
_HANDS = Ready(
    select(
        CASE.c.holder,
        func.count().filter(_BUSY),
        func.count().filter(_BUSY, CASE.c.urgency == literal_column("'now'")),
        func.count().filter(CASE.c.state.in_([literal_column(f"'{state}'") for state in _OUT])),
    )
    .where(among(CASE.c.holder), IS_OPEN)
    .group_by(CASE.c.holder)
)
#: Neither narrowed by state nor in order of time: for either, SQLite would read all open cases of the house.
_SEEN_AT = Ready(
    select(CASE.c.holder, CASE.c.state, CASE.c.grid, CASE.c.opened_at, CASE.c.number)
    .where(among(CASE.c.holder), IS_OPEN)
    .order_by(CASE.c.holder)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read for a scene."""

    now: datetime
    thread: Thread | None = None
    number: str = ""  #: The case in question.
    token: str = field(default="", repr=False)  #: Of a link.
    area: str = ""  #: Where the matter is; empty: where the case is, else `or_area`.
    or_area: str = ""
    likeness: Likeness | None = None  #: None: near cases are not read.
    category: str = ""  #: Of the matter, as it was heard; empty: the case's.
    location: tuple[float, float] | None = field(default=None, repr=False)
    other: str = ""  #: Another case's number, which a button names.
    pictures: tuple[str, ...] = ()  #: Keys of pictures that came now.


@dataclass(slots=True)
class Found:
    """What was read."""

    case: Case | None = None
    clocks: tuple[Clock, ...] = ()
    steps: tuple[Step, ...] = ()
    reporter: Thread | None = None
    mine: tuple[Case, ...] = ()
    near: tuple[Near, ...] = ()
    hands: Mapping[str, Hands] = field(default_factory=dict)
    link: Link | None = None
    seen: tuple[Near, ...] = ()
    joined: tuple[Joined, ...] = ()
    others: Mapping[str, Case] = field(default_factory=dict)
    alert: Alert | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)
    sightings: tuple[AlertStep, ...] = ()


def talk(connection: Connection, keys: Keys, house: DataKey, inbound: Inbound) -> tuple[Resident | None, Thread | None]:
    """Returns the resident who wrote and their talk in that chat, as far as either is known."""
    at, user_id = inbound.at, writer(inbound)
    user_ix = user_index(keys, at.channel, user_id)
    found = {"channel": at.channel, "user_ix": user_ix, "bot": at.bot, "chat_ix": chat_index(keys, at)}
    row = _TALK.first(connection, found)
    if row is None:
        return None, None
    private = _reach(connection, house, at.channel, user_ix, at.bot)
    return _resident_and_thread(row, keys, private)


def writer(inbound: Inbound) -> str:
    """The user id, or for what no person sent (a channel's post) one that stands for the chat."""
    return inbound.sender.user_id if inbound.sender else f"chat {inbound.at.chat}"


def thread_by_id(connection: Connection, keys: Keys, house: DataKey, thread: str) -> Thread | None:
    row = _TALK_BY_ID.first(connection, {"its": thread})
    if row is None:
        return None
    private = _reach(connection, house, row[1], row[-1], row[len(RESIDENT_COLUMNS) + 2])
    return _resident_and_thread(row[:-1], keys, private)[1]


def scene(
    connection: Connection,
    keys: Keys,
    house: DataKey,
    opened: Opened,
    wanted: Wanted,
    areas: Callable[[str], Sequence[str]],
    holders: Callable[[str], Sequence[str]],
) -> Found:
    """Reads all that was asked for, in the snapshot of one connection. `areas` are those in which the same matter may
    stand, `holders` those whose hands count, for a matter of an area."""
    found, thread, number = Found(), wanted.thread, wanted.number
    if wanted.token:
        found.link = links.read(connection, keys, wanted.token, wanted.now, thread.resident.id if thread else "")
        if found.link and found.link.purpose == "case" and not number:
            number = found.link.subject
    if alert_rows.is_alert(number):
        _alert(connection, keys, number, found)
        if found.alert and thread:
            found.sightings = alert_rows.sightings(connection, keys, number, wanted.now - LATELY)
    elif number:
        found.case = case(connection, keys, number)
    if found.case:
        found.clocks = clocks(connection, found.case.number)
        found.steps = steps(connection, keys, found.case)
        same = thread is not None and found.case.thread == thread.id
        found.reporter = thread if same else thread_by_id(connection, keys, house, found.case.thread)
        found.joined = joined(connection, keys, house, found.case.number)
    if thread and thread.resident.version:
        rows = _MINE.rows(connection, {"resident": thread.resident.id, "most": MINE})
        found.mine = tuple(case_of(row, keys) for row in rows)
    found.others = _others(connection, keys, wanted, found)
    around = Around(
        wanted.now, wanted.likeness or not_compared, wanted.location, wanted.pictures, found.case, wanted.category
    )
    area = wanted.area or (found.case.grid if found.case else "") or wanted.or_area
    if area and wanted.likeness:
        found.near = near(connection, opened, areas(area), around)
    if wanted.pictures:
        found.near, found.seen = pictured(connection, keys, found.near, around)
    if area and (asked := holders(area)):
        found.hands = hands(connection, asked)
    return found


def _alert(connection: Connection, keys: Keys, number: str, found: Found) -> None:
    """The alert, its clocks, and what became of its photos."""
    found.alert = alert_rows.alert(connection, keys, number)
    if found.alert:
        found.clocks = clocks(connection, number)
        correction = found.alert.correction
        contents = (found.alert.content, *((correction.content,) if correction else ()))
        found.pictures = photo_rows.states(connection, [each.photo for each in contents if each.photo])


def told(connection: Connection, keys: Keys, start: datetime, end: datetime) -> list[tuple[str, str, bool, str]]:
    """Returns (number, words, whether it is private, grid) of the cases of that time; of private ones without the
    words."""
    when = (CASE.c.opened_at >= start, CASE.c.opened_at < end)
    rows = connection.execute(CASES.where(*when, CASE.c.private == literal(False, Flag())).order_by(CASE.c.opened_at))
    found = [(case.number, case.words, False, case.grid) for case in (case_of(row, keys) for row in rows)]
    hidden = connection.execute(
        select(CASE.c.number, CASE.c.grid).where(*when, CASE.c.private == literal(True, Flag()))
    )
    return [*found, *((number, "", True, grid) for number, grid in hidden)]


def whereabouts(connection: Connection, resident: str) -> tuple[list[tuple[str, str, str]], set[str]]:
    """Returns the groups (channel, bot, chat) in which this resident spoke, and the areas of their newest cases."""
    chats = [(row[0], row[1], row[2]) for row in _GROUPS_OF.rows(connection, {"resident": resident, "most": MINE})]
    return chats, {row[0] for row in _GRIDS_OF.rows(connection, {"resident": resident, "most": MINE})}


def case(connection: Connection, keys: Keys, number: str) -> Case | None:
    row = _CASE.first(connection, {"number": number})
    return case_of(row, keys) if row else None


def clocks(connection: Connection, subject: str) -> tuple[Clock, ...]:
    """The clocks of a case, the earliest promise first."""
    return tuple(clock_of(row) for row in _CLOCKS.rows(connection, {"subject": subject}))


def joined(connection: Connection, keys: Keys, house: DataKey, number: str) -> tuple[Joined, ...]:
    """The reports joined to a case, the oldest first, each with the talk it came from."""
    cases = [case_of(row, keys) for row in _JOINED.rows(connection, {"number": number})]
    return tuple(Joined(each, thread_by_id(connection, keys, house, each.thread)) for each in cases)


def steps(connection: Connection, keys: Keys, case: Case) -> tuple[Step, ...]:
    key = key_of(connection, keys, case.reporter)
    return tuple(step_of(row, key) for row in _STEPS.rows(connection, {"number": case.number}))


def due(connection: Connection, now: datetime, limit: int) -> list[Clock]:
    """The running clocks that have gone off, the longest overdue first."""
    return [clock_of(row) for row in _DUE.rows(connection, {"now": now, "most": limit})]


def hands(connection: Connection, holders: Iterable[str]) -> dict[str, Hands]:
    """Person id -> what they have in hand, and where they were last seen to be; who holds nothing is missing."""
    found = [row for codes in codes(holders) for row in _HANDS.rows(connection, codes)]
    went = codes(holder for holder, _, _, out in found if out)
    seen = [row for codes in went for row in _SEEN_AT.rows(connection, codes)]
    seen.sort(key=lambda row: (row[3], row[4]))
    last = {holder: grid for holder, state, grid, _, _ in seen if grid and state in _OUT}
    return {holder: Hands(cases, urgent, last.get(holder, "")) for holder, cases, urgent, _ in found}


def _others(connection: Connection, keys: Keys, wanted: Wanted, found: Found) -> dict[str, Case]:
    this = found.case
    numbers = [wanted.other, *((this.joined_to, this.resembles) if this else ()), *(c.joined_to for c in found.mine)]
    others: dict[str, Case] = {}
    while numbers := [number for number in dict.fromkeys(numbers) if number and number not in others]:
        cases = [each for number in numbers if (each := case(connection, keys, number))]
        others |= {each.number: each for each in cases}
        numbers = [each.joined_to for each in cases]  # What it resembled was joined to another meanwhile.
    return others


def _reach(connection: Connection, house: DataKey, channel: str, user_ix: bytes | None, bot: str) -> Address | None:
    """Where this user can be written to alone, by that bot if it can."""
    if user_ix is None:
        return None
    row = _REACH.first(connection, {"channel": channel, "user_ix": user_ix, "bot": bot})
    return reach_of(row, house) if row else None


def _resident_and_thread(row: Any, keys: Keys, private: Address | None) -> tuple[Resident, Thread | None]:
    cut = len(RESIDENT_COLUMNS)
    resident = resident_of(row[:cut], keys, private)
    key = keys.unwrap(resident.id, row[cut - 1])
    return resident, thread_of(row[cut:], resident, key) if row[cut] is not None else None
