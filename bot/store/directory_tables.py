"""The rows of the address book and of the FAQ: what an operator imports, and what the bot learns of its groups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from bot.store.columns import Big, Bytes, Day, Degrees, Flag, Json, Utc, Words
from bot.store.tables import STRICT, one_of, table
from routing.directory import AreaKind, Hears, Role
from routing.platforms import Platform

#: Of a column that came later: rows of before have the empty text.
EMPTY = {"server_default": ""}


class AreaRow(SQLModel, table=True):
    __tablename__ = "area"
    __table_args__ = (one_of("kind", AreaKind), STRICT)
    code: str = Field(primary_key=True, sa_type=Words)
    parent: str | None = Field(default=None, sa_type=Words)
    kind: str = Field(sa_type=Words)
    name: str = Field(sa_type=Words)
    boundary_wkt: str | None = Field(default=None, sa_type=Words)
    lat: float | None = Field(default=None, sa_type=Degrees)
    lon: float | None = Field(default=None, sa_type=Degrees)


class UnitRow(SQLModel, table=True):
    __tablename__ = "unit"
    __table_args__ = (one_of("platform", Platform), STRICT)
    code: str = Field(primary_key=True, sa_type=Words)
    platform: str = Field(sa_type=Words)
    name: str = Field(sa_type=Words)
    area: str = Field(sa_type=Words)


class PersonRow(SQLModel, table=True):
    """Somebody on the staff; name, telephone and account are sealed under the person's own key "staff:<id>"."""

    __tablename__ = "person"
    __table_args__ = (Index("person_user", "channel", "user_ix"), one_of("role", Role), STRICT)
    id: str = Field(primary_key=True, sa_type=Words)
    role: str = Field(sa_type=Words)
    area: str = Field(sa_type=Words)
    unit: str | None = Field(default=None, sa_type=Words)
    channel: str | None = Field(default=None, sa_type=Words)
    user_ix: bytes | None = Field(default=None, sa_type=Bytes)
    sealed: bytes = Field(sa_type=Bytes)


class GroupRow(SQLModel, table=True):
    """A group chat. Without an area it is not in the directory: the bot was added to it and says how to bind it.

    `hears_imported` is what the last import said and `hears` what holds: an administrator's switch in the group
    outlives imports that say the same as before.
    """

    __tablename__ = "chat_group"
    __table_args__ = (one_of("hears", Hears), STRICT)
    channel: str = Field(primary_key=True, sa_type=Words)
    bot: str = Field(primary_key=True, sa_type=Words)
    chat_id: str = Field(primary_key=True, sa_type=Words)
    area: str | None = Field(default=None, sa_type=Words)
    name: str = Field(default="", sa_type=Words)
    hears: str = Field(default=Hears.MENTION.value, sa_type=Words)
    hears_imported: str = Field(default="", sa_type=Words)
    present: bool | None = Field(default=None, sa_type=Flag)  #: NULL: the bot was never told.
    test: bool = Field(default=False, sa_type=Flag, sa_column_kwargs={"server_default": "0"})  #: For drills alone.


