"""The rows: inbox, people, talks, cases, clocks, links, photos, and what was asked without an answer.

`sealed` holds the personal fields of its row as one encrypted value (which ones: SEALED below); `*_ix` are blind
indexes to find a row by. The directory and the FAQ stand in directory_tables.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, Table, literal_column, text
from sqlmodel import Field, SQLModel

from bot.messages import MediaKind
from bot.store.columns import Big, Bytes, Flag, Json, Utc, Words
from routing.case import OPEN, State, Verb
from routing.sla import ClockKind

STRICT = {"sqlite_strict": True}
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK that the column holds one of the values."""
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f'"{column}" IN ({names})', name=f"{column}_known")


def where(name: str, condition: str, *columns: str) -> Index:
    """An index over the rows that fulfil the condition."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


# --- what came in


class InboxRow(SQLModel, table=True):
    """An update, stored before it is acknowledged. The payload is encrypted and goes once it is dealt with; the id
    stays, to know the update again. Waiting: has a payload and is not parked."""

    __tablename__ = "inbox"
    __table_args__ = (
        where("inbox_waiting", "payload IS NOT NULL AND parked_at IS NULL", "chat_ix", "arrival"),
        where("inbox_parked", "parked_at IS NOT NULL", "parked_at"),
        Index("inbox_received", "received_at"),
        CheckConstraint("parked_at IS NULL OR payload IS NOT NULL", name="parked_has_payload"),
        STRICT,
    )
    arrival: int | None = Field(default=None, primary_key=True, sa_type=Big)
    cause: str = Field(sa_type=Words, unique=True)
    chat_ix: bytes = Field(sa_type=Bytes)
    received_at: datetime = Field(sa_type=Utc)
    payload: bytes | None = Field(default=None, sa_type=Bytes)
    tries: int = Field(default=0, sa_type=Big)
    error: str = Field(default="", sa_type=Words)
    parked_at: datetime | None = Field(default=None, sa_type=Utc)


class LeaseRow(SQLModel, table=True):
    """Which process handles a chat at present, so that its messages keep their order."""

    __tablename__ = "inbox_lease"
    __table_args__ = STRICT
    chat_ix: bytes = Field(primary_key=True, sa_type=Bytes)
    worker: str = Field(sa_type=Words)
    until: datetime = Field(sa_type=Utc)


class CauseRow(SQLModel, table=True):
    """Clicks, ticks and other causes that have been dealt with (those of the inbox stand there)."""

    __tablename__ = "cause"
    __table_args__ = (Index("cause_at", "at"), STRICT)
    cause: str = Field(primary_key=True, sa_type=Words)
    at: datetime = Field(sa_type=Utc)


# --- people and their talks


class PersonKeyRow(SQLModel, table=True):
    """The data key of one person, wrapped. NULL: destroyed, and with it all that was sealed under it."""

    __tablename__ = "person_key"
    __table_args__ = STRICT
    id: str = Field(primary_key=True, sa_type=Words)
    wrapped: bytes | None = Field(default=None, sa_type=Bytes)
    created_at: datetime = Field(sa_type=Utc)
    destroyed_at: datetime | None = Field(default=None, sa_type=Utc)


class ResidentRow(SQLModel, table=True):
    __tablename__ = "resident"
    __table_args__ = (Index("resident_user", "channel", "user_ix", unique=True), STRICT)
    id: str = Field(primary_key=True, sa_type=Words, foreign_key="person_key.id")
    channel: str = Field(sa_type=Words)
    user_ix: bytes | None = Field(default=None, sa_type=Bytes)  #: NULL once erased: who comes back is new.
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    language: str = Field(default="", sa_type=Words)
    version: int = Field(sa_type=Big)


class ReachRow(SQLModel, table=True):
    """Where a bot may write to somebody alone, since they wrote to it in private; staff and residents alike."""

    __tablename__ = "reach"
    __table_args__ = (Index("reach_chat", "chat_ix"), STRICT)
    channel: str = Field(primary_key=True, sa_type=Words)
    user_ix: bytes = Field(primary_key=True, sa_type=Bytes)
    bot: str = Field(primary_key=True, sa_type=Words)
    chat_ix: bytes = Field(sa_type=Bytes)
    sealed: bytes = Field(sa_type=Bytes)
    since: datetime = Field(sa_type=Utc)


class ThreadRow(SQLModel, table=True):
    """One person's talk in one chat. The id of a group is no secret; that of a private chat is the person's own."""

    __tablename__ = "thread"
    __table_args__ = (
        Index("thread_chat", "resident", "bot", "chat_ix", unique=True),
        Index("thread_group", "chat_ix"),
        where("thread_handed", "handed_to <> ''", "handed_to"),
        where("thread_draft", "draft_until IS NOT NULL", "draft_until"),
        CheckConstraint("(chat IS NULL) = (private = 1)", name="private_chat_sealed"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    channel: str = Field(sa_type=Words)
    bot: str = Field(sa_type=Words)
    chat: str | None = Field(default=None, sa_type=Words)
    chat_ix: bytes = Field(sa_type=Bytes)
    resident: str = Field(sa_type=Words, foreign_key="resident.id")
    private: bool = Field(default=False, sa_type=Flag)
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    draft_until: datetime | None = Field(default=None, sa_type=Utc)
    topic: str = Field(default="", sa_type=Words)
    topic_until: datetime | None = Field(default=None, sa_type=Utc)
    handed_to: str = Field(default="", sa_type=Words)
    handed_case: str = Field(default="", sa_type=Words)
    offered_until: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(sa_type=Big)


# --- cases


class CaseRow(SQLModel, table=True):
    __tablename__ = "cases"  # `case` is a word of SQL.
    __table_args__ = (
        Index("cases_reporter", "reporter", "opened_at"),
        Index("cases_grid", "grid", "opened_at"),
        Index("cases_opened", "opened_at"),
        Index("cases_state", "state", "opened_at"),
        where("cases_near", f"state IN ({_OPEN})", "grid", "opened_at", "number", "version", "state", "category"),
        where("cases_in_hand", f"state IN ({_OPEN})", "holder", "urgency", "state"),
        Index("cases_thread", "thread"),
        where("cases_joined", "joined_to <> ''", "joined_to"),
        one_of("state", State),
        one_of("urgency", ("", "now", "today", "days")),
        CheckConstraint("length(number) = 8", name="number_has_8_digits"),
        CheckConstraint("version > 0", name="version_counts"),
        STRICT,
    )
    number: str = Field(primary_key=True, sa_type=Words)
    state: str = Field(sa_type=Words)
    reporter: str = Field(sa_type=Words, foreign_key="resident.id")
    thread: str = Field(sa_type=Words, foreign_key="thread.id")
    message: str = Field(default="", sa_type=Words)
    opened_at: datetime = Field(sa_type=Utc)
    sealed: bytes = Field(sa_type=Bytes)
    category: str = Field(default="", sa_type=Words)
    category_sure: bool = Field(default=False, sa_type=Flag)
    urgency: str = Field(default="", sa_type=Words)
    private: bool = Field(default=False, sa_type=Flag)
    grid: str = Field(default="", sa_type=Words)
    platform: str = Field(default="", sa_type=Words)
    unit: str = Field(default="", sa_type=Words)
    holder: str = Field(default="", sa_type=Words)
    asked: Any = Field(default_factory=list, sa_type=Json)
    reason: str = Field(default="", sa_type=Words)
    photos: Any = Field(default_factory=list, sa_type=Json)
    result_photos: Any = Field(default_factory=list, sa_type=Json)
    joined_to: str = Field(default="", sa_type=Words)
    resembles: str = Field(default="", sa_type=Words)
    version: int = Field(sa_type=Big)


class StepRow(SQLModel, table=True):
    __tablename__ = "step"
    __table_args__ = (
        Index("step_case", "case", "id"),
        Index("step_cause", "cause", "position", unique=True),
        one_of("verb", Verb),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    cause: str = Field(sa_type=Words)
    position: int = Field(sa_type=Big)
    case: str = Field(sa_type=Words, foreign_key="cases.number")
    verb: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Words)
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    photos: Any = Field(default_factory=list, sa_type=Json)
    to: str = Field(default="", sa_type=Words)


class PublicNoteRow(SQLModel, table=True):
    """What everybody may read of a case. It is open, and so are its words here."""

    __tablename__ = "public_note"
    __table_args__ = STRICT
    case: str = Field(primary_key=True, sa_type=Words, foreign_key="cases.number")
    at: datetime = Field(sa_type=Utc)
    words: str = Field(sa_type=Words)


class ClockRow(SQLModel, table=True):
    __tablename__ = "clock"
    __table_args__ = (
        where("clock_due", "stopped_at IS NULL AND paused_at IS NULL", "due_at"),
        one_of("kind", ClockKind),
        STRICT,
    )
    subject: str = Field(primary_key=True, sa_type=Words)
    kind: str = Field(primary_key=True, sa_type=Words)
    started_at: datetime = Field(sa_type=Utc)
    due_at: datetime = Field(sa_type=Utc)
    promised_at: datetime = Field(sa_type=Utc)
    rung: int = Field(default=0, sa_type=Big)
    paused_at: datetime | None = Field(default=None, sa_type=Utc)
    stopped_at: datetime | None = Field(default=None, sa_type=Utc)
    breached_at: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(sa_type=Big)


class LinkRow(SQLModel, table=True):
    """A one-time way, by the hash of its token. Past `expires_at`, or used, it leads nowhere."""

    __tablename__ = "link"
    __table_args__ = (Index("link_expires", "expires_at"), STRICT)
    hash: bytes = Field(primary_key=True, sa_type=Bytes)
    purpose: str = Field(sa_type=Words)
    sealed: bytes = Field(sa_type=Bytes)
    resident: str = Field(sa_type=Words, foreign_key="resident.id")
    expires_at: datetime = Field(sa_type=Utc)


class PhotoRow(SQLModel, table=True):
    """A picture to fetch, or fetched. What the app calls it, and the chat it came from, go once it is here."""

    __tablename__ = "photo"
    __table_args__ = (
        where("photo_waiting", "state = 'waiting'", "ordered_at"),
        Index("photo_case", "case"),
        one_of("state", ("waiting", "kept", "refused")),
        one_of("kind", MediaKind),
        STRICT,
    )
    key: str = Field(primary_key=True, sa_type=Words)
    channel: str = Field(sa_type=Words)
    bot: str = Field(sa_type=Words)
    kind: str = Field(sa_type=Words)
    size: int = Field(default=0, sa_type=Big)
    case: str = Field(default="", sa_type=Words)
    result: bool = Field(default=False, sa_type=Flag)
    state: str = Field(default="waiting", sa_type=Words)
    sealed: bytes | None = Field(default=None, sa_type=Bytes)
    ordered_at: datetime = Field(sa_type=Utc)


class PictureRow(SQLModel, table=True):
    """The print of a kept picture: 64 bits (signed) that stay nearly the same when it is made smaller. `case` names the
    first one that it came with; empty: none yet."""

    __tablename__ = "picture"
    __table_args__ = (where("picture_loose", "\"case\" = ''", "kept_at"), STRICT)
    key: str = Field(primary_key=True, sa_type=Words)
    print: int = Field(sa_type=Big)
    case: str = Field(default="", sa_type=Words)
    kept_at: datetime = Field(sa_type=Utc)


class PicturePartRow(SQLModel, table=True):
    """One of the parts a print is looked up by: of two prints that differ in fewer bits than there are parts, one part
    is equal."""

    __tablename__ = "picture_part"
    __table_args__ = (Index("picture_part_of", "picture"), STRICT)
    part: int = Field(primary_key=True, sa_type=Big)
    picture: str = Field(primary_key=True, sa_type=Words, foreign_key="picture.key", ondelete="CASCADE")


class MissRow(SQLModel, table=True):
    """A question nobody had an answer for, masked, and how often it was asked in these words."""

    __tablename__ = "miss"
    __table_args__ = (Index("miss_last", "last_at"), STRICT)
    words_ix: bytes = Field(primary_key=True, sa_type=Bytes)
    sealed: bytes = Field(sa_type=Bytes)
    times: int = Field(default=1, sa_type=Big)
    first_at: datetime = Field(sa_type=Utc)
    last_at: datetime = Field(sa_type=Utc)


class MetaRow(SQLModel, table=True):
    """Versions of what processes keep in memory: "directory", "faq", "groups", "reach"."""

    __tablename__ = "meta"
    __table_args__ = STRICT
    name: str = Field(primary_key=True, sa_type=Words)
    value: int = Field(sa_type=Big)


def table(row: type[SQLModel]) -> Table:
    """The Core table of a row class, for statements on hot paths."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


