"""Letters on paper: the outbox's rows, and `write`, which puts an Outcome's letters and fan-outs among them.

Nothing here is sent: leases.py hands letters out, bookings.py writes down what became of them, bot/outbox.py is the
only one who calls it. How it stays quick with 100,000 letters waiting for 50,000 chats: nobody ever looks at all of
them. `queue` has one row per (chat, lane) in which something waits, with the instant from which its first letter may
go (`ready_at`; never later than the truth, and put right when it was too early), indexed by account, lane and that
instant. A lease reads as many rows of it as it may send, and finds each one's first letter through an index that
holds waiting letters only. The body stands in `payload` once, however many chats hear it.

Slots. `slot` remembers which message shows a slot in a chat. A later letter of the slot takes over the row of one that
still waits (and leaves a row `merged`, so that its key is known); else it waits in its lane, and whether it edits is
decided when it is leased: by then a predecessor in flight has become a message, or has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Index,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from bot.channels.base import RenderedButton
from bot.messages import Address, Fanout, Letter
from bot.store import letter_ink
from bot.store.columns import Big, Flag, Json, Utc, Words
from bot.store.private import DataKey
from bot.store.ready import Both, Ready
from bot.store.tables import STRICT, one_of, where


class Post(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    LEASED = "leased"  #: A worker has it and may be calling the app; its fate is open until the lease ends.
    SENT = "sent"
    UNKNOWN = "unknown"  #: May have arrived; a person decides whether it goes again.
    REFUSED = "refused"  #: The app will not have it, or tried too often.
    GONE = "gone"  #: The chat takes nothing from us any more.
    MERGED = "merged"  #: A later, or an earlier, letter of its slot went in its stead: `merged_into`.


class PayloadRow(SQLModel, table=True):
    """What a letter says, rendered and sealed (letter_ink.py); once for all chats that get it."""

    __tablename__ = "payload"
    __table_args__ = (where("payload_full", "text <> ''", "created_at"), STRICT)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    text: str = Field(sa_type=Words)
    buttons: Any = Field(default_factory=list, sa_type=Json)
    photos: Any = Field(default_factory=list, sa_type=Json)
    location: Any = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime = Field(sa_type=Utc)


class LetterRow(SQLModel, table=True):
    """One letter to one chat."""

    __tablename__ = "outbox"
    __table_args__ = (
        where("outbox_head", "state = 'waiting'", "channel", "bot", "chat", "lane", "id"),
        where("outbox_slot", "state = 'waiting' AND slot <> ''", "channel", "bot", "chat", "slot"),
        where("outbox_leased", "state = 'leased'", "lease_until"),
        where("outbox_ref", "ref <> ''", "channel", "bot", "chat", "ref"),
        where("outbox_trouble", "state IN ('unknown', 'refused', 'gone')", "state", "channel", "bot", "chat"),
        where("outbox_case", "\"case\" <> ''", "case"),
        where("outbox_lane", "state = 'waiting'", "lane", "id"),
        one_of("state", Post),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    channel: str = Field(sa_type=Words)
    bot: str = Field(sa_type=Words)
    chat: str = Field(sa_type=Words)
    lane: int = Field(sa_type=Big)
    slot: str = Field(default="", sa_type=Words)
    fresh: bool = Field(default=False, sa_type=Flag)
    state: str = Field(default=Post.WAITING, sa_type=Words)
    due: datetime = Field(sa_type=Utc)  #: Not before; later than written only after a failure.
    lease_until: datetime | None = Field(default=None, sa_type=Utc)
    worker: str = Field(default="", sa_type=Words)
    attempt: int = Field(default=0, sa_type=Big)  #: Calls that failed; a 429 is none.
    dedupe_key: str = Field(sa_type=Words, unique=True)
    payload_id: int = Field(sa_type=Big, foreign_key="payload.id")
    reply_to: str = Field(default="", sa_type=Words)
    edits: str = Field(default="", sa_type=Words)  #: While leased: the message that this call edits.
    ref: str = Field(default="", sa_type=Words)  #: The app's id of the message it became.
    error: str = Field(default="", sa_type=Words)
    case: str = Field(default="", sa_type=Words)
    stops: str = Field(default="", sa_type=Words)  #: Kinds of the case's clocks, with blanks between.
    merged_into: int | None = Field(default=None, sa_type=Big)
    created_at: datetime = Field(sa_type=Utc)
    sent_at: datetime | None = Field(default=None, sa_type=Utc)


class QueueRow(SQLModel, table=True):
    """A (chat, lane) in which a letter waits, and from when its first one may go."""

    __tablename__ = "queue"
    __table_args__ = (Index("queue_ready", "channel", "bot", "lane", "ready_at"), STRICT)
    channel: str = Field(primary_key=True, sa_type=Words)
    bot: str = Field(primary_key=True, sa_type=Words)
    chat: str = Field(primary_key=True, sa_type=Words)
    lane: int = Field(primary_key=True, sa_type=Big)
    ready_at: datetime = Field(sa_type=Utc)


class SlotRow(SQLModel, table=True):
    """Which message shows what, and in which lane it went."""

    __tablename__ = "slot"
    __table_args__ = STRICT
    channel: str = Field(primary_key=True, sa_type=Words)
    bot: str = Field(primary_key=True, sa_type=Words)
    chat: str = Field(primary_key=True, sa_type=Words)
    slot: str = Field(primary_key=True, sa_type=Words)
    ref: str = Field(sa_type=Words)
    photo: bool = Field(default=False, sa_type=Flag)
    lane: int = Field(sa_type=Big)


class RateRow(SQLModel, table=True):
    """How much of a limit is used up: of an account ("telegram/bot1"), or of a chat of it ("telegram/bot1/-100")."""

    __tablename__ = "rate_state"
    __table_args__ = STRICT
    key: str = Field(primary_key=True, sa_type=Words)
    tat: datetime | None = Field(default=None, sa_type=Utc)
    blocked_until: datetime | None = Field(default=None, sa_type=Utc)
    turn: int = Field(default=0, sa_type=Big)  #: Sends of an account so far: whose lane's turn it is.


_TABLES = SQLModel.metadata.tables
LETTERS, PAYLOADS, QUEUE = _TABLES["outbox"], _TABLES["payload"], _TABLES["queue"]
SLOTS, RATES = _TABLES["slot"], _TABLES["rate_state"]

#: Written into the statement, not bound: only so do both engines use the indexes over waiting letters.
IS_WAITING: ColumnElement[bool] = LETTERS.c.state == literal_column("'waiting'")
IS_LEASED: ColumnElement[bool] = LETTERS.c.state == literal_column("'leased'")


class Rendered(Protocol):
    """What `Texts.render` returns."""

    @property
    def text(self) -> str: ...
    @property
    def buttons(self) -> tuple[tuple[RenderedButton, ...], ...]: ...


Render = Callable[[Letter], Rendered]


def in_chat(table: Any) -> ColumnElement[bool]:
    """The rows of the chat in the parameters that `here` makes."""
    return and_(*(table.c[name] == bindparam(f"at_{name}", type_=Words()) for name in ("channel", "bot", "chat")))


def here(to: Address) -> dict[str, Any]:
    return {"at_channel": to.channel, "at_bot": to.bot, "at_chat": to.chat}


def write(
    connection: Connection,
    letters: Sequence[Letter],
    fanouts: Sequence[Fanout],
    cause: str,
    now: datetime,
    render: Render,
    house: DataKey | None = None,
) -> None:
    """Puts the letters into the outbox, in the transaction of the Outcome they belong to.

    A letter whose key (`dedupe`, or the cause and its position) is there already is silently nothing. A cause is
    settled once, so only keys that a desk chose are looked for. Whoever commits wakes the outbox afterwards. Bodies
    are sealed under the `house`'s key; without it, only tests write.
    """
    keyed: dict[str, Letter] = {}
    for position, letter in enumerate(letters):
        keyed.setdefault(letter.dedupe or f"{cause}#{position}", letter)
    lanes: set[tuple[str, str, str, int]] = set()
    for key, letter in keyed.items():
        if not letter.dedupe or _KNOWN.first(connection, {"key": key}) is None:
            lane = _write_one(connection, letter, key, now, render, house)
            lanes.add((letter.to.channel, letter.to.bot, letter.to.chat, lane))
    queue_up(connection, lanes, now)
    for position, fanout in enumerate(fanouts):
        if fanout.groups:
            base = fanout.letter.dedupe or f"{cause}#fan{position}"
            _write_many(connection, fanout, base, now, render, house)


def queue_up(connection: Connection, lanes: Iterable[tuple[str, str, str, int]], now: datetime) -> None:
    """Makes (channel, bot, chat, lane) known as having something to send; what queues already keeps its instant."""
    # In one order for all who write at the same time: on PostgreSQL two could otherwise wait for each other.
    names = ("channel", "bot", "chat", "lane", "ready_at")
    rows = [dict(zip(names, (*lane, now), strict=True)) for lane in sorted(lanes)]
    _QUEUE_UP.many(connection, rows)


def _write_one(
    connection: Connection, letter: Letter, key: str, now: datetime, render: Render, house: DataKey | None
) -> int:
    """Writes one letter whose key is new; returns the lane it waits in."""
    payload = _body(connection, letter, now, render, house)
    lane = int(letter.lane)
    row: dict[str, Any] = {
        "channel": letter.to.channel, "bot": letter.to.bot, "chat": letter.to.chat, "slot": letter.slot,
        "lane": lane, "fresh": letter.fresh, "state": Post.WAITING, "due": now, "worker": "",
        "attempt": 0, "dedupe_key": key, "payload_id": payload, "reply_to": letter.reply_to, "edits": "", "ref": "",
        "error": "", "case": letter.case, "stops": letter.stops, "merged_into": None, "created_at": now,
    }  # fmt: skip
    if letter.slot:
        # The last one: an earlier one of the slot, put back after a failed call, takes it over by itself (leases.py).
        slot = here(letter.to) | {"at_slot": letter.slot}
        if (found := _LAST_OF_SLOT.first(connection, slot)) is not None:
            first, its_lane, stops, fresh, case, reply_to = found
            changed = {
                "row": first, "payload_id": payload, "stops": both(stops, letter.stops),
                "fresh": fresh or letter.fresh, "case": letter.case or case, "reply_to": letter.reply_to or reply_to,
            }  # fmt: skip
            _TAKE_OVER.count(connection, changed)
            _NEW_LETTER.count(connection, row | {"state": Post.MERGED, "merged_into": first, "lane": its_lane})
            return int(its_lane)
        shown = None if letter.fresh else _LANE_OF_SLOT.first(connection, slot)
        lane = lane if shown is None else int(shown[0])
    _NEW_LETTER.count(connection, row | {"lane": lane})
    return lane


def _write_many(
    connection: Connection, fanout: Fanout, base: str, now: datetime, render: Render, house: DataKey | None
) -> None:
    """Expands a fan-out inside the database: one payload, as many rows as there are groups."""
    letter, c, new_row = fanout.letter, LETTERS.c, _NEW_ROW[connection.dialect.name]
    payload = _body(connection, replace(letter, to=fanout.groups[0]), now, render, house)
    groups = _unfolded(connection, fanout.groups)
    g = groups.c
    key = literal(f"{base}:", Words()) + g.channel + literal(":", Words()) + g.bot + literal(":", Words()) + g.chat
    same_chat = and_(c.channel == g.channel, c.bot == g.bot, c.chat == g.chat)
    source: Any = groups
    lane: ColumnElement[int] = literal(int(letter.lane), Big)
    new = there = g.chat != literal_column("''")  # SQLite wants a WHERE before ON CONFLICT
    if letter.slot:
        in_slot = and_(c.slot == letter.slot, c.slot != literal_column("''"), IS_WAITING)
        known = LETTERS.alias("known")
        waits = select(func.max(c.id)).select_from(groups.join(LETTERS, and_(same_chat, in_slot)))
        waits = waits.where(~exists().where(known.c.dedupe_key == key)).group_by(g.channel, g.bot, g.chat)
        changed = {
            "payload_id": payload, "stops": func.trim(c.stops + literal(f" {letter.stops}", Words())),
            "fresh": literal(True, Flag) if letter.fresh else c.fresh, "case": letter.case or c.case,
        }  # fmt: skip
        connection.execute(update(LETTERS).where(c.id.in_(waits)).values(changed))
        taken_over = and_(same_chat, in_slot, c.payload_id == payload)
        # Their keys are kept with rows that stand for them; a key that is known already stays as it is.
        merged = _columns(letter, payload, now, Post.MERGED, key, c.lane, c.id)
        columns = select(*merged.values()).select_from(groups.join(LETTERS, taken_over)).where(there)
        connection.execute(_unless_known(new_row(LETTERS).from_select(list(merged), columns)))
        new = ~exists().where(taken_over).correlate(groups)
        if not letter.fresh:
            shown = and_(SLOTS.c.channel == g.channel, SLOTS.c.bot == g.bot, SLOTS.c.chat == g.chat)
            source = groups.outerjoin(SLOTS, and_(shown, SLOTS.c.slot == letter.slot))
            lane = func.coalesce(SLOTS.c.lane, lane)
    values = _columns(letter, payload, now, Post.WAITING, key, lane, null())
    rows = select(*values.values()).select_from(source).where(new).order_by(g.place)
    connection.execute(_unless_known(new_row(LETTERS).from_select(list(values), rows)))
    # For those too whose letter was taken over, and has its line already: a line too many is cleared away unasked.
    ready = select(g.channel, g.bot, g.chat, lane, literal(now, Utc())).select_from(source).where(there)
    ready = ready.order_by(g.channel, g.bot, g.chat)
    names = ["channel", "bot", "chat", "lane", "ready_at"]
    connection.execute(_queued(new_row(QUEUE).from_select(names, ready)))


def _columns(
    letter: Letter, payload: int, now: datetime, state: Post, key: Any, lane: Any, merged_into: Any
) -> dict[str, Any]:
    names = ("channel", "bot", "chat")
    source = {name: literal_column(f"groups.{name}", Words()).label(name) for name in names}
    return source | {
        "lane": lane, "slot": literal(letter.slot, Words()), "fresh": literal(letter.fresh, Flag()),
        "state": literal(state.value, Words()), "due": literal(now, Utc()), "worker": literal("", Words()),
        "attempt": literal(0, Big), "dedupe_key": key, "payload_id": literal(payload, Big),
        "reply_to": literal("", Words()), "edits": literal("", Words()), "ref": literal("", Words()),
        "error": literal("", Words()), "case": literal(letter.case, Words()),
        "stops": literal(letter.stops, Words()), "merged_into": cast(merged_into, Big),
        "created_at": literal(now, Utc()),
    }  # fmt: skip


def _unfolded(connection: Connection, groups: Sequence[Address]) -> CTE:
    """The addresses as rows (channel, bot, chat, place), from one JSON parameter."""
    packed = bindparam("groups", [[to.channel, to.bot, to.chat] for to in groups], type_=Json())
    if connection.dialect.name == "sqlite":
        each = func.json_each(packed).table_valued("key", "value", name="each")
        parts = [func.json_extract(each.c.value, f"$[{n}]") for n in range(3)]
        place: ColumnElement[Any] = each.c.key
    else:
        elements = func.jsonb_array_elements(cast(packed, postgresql.JSONB))
        value = column("value", postgresql.JSONB)
        each = elements.table_valued(value, with_ordinality="place", name="each").render_derived()
        parts = [each.c.value[n].astext for n in range(3)]
        place = each.c.place
    channel, bot, chat = parts
    rows = select(channel.label("channel"), bot.label("bot"), chat.label("chat"), place.label("place"))
    return rows.cte("groups")


def both(stops: str, more: str) -> str:
    """The kinds of clocks that either stops."""
    return " ".join(dict.fromkeys(f"{stops} {more}".split()))


def _body(connection: Connection, letter: Letter, now: datetime, render: Render, house: DataKey | None) -> int:
    rendered = render(letter)
    buttons = [[[b.text, b.data, b.url] for b in row] for row in rendered.buttons]
    row: dict[str, Any] = {"text": "", "buttons": [], "location": None, "photos": list(letter.photos)}
    if house is None:
        row |= {"text": rendered.text, "buttons": buttons, "location": letter.location}
    row["created_at"] = now
    body = int(_NEW_BODY.rows(connection, row)[0][0])
    if house is not None:  # Sealed for this very row, whose id is known only now.
        words = letter_ink.sealed(house, body, rendered.text, buttons, letter.location)
        _FILL.count(connection, {"body": body, "words": words})
    return body


# --- statements, built once: SQLAlchemy takes longer to build one than SQLite to run it


def _unless_known(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=["dedupe_key"])


def _queued(statement: Any) -> Any:
    """A (chat, lane) that queues already keeps its instant. It is written all the same, for the lock: who hands out
    the last letter of a queue and clears it away must see the one that is being added, or wait for it."""
    keys = ["channel", "bot", "chat", "lane"]
    return statement.on_conflict_do_update(index_elements=keys, set_={"ready_at": QUEUE.c.ready_at})


_NEW_ROW: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_NEW_LETTER = Ready(Both(lambda new: _unless_known(new(LETTERS).inline())))
_QUEUE_UP = Ready(Both(lambda new: _queued(new(QUEUE).inline())))
_NEW_BODY = Ready(insert(PAYLOADS).returning(PAYLOADS.c.id), PAYLOADS.c.id)
_FILL = Ready(update(PAYLOADS).where(PAYLOADS.c.id == bindparam("body")).values(text=bindparam("words")))
_KNOWN = Ready(select(LETTERS.c.id).where(LETTERS.c.dedupe_key == bindparam("key", type_=Words())))
_SLOT = bindparam("at_slot", type_=Words())
_LAST_OF_SLOT = Ready(
    select(*(LETTERS.c[name] for name in ("id", "lane", "stops", "fresh", "case", "reply_to")))
    .where(in_chat(LETTERS), LETTERS.c.slot == _SLOT, LETTERS.c.slot != literal_column("''"), IS_WAITING)
    .order_by(LETTERS.c.id.desc())
    .limit(1)
    .with_for_update()
)
_TAKE_OVER = Ready(
    update(LETTERS)
    .where(LETTERS.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("payload_id", "stops", "fresh", "case", "reply_to")})
)
_LANE_OF_SLOT = Ready(select(SLOTS.c.lane).where(in_chat(SLOTS), SLOTS.c.slot == _SLOT))
