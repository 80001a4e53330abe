"""The rows of points: the ledger and its balances, purses, what was earned for; goods and orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from bot.ledger import MOST, Account, Earned, OrderState, Reason, Rule
from bot.store.columns import Big, Bytes, Flag, Json, Utc, Words
from bot.store.tables import STRICT, one_of, table, where


class EntryRow(SQLModel, table=True):
    """An entry of the ledger. A trigger refuses to change or delete any."""

    __tablename__ = "ledger"
    __table_args__ = (
        Index("ledger_holder", "holder", "seq"),
        one_of("payer", Account),
        one_of("payee", Account),
        one_of("reason", Reason),
        CheckConstraint("payer <> payee", name="points_move"),
        CheckConstraint(f"amount BETWEEN 1 AND {MOST}", name="amount_is_some"),
        STRICT,
    )
    seq: int = Field(primary_key=True, sa_type=Big)  #: 1, 2, 3 ... without a gap.
    key: str = Field(sa_type=Words, unique=True)
    holder: str = Field(sa_type=Words)
    payer: str = Field(sa_type=Words)
    payee: str = Field(sa_type=Words)
    amount: int = Field(sa_type=Big)
    reason: str = Field(sa_type=Words)
    thing: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    lot: int = Field(sa_type=Big)
    follows: bytes = Field(sa_type=Bytes, unique=True)  #: `bound` of the entry before: no two follow the same one.
    bound: bytes = Field(sa_type=Bytes)


class HeadRow(SQLModel, table=True):
    """The end of the ledger, in one row: whoever adds to it holds this row, so that entries stand one behind another.
    A ledger whose last entries were cut off does not end where it says."""

    __tablename__ = "ledger_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_head"), STRICT)
    id: int = Field(primary_key=True, sa_type=Big)
    seq: int = Field(sa_type=Big)
    bound: bytes = Field(sa_type=Bytes)
    at: datetime = Field(sa_type=Utc)  #: The latest instant booked.


class BalanceRow(SQLModel, table=True):
    """What stands in an account: the sum of its entries, kept beside them."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        one_of("account", Account),
        CheckConstraint("balance >= 0 OR account IN ('owed', 'street')", name="none_below_0"),
        CheckConstraint("balance <= 0 OR account <> 'owed'", name="owed_at_most_0"),
        where("ledger_account_lots", "account = 'points' AND balance > 0", "lot", "holder"),
        STRICT,
    )
    holder: str = Field(primary_key=True, sa_type=Words)  #: Empty for the street and the mall.
    account: str = Field(primary_key=True, sa_type=Words)
    lot: int = Field(primary_key=True, sa_type=Big)
    balance: int = Field(sa_type=Big)


class PurseRow(SQLModel, table=True):
    """Which resident a holder is. NULL once they were erased: their entries stay under the holder's name alone."""

    __tablename__ = "purse"
    __table_args__ = STRICT
    holder: str = Field(primary_key=True, sa_type=Words)
    resident: str | None = Field(default=None, sa_type=Words, unique=True, foreign_key="resident.id")
    version: int = Field(sa_type=Big)


class EarningRow(SQLModel, table=True):
    """A thing that earned points, once."""

    __tablename__ = "earning"
    __table_args__ = (
        Index("earning_holder", "holder", "at"),
        where("earning_subject", "subject <> ''", "subject", "at"),
        where("earning_due", "state = 'held'", "due_at"),
        where("earning_review", "state = 'review'", "at"),
        one_of("rule", Rule),
        one_of("state", Earned),
        CheckConstraint("amount > 0", name="earns_some"),
        STRICT,
    )
    thing: str = Field(primary_key=True, sa_type=Words)
    rule: str = Field(sa_type=Words)
    holder: str = Field(sa_type=Words, foreign_key="purse.holder")
    amount: int = Field(sa_type=Big)
    state: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Utc)
    due_at: datetime = Field(sa_type=Utc)
    subject: str = Field(sa_type=Words)
    pictures: Any = Field(default_factory=list, sa_type=Json)
    why: str = Field(sa_type=Words)
    by: str = Field(sa_type=Words)
    lot: int = Field(sa_type=Big)
    version: int = Field(sa_type=Big)


class EarningPictureRow(SQLModel, table=True):
    """A picture that came with a thing."""

    __tablename__ = "earning_picture"
    __table_args__ = STRICT
    picture: str = Field(primary_key=True, sa_type=Words)
    thing: str = Field(primary_key=True, sa_type=Words, foreign_key="earning.thing")


class GoodsRow(SQLModel, table=True):
    __tablename__ = "goods"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_at_least_0"),
        CheckConstraint(f"price BETWEEN 1 AND {MOST}", name="price_is_some"),
        CheckConstraint("most >= 0", name="most_at_least_0"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    name: str = Field(sa_type=Words)
    price: int = Field(sa_type=Big)
    stock: int = Field(sa_type=Big)
    most: int = Field(sa_type=Big)
    pick_up: Any = Field(default_factory=list, sa_type=Json)
    name_en: str = Field(sa_type=Words)
    picture: str = Field(sa_type=Words)
    offered: bool = Field(sa_type=Flag)
    version: int = Field(sa_type=Big)


class OrderRow(SQLModel, table=True):
    __tablename__ = "mall_order"  # `order` is a word of SQL.
    __table_args__ = (
        Index("mall_order_holder", "holder", "placed_at"),
        Index("mall_order_goods", "goods", "placed_at"),
        where("mall_order_until", "state = 'held'", "until"),
        one_of("state", OrderState),
        CheckConstraint("price > 0", name="costs_some"),
        STRICT,
    )
    id: str = Field(primary_key=True, sa_type=Words)
    code: str = Field(sa_type=Words, unique=True)
    goods: str = Field(sa_type=Words, foreign_key="goods.id")
    holder: str = Field(sa_type=Words, foreign_key="purse.holder")
    price: int = Field(sa_type=Big)
    paid: Any = Field(default_factory=list, sa_type=Json)
    state: str = Field(sa_type=Words)
    placed_at: datetime = Field(sa_type=Utc)
    until: datetime = Field(sa_type=Utc)
    thread: str = Field(sa_type=Words)
    by: str = Field(sa_type=Words)
    settled_at: datetime | None = Field(default=None, sa_type=Utc)
    version: int = Field(sa_type=Big)


LEDGER, HEAD, BALANCE, PURSE = table(EntryRow), table(HeadRow), table(BalanceRow), table(PurseRow)
EARNING, EARNING_PICTURE = table(EarningRow), table(EarningPictureRow)
GOODS, ORDER = table(GoodsRow), table(OrderRow)
