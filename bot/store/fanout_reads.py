"""How far a fan-out is: how many groups of each part have it, when the last one will, who was not reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal_column, or_, select

from bot.limits import Limits
from bot.messages import Address, Lane
from bot.store.columns import Utc, Words
from bot.store.leases import Account, account_key
from bot.store.letter_rows import FANOUTS, IS_WAITING, LETTERS, RATES, FanoutState, Post

#: Of ten letters of an account two are kept for the lanes behind an alert, while something waits there.
_KEPT = 2 / 8


@dataclass(frozen=True, slots=True)
class Count:
    """Groups of one part, by how their letter stands."""

    sent: int = 0
    waiting: int = 0  #: Those in flight too.
    held: int = 0
    unknown: int = 0  #: May have arrived: a person decides.
    failed: int = 0  #: Refused, or the group takes nothing from us any more.
    withdrawn: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.waiting + self.held + self.unknown + self.failed + self.withdrawn


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Groups from which a fan-out was taken back, by how that went."""

    gone: int = 0  #: Changed, or deleted: nobody reads it there any more.
    waiting: int = 0
    words: int = 0  #: Told that it is over; the old message stays.
    failed: int = 0  #: Not even that, as far as is known.


@dataclass(frozen=True, slots=True)
class Progress:
    state: FanoutState | None = None  #: None: nothing went out with a tag.
    parts: Mapping[str, Count] = field(default_factory=dict)  #: Tag -> groups. A recall is none of them.
    taken_back: TakenBack = field(default_factory=TakenBack)
    #: When the last letter that waits will have left, by the limits and by what waits before it. None: none waits, or
    #: nobody can say (its app is off).
    last_at: datetime | None = None
    latest_at: datetime | None = None  #: The same, if urgent cards and replies take all places that are kept for them.

    @property
    def all(self) -> Count:
        """All parts together."""
        parts = self.parts.values()
        return Count(*(sum(getattr(part, name) for part in parts) for name in Count.__slots__))


@dataclass(frozen=True, slots=True)
class Unreached:
    """A group that did not get it, or perhaps did not."""

    to: Address
    tag: str
    state: Post  #: UNKNOWN, REFUSED or GONE.
    error: str
    letter: int  #: The outbox row, for `bookings.resolve`.
    recall: bool  #: It was told, and could not be told that it is over.


def progress(connection: Connection, of: str, limits: Mapping[str, Limits], now: datetime) -> Progress:
    """How far the case's fan-out is. `limits` are those the outbox keeps, by channel."""
    state = connection.scalar(select(FANOUTS.c.state).where(FANOUTS.c.case == of))
    if state is None:
        return Progress()
    part = _part(of)
    rows = connection.execute(
        select(part.c.tag, part.c.state, func.count().label("letters"))
        .where(part.c.state != Post.MERGED, part.c.recalls == literal_column("0"))
        .group_by(part.c.tag, part.c.state)
    ).all()
    tags = {row.tag: dict.fromkeys(Count.__slots__, 0) for row in rows}
    for row in rows:
        tags[row.tag][_COUNTED[Post(row.state)]] += row.letters
    return Progress(
        FanoutState(state),
        {tag: Count(**counts) for tag, counts in tags.items()},
        _taken_back(connection, part),
        *_last_at(connection, of, limits, now),
    )


def unreached(connection: Connection, of: str, most: int = 1000) -> list[Unreached]:
    """The groups to look at, newest first: of unknown fate, refused, gone."""
    c = LETTERS.c
    bad = or_(*(c.state == literal_column(f"'{state}'") for state in (Post.UNKNOWN, Post.REFUSED, Post.GONE)))
    rows = connection.execute(select(LETTERS).where(_mine(of), bad).order_by(c.id.desc()).limit(most))
    return [
        Unreached(
            Address(row.channel, row.bot, row.chat), row.tag, Post(row.state), row.error, row.id, bool(row.recalls)
        )
        for row in rows
    ]


# --- pieces

_COUNTED = {
    Post.SENT: "sent", Post.WAITING: "waiting", Post.LEASED: "waiting", Post.HELD: "held", Post.UNKNOWN: "unknown",
    Post.REFUSED: "failed", Post.GONE: "failed", Post.WITHDRAWN: "withdrawn",
}  # fmt: skip


