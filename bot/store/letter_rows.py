"""Letters on paper: the outbox's tables, and what all who write or read them share.

Nothing here is sent: letters.py and fanouts.py write letters, leases.py hands them out, bookings.py writes down what
became of them, bot/outbox.py is the only one who calls it. How it stays quick with 100,000 letters waiting for 50,000
chats: nobody ever looks at all of them. `queue` has one row per (chat, lane) in which something waits, with the instant
from which its first letter may go (`ready_at`; never later than the truth, and put right when it was too early),
indexed by account, lane and that instant. A lease reads as many rows of it as it may send, and finds each one's first
letter through an index that holds waiting letters only. The body stands in `payload` once, however many chats hear it.

Slots. `slot` remembers which message shows a slot in a chat. A later letter of the slot takes over the row of one that
still waits (and leaves a row `merged`, so that its key is known); else it waits in its lane, and whether it edits is
decided when it is leased: by then a predecessor in flight has become a message, or has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Index, and_, bindparam, insert, literal_column, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel

from bot.channels.base import RenderedButton
from bot.messages import Address, Letter
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
    HELD = "held"  #: Its fan-out was told to stand still.
    WITHDRAWN = "withdrawn"  #: Its fan-out ended, or was taken back, before it left.


class FanoutState(StrEnum):
    """What happens with all that goes out with a tag for a case."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    RECALLED = "recalled"


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
        where("outbox_held", "state = 'held'", "channel", "bot", "chat", "slot"),
        where("outbox_part", "tag <> ''", "case", "tag", "state"),
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
    tag: str = Field(default="", sa_type=Words)  #: Its part of a fan-out of the case: a ring, a correction.
    recalls: bool = Field(default=False, sa_type=Flag)
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
    picture: str = Field(default="", sa_type=Words)  #: Which one, where it is one.
    lane: int = Field(sa_type=Big)


class FanoutRow(SQLModel, table=True):
    """What was last ordered of all that goes out with a tag for a case."""

    __tablename__ = "fanout"
    __table_args__ = (one_of("state", FanoutState), STRICT)
    case: str = Field(primary_key=True, sa_type=Words)
    state: str = Field(default=FanoutState.RUNNING, sa_type=Words)
    payload_id: int | None = Field(default=None, sa_type=Big, foreign_key="payload.id")  #: Of the recall.
    tag: str = Field(default="", sa_type=Words)  #: Of the recall.


class FileIdRow(SQLModel, table=True):
    """An app's name for a picture that an account has uploaded, and who is bringing it there now (pilots.py)."""

    __tablename__ = "file_id"
    __table_args__ = (where("file_id_pilot", "pilot IS NOT NULL", "pilot"), STRICT)
    channel: str = Field(primary_key=True, sa_type=Words)
    bot: str = Field(primary_key=True, sa_type=Words)
    key: str = Field(primary_key=True, sa_type=Words)
    ref: str = Field(default="", sa_type=Words)  #: Empty: not known.
    pilot: int | None = Field(default=None, sa_type=Big)  #: The letter on its way with it.
    pilot_until: datetime | None = Field(default=None, sa_type=Utc)
    pilots: int = Field(default=0, sa_type=Big)  #: So many came back without a name.


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
SLOTS, RATES, FANOUTS = _TABLES["slot"], _TABLES["rate_state"], _TABLES["fanout"]
FILE_IDS = _TABLES["file_id"]

#: Written into the statement, not bound: only so do both engines use the indexes over waiting letters.
IS_WAITING: ColumnElement[bool] = LETTERS.c.state == literal_column("'waiting'")
IS_LEASED: ColumnElement[bool] = LETTERS.c.state == literal_column("'leased'")
IS_RECALL: ColumnElement[bool] = LETTERS.c.recalls == literal_column("1")
IS_HELD: ColumnElement[bool] = LETTERS.c.state == literal_column("'held'")


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


def queue_up(connection: Connection, lanes: Iterable[tuple[str, str, str, int]], now: datetime) -> None:
    """Makes (channel, bot, chat, lane) known as having something to send; what queues already keeps its instant."""
    # In one order for all who write at the same time: on PostgreSQL two could otherwise wait for each other.
    names = ("channel", "bot", "chat", "lane", "ready_at")
    rows = [dict(zip(names, (*lane, now), strict=True)) for lane in sorted(lanes)]
    _QUEUE_UP.many(connection, rows)


def both(stops: str, more: str) -> str:
    """The kinds of clocks that either stops."""
    return " ".join(dict.fromkeys(f"{stops} {more}".split()))


def body_of(connection: Connection, letter: Letter, now: datetime, render: Render, house: DataKey | None) -> int:
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


def unless_known(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=["dedupe_key"])


def queued(statement: Any) -> Any:
    """A (chat, lane) that queues already keeps its instant. It is written all the same, for the lock: who hands out
    the last letter of a queue and clears it away must see the one that is being added, or wait for it."""
    keys = ["channel", "bot", "chat", "lane"]
    return statement.on_conflict_do_update(index_elements=keys, set_={"ready_at": QUEUE.c.ready_at})


NEW_ROW: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_QUEUE_UP = Ready(Both(lambda new: queued(new(QUEUE).inline())))
_NEW_BODY = Ready(insert(PAYLOADS).returning(PAYLOADS.c.id), PAYLOADS.c.id)
_FILL = Ready(update(PAYLOADS).where(PAYLOADS.c.id == bindparam("body")).values(text=bindparam("words")))
