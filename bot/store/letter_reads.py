"""What others ask of the outbox: how much waits, what is in trouble, which case a message speaks of; and forgetting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, literal_column, or_, select, update

from bot.messages import Address, Lane
from bot.store.letter_rows import IS_LEASED, IS_WAITING, LETTERS, PAYLOADS, Post, here, in_chat

_O = LETTERS.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one lane."""

    waiting: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A letter that did not arrive, or of which nobody knows. (Its words are not shown here.)"""

    id: int
    to: Address
    lane: Lane
    state: Post
    case: str
    slot: str
    error: str
    written_at: datetime


def backlog(connection: Connection, but: str = "") -> Mapping[Lane, Backlog]:
    """What waits, by lane; a lane without letters is missing. `but`: a channel that does not count."""
    lanes = select(_O.lane, func.count().label("waiting"), func.min(_O.id).label("first"))
    counted = lanes.where(IS_WAITING, _O.channel != but).group_by(_O.lane).subquery()
    rows = select(counted.c.lane, counted.c.waiting, _O.created_at).join(LETTERS, _O.id == counted.c.first)
    return {Lane(row.lane): Backlog(row.waiting, row.created_at) for row in connection.execute(rows)}


def waiting_by_lane(connection: Connection) -> Mapping[Lane, int]:
    return {lane: each.waiting for lane, each in backlog(connection).items()}


def in_flight(connection: Connection) -> int:
    """Letters in a worker's hand."""
    return connection.scalar(select(func.count()).select_from(LETTERS).where(IS_LEASED)) or 0


def troubles(connection: Connection, *states: Post, most: int = 100) -> list[Trouble]:
    """Letters for a person to look at, newest first: unknown and refused ones, or those in the named states (of
    UNKNOWN, REFUSED, GONE)."""
    wanted = states or (Post.UNKNOWN, Post.REFUSED)
    found = or_(*(_O.state == literal_column(f"'{state.value}'") for state in wanted))
    rows = connection.execute(select(LETTERS).where(found).order_by(_O.id.desc()).limit(most))
    return [
        Trouble(
            row.id, Address(row.channel, row.bot, row.chat), Lane(row.lane), Post(row.state), row.case, row.slot,
            row.error, row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def unknown(connection: Connection, most: int = 100) -> list[Trouble]:
    return troubles(connection, Post.UNKNOWN, most=most)


def gone_chats(connection: Connection) -> list[Address]:
    """Chats that took nothing from us when we last tried."""
    state = _O.state == literal_column("'gone'")
    rows = connection.execute(select(_O.channel, _O.bot, _O.chat).where(state).distinct())
    return [Address(row.channel, row.bot, row.chat) for row in rows]


def tally(connection: Connection, case: str) -> Mapping[Post, int]:
    """How many letters of this case (or alert) stand where."""
    rows = select(_O.state, func.count().label("letters"))
    rows = rows.where(_O.case == case, _O.case != literal_column("''")).group_by(_O.state)
    return {Post(row.state): row.letters for row in connection.execute(rows)}


def case_of(connection: Connection, to: Address, ref: str) -> str:
    """The case that the bot's message `ref` in this chat speaks of, or "": a reply to it belongs to that case."""
    return message(connection, to, ref)[1]


def message(connection: Connection, to: Address, ref: str) -> tuple[str, str]:
    """(slot, case) of the bot's message `ref` in this chat, as it reads now; each may be empty."""
    if not ref:
        return "", ""
    rows = select(_O.slot, _O.case).where(in_chat(LETTERS), _O.ref == ref, _O.ref != literal_column("''"))
    found = connection.execute(rows.order_by(_O.id.desc()), here(to)).all()
    return next((row.slot for row in found if row.slot), ""), next((row.case for row in found if row.case), "")


def forget(connection: Connection, before: datetime, in_trouble: datetime | None = None, most: int = 5_000) -> int:
    """Empties what was written before that instant and has been sent; what was refused, or whose chat is gone, only
    when it was written before `in_trouble` too (None: like the rest): a person may still send it once more. What waits,
    is in flight or of unknown fate stays. Returns how many bodies, `most` at once. The rows stay: that a letter was
    sent, and under which key, must be known for ever."""
    refused = or_(_O.state == literal_column("'refused'"), _O.state == literal_column("'gone'"))
    open_states = or_(IS_WAITING, IS_LEASED, _O.state == literal_column("'unknown'"))
    if in_trouble is not None:
        open_states = or_(open_states, and_(refused, _O.created_at >= in_trouble))
    needed = select(_O.payload_id).where(open_states)
    full = PAYLOADS.c.text != literal_column("''")
    old = select(PAYLOADS.c.id).where(PAYLOADS.c.created_at < before, full, PAYLOADS.c.id.not_in(needed)).limit(most)
    emptied = update(PAYLOADS).where(PAYLOADS.c.id.in_(old)).values(text="", buttons=[], photos=[], location=None)
    return connection.execute(emptied).rowcount
