"""Rows about personal data itself: who agreed to what, and the names that were cut out of the key file for ever."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from bot.consent import Agreed, Purpose
from bot.store.columns import Big, Utc, Words
from bot.store.tables import STRICT, one_of, table, where


class ConsentRow(SQLModel, table=True):
    """Somebody agreed to a text, in the version they were shown. Withdrawn, the row stays: that it was given is what
    has to be shown. It names nobody but by our own random id."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("consent_resident", "resident", "purpose"),
        one_of("purpose", Purpose),
        one_of("by", Agreed),
        CheckConstraint("version > 0", name="text_has_a_version"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= at", name="withdrawn_after"),
        STRICT,
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=Big)
    resident: str = Field(sa_type=Words, foreign_key="resident.id")
    purpose: str = Field(sa_type=Words)
    version: int = Field(sa_type=Big)
    by: str = Field(default=Agreed.SELF.value, sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Utc)


class CutOutRow(SQLModel, table=True):
    """A name that every process cuts out of its key file, from `due` on (key_tree.py)."""

    __tablename__ = "cut_out"
    __table_args__ = (Index("cut_out_due", "due"), STRICT)
    name: str = Field(primary_key=True, sa_type=Words)
    due: datetime = Field(sa_type=Utc)


class ErasureRow(SQLModel, table=True):
    """Somebody wants to be erased, or was. It is done within minutes, once their last letter has left."""

    __tablename__ = "erasure"
    __table_args__ = (where("erasure_open", "done_at IS NULL", "asked_at"), STRICT)
    resident: str = Field(primary_key=True, sa_type=Words, foreign_key="resident.id")
    asked_at: datetime = Field(sa_type=Utc)
    done_at: datetime | None = Field(default=None, sa_type=Utc)


CONSENT, CUT_OUT, ERASURE = table(ConsentRow), table(CutOutRow), table(ErasureRow)