def _mine(of: str) -> Any:
    return and_(LETTERS.c.case == of, LETTERS.c.tag != literal_column("''"))


def _part(of: str) -> Any:
    """The letters with a tag; one that was merged stands as the letter that goes in its stead."""
    names = ("channel", "bot", "chat", "state", "edits", "merged_into")
    own = [LETTERS.c[name] for name in names]
    part = select(LETTERS.c.tag, LETTERS.c.recalls, *own).where(_mine(of)).cte("part", recursive=True)
    other = LETTERS.alias("other")
    return part.union_all(
        select(part.c.tag, part.c.recalls, *(other.c[name] for name in names)).where(
            part.c.state == literal_column("'merged'"), other.c.id == part.c.merged_into
        )
    )


def _taken_back(connection: Connection, part: Any) -> TakenBack:
    """By the best that happened in each group."""
    sent = part.c.state == Post.SENT
    best = case(
        (and_(sent, part.c.edits != ""), "gone"),
        (part.c.state.in_([Post.WAITING, Post.LEASED]), "waiting"),
        (sent, "words"),
        else_="zfailed",
    )
    groups = (
        select(func.min(best).label("best"))
        .where(part.c.recalls == literal_column("1"), part.c.state.not_in([Post.MERGED, Post.WITHDRAWN]))
        .group_by(part.c.channel, part.c.bot, part.c.chat)
        .subquery()
    )
    rows = connection.execute(select(groups.c.best, func.count()).group_by(groups.c.best))
    return TakenBack(**{name.removeprefix("z"): count for name, count in rows})


def _last_at(
    connection: Connection, of: str, limits: Mapping[str, Limits], now: datetime
) -> tuple[datetime | None, datetime | None]:
    c = LETTERS.c
    mine = select(c.channel, c.bot, func.max(c.lane).label("lane"), func.max(c.id).label("last"))
    mine = mine.where(_mine(of), IS_WAITING).group_by(c.channel, c.bot)
    accounts = connection.execute(mine).all()
    if any(account.channel not in limits for account in accounts):
        return None, None
    ends = [_account_ends(connection, account, limits[account.channel], of, now) for account in accounts]
    return max((soon for soon, _ in ends), default=None), max((late for _, late in ends), default=None)


def _account_ends(
    connection: Connection, mine: Any, limits: Limits, of: str, now: datetime
) -> tuple[datetime, datetime]:
    """When the last letter of one account will have left: with the urgent ones that wait now, and with as many of them
    as are let through."""
    c, account = LETTERS.c, (mine.channel, mine.bot)
    here = and_(c.channel == mine.channel, c.bot == mine.bot, IS_WAITING)
    before = or_(c.lane < mine.lane, and_(c.lane == mine.lane, c.id <= mine.last))
    ahead = connection.scalar(select(func.count()).where(here, before)) or 0
    behind = select(func.count()).where(here, c.lane > mine.lane, c.lane <= int(Lane.UPDATE))
    most = int(ahead * _KEPT)
    waiting = min(connection.scalar(behind) or 0, most)
    state = connection.execute(select(RATES).where(RATES.c.key == account_key(account))).one_or_none()
    at = max(now, state.blocked_until) if state is not None and state.blocked_until is not None else now
    interval = limits.bot.interval if limits.bot is not None else timedelta(0)
    open_at = max(_chats_open(connection, of, account, limits, now), default=now)
    return max(at + interval * (ahead + waiting), open_at), max(at + interval * (ahead + most), open_at)


def _chats_open(connection: Connection, of: str, account: Account, limits: Limits, now: datetime) -> Iterable[datetime]:
    """From when on the groups that still wait may be written to: one that the app silenced for an hour is the last."""
    c, slash = LETTERS.c, literal_column("'/'", Words())
    rated = LETTERS.outerjoin(RATES, RATES.c.key == c.channel + slash + c.bot + slash + c.chat)
    latest = [func.max(each, type_=Utc()) for each in (c.due, RATES.c.blocked_until, RATES.c.tat)]
    mine = select(*latest, func.min(c.chat)).select_from(rated)
    mine = mine.where(_mine(of), IS_WAITING, c.channel == account[0], c.bot == account[1])
    row = connection.execute(mine).one()
    yield from (each for each in row[:2] if each is not None)
    if (rate := limits.chat(row[3])) is not None:
        yield rate.ready(row[2], now)