class ShiftRow(SQLModel, table=True):
    """A weekly shift, local time in minutes of the day."""

    __tablename__ = "duty"
    __table_args__ = (CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"), STRICT)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    person: str = Field(sa_type=Words, index=True)
    weekday: int = Field(sa_type=Big)
    start: int = Field(sa_type=Big)
    end: int = Field(sa_type=Big)


class LeaveRow(SQLModel, table=True):
    """Somebody on the staff is away, both days included."""

    __tablename__ = "leave"
    __table_args__ = STRICT
    person: str = Field(primary_key=True, sa_type=Words)
    first: date = Field(primary_key=True, sa_type=Day)
    last: date = Field(sa_type=Day)
    deputy: str | None = Field(default=None, sa_type=Words)


class HolidayRow(SQLModel, table=True):
    """A day that is not what its weekday says."""

    __tablename__ = "holiday"
    __table_args__ = STRICT
    day: date = Field(primary_key=True, sa_type=Day)
    name: str = Field(sa_type=Words)
    works: bool = Field(sa_type=Flag)


class OpeningRow(SQLModel, table=True):
    """Hours of an area's office, local time in minutes of the day."""

    __tablename__ = "office_hours"
    __table_args__ = (CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"), STRICT)
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    area: str = Field(sa_type=Words)
    weekday: int = Field(sa_type=Big)
    start: int = Field(sa_type=Big)
    end: int = Field(sa_type=Big)


class StandardAddressRow(SQLModel, table=True):
    __tablename__ = "address"
    __table_args__ = STRICT
    address_id: str = Field(primary_key=True, sa_type=Words)
    text: str = Field(sa_type=Words)
    area: str = Field(sa_type=Words)
    lat: float = Field(sa_type=Degrees)
    lon: float = Field(sa_type=Degrees)


class PositionRow(SQLModel, table=True):
    """Where a patrol said they are; sealed under the person's own key, and deleted when the shift ends."""

    __tablename__ = "position"
    __table_args__ = STRICT
    person: str = Field(primary_key=True, sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    sealed: bytes = Field(sa_type=Bytes)


class DirectoryImportRow(SQLModel, table=True):
    """An import of the address book. The first row says how far back its history reaches."""

    __tablename__ = "directory_import"
    __table_args__ = STRICT
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    at: datetime = Field(sa_type=Utc, index=True)


class DirectoryPastRow(SQLModel, table=True):
    """What one thing in the address book was until an import changed it. NULL: there was no such thing before."""

    __tablename__ = "directory_past"
    __table_args__ = STRICT
    import_id: int = Field(primary_key=True, sa_type=Big)
    kind: str = Field(primary_key=True, sa_type=Words)
    its: str = Field(primary_key=True, sa_type=Words)
    said: Any = Field(default=None, sa_type=Json, sa_column_kwargs={"nullable": True})


class RulesTakenRow(SQLModel, table=True):
    """Routing rules as they came into force: the text of their file."""

    __tablename__ = "rules_taken"
    __table_args__ = STRICT
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    at: datetime = Field(sa_type=Utc, index=True)
    version: str = Field(sa_type=Words)
    content: str = Field(sa_type=Words)


class FaqRow(SQLModel, table=True):
    __tablename__ = "faq_entry"
    __table_args__ = STRICT
    id: str = Field(primary_key=True, sa_type=Words)
    title: str = Field(sa_type=Words)
    answer: str = Field(sa_type=Words)
    phrasings: Any = Field(default_factory=list, sa_type=Json)
    source: str = Field(default="", sa_type=Words)
    dated: date | None = Field(default=None, sa_type=Day)
    title_en: str = Field(default="", sa_type=Words)
    answer_en: str = Field(default="", sa_type=Words)
    sample: bool = Field(default=False, sa_type=Flag)
    version: int = Field(sa_type=Big)
    withdrawn: bool = Field(default=False, sa_type=Flag)
    valid_from: date | None = Field(default=None, sa_type=Day)
    valid_until: date | None = Field(default=None, sa_type=Day)
    area: str = Field(default="", sa_type=Words, sa_column_kwargs=EMPTY)
    audience: str = Field(default="", sa_type=Words, sa_column_kwargs=EMPTY)
    instead_of: str = Field(default="", sa_type=Words, sa_column_kwargs=EMPTY)
    changed_at: datetime | None = Field(default=None, sa_type=Utc)  #: NULL: before this was kept.
    changed_by: str = Field(default="", sa_type=Words, sa_column_kwargs=EMPTY)


class FaqChangeRow(SQLModel, table=True):
    """What an entry said from its version on, who wrote it and when. Empty content: it was withdrawn."""

    __tablename__ = "faq_change"
    __table_args__ = STRICT
    entry: str = Field(primary_key=True, sa_type=Words)
    version: int = Field(primary_key=True, sa_type=Big)
    at: datetime = Field(sa_type=Utc)
    by: str = Field(sa_type=Words)
    content: Any = Field(default_factory=dict, sa_type=Json)


AREA, UNIT, PERSON, GROUP = table(AreaRow), table(UnitRow), table(PersonRow), table(GroupRow)
SHIFT, STANDARD_ADDRESS = table(ShiftRow), table(StandardAddressRow)
LEAVE, HOLIDAY, OPENING = table(LeaveRow), table(HolidayRow), table(OpeningRow)
POSITION = table(PositionRow)
IMPORT, PAST, RULES_TAKEN = table(DirectoryImportRow), table(DirectoryPastRow), table(RulesTakenRow)
FAQ, FAQ_CHANGE = table(FaqRow), table(FaqChangeRow)