INBOX, LEASE, CAUSE = table(InboxRow), table(LeaseRow), table(CauseRow)
PERSON_KEY, RESIDENT, REACH, THREAD = table(PersonKeyRow), table(ResidentRow), table(ReachRow), table(ThreadRow)
CASE, STEP, CLOCKS, PUBLIC_NOTE = table(CaseRow), table(StepRow), table(ClockRow), table(PublicNoteRow)
LINK, PHOTO, MISS, META = table(LinkRow), table(PhotoRow), table(MissRow), table(MetaRow)
PICTURE, PICTURE_PART = table(PictureRow), table(PicturePartRow)

#: Of cases. Written into the statement, not bound: only so do both engines use the indexes over open cases.
IS_OPEN = CASE.c.state.in_([literal_column(f"'{state}'") for state in sorted(OPEN)])

#: Fields of the rules' dataclasses that stand in the row's `sealed`, by table.
SEALED: dict[str, frozenset[str]] = {
    "resident": frozenset({"user_id", "name"}),
    "thread": frozenset({"draft"}),
    "cases": frozenset({"words", "place", "address_id", "location", "result"}),
    "step": frozenset({"words"}),
    "link": frozenset({"subject"}),
    "photo": frozenset({"at", "media"}),
    "person": frozenset({"name", "phone", "user_id"}),
    "position": frozenset({"lat", "lon"}),
    "alert": frozenset({"content", "correction"}),
    "alert_step": frozenset({"words", "content", "reference"}),
}
