"""Points: the ledger and its balances, purses, what was earned for; goods and orders."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ACCOUNTS = ("street", "mall", "pending", "points", "held", "owed")
_REASONS = ("tenant", "moved_out", "hazard", "freed", "settled", "ordered", "fetched", "returned", "lapsed", "clawed")
_MOST = 1_000_000
_FUNCTION = """
CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is only added to'; END $$
"""


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    names = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f'"{column}" IN ({names})', name=f"{column}_known")


def _where(name: str, table: str, names: list[str], condition: str) -> None:
    op.create_index(name, table, names, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, columns.Words(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, columns.Big, nullable=False) for name in names]


def _instants(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, columns.Utc(), nullable=False) for name in names]


def upgrade() -> None:
    _ledger()
    _earnings()
    _mall()


def _ledger() -> None:
    op.create_table(
        "ledger",
        *_numbers("seq"),
        *_words("key", "holder", "payer", "payee"),
        *_numbers("amount"),
        *_words("reason", "thing"),
        *_instants("at"),
        *_numbers("lot"),
        sa.Column("follows", columns.Bytes(), nullable=False),
        sa.Column("bound", columns.Bytes(), nullable=False),
        _one_of("payer", _ACCOUNTS),
        _one_of("payee", _ACCOUNTS),
        _one_of("reason", _REASONS),
        sa.CheckConstraint("payer <> payee", name="points_move"),
        sa.CheckConstraint(f"amount BETWEEN 1 AND {_MOST}", name="amount_is_some"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("follows"),
        sqlite_strict=True,
    )
    op.create_index("ledger_holder", "ledger", ["holder", "seq"])
    op.create_table(
        "ledger_head",
        *_numbers("id", "seq"),
        sa.Column("bound", columns.Bytes(), nullable=False),
        *_instants("at"),
        sa.CheckConstraint("id = 1", name="one_head"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "ledger_account",
        *_words("holder", "account"),
        *_numbers("lot", "balance"),
        _one_of("account", _ACCOUNTS),
        sa.CheckConstraint("balance >= 0 OR account IN ('owed', 'street')", name="none_below_0"),
        sa.CheckConstraint("balance <= 0 OR account <> 'owed'", name="owed_at_most_0"),
        sa.PrimaryKeyConstraint("holder", "account", "lot"),
        sqlite_strict=True,
    )
    _where("ledger_account_lots", "ledger_account", ["lot", "holder"], "account = 'points' AND balance > 0")
    op.create_table(
        "purse",
        *_words("holder"),
        sa.Column("resident", columns.Words(), nullable=True),
        *_numbers("version"),
        sa.ForeignKeyConstraint(["resident"], ["resident.id"]),
        sa.PrimaryKeyConstraint("holder"),
        sa.UniqueConstraint("resident"),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)
        op.execute(
            "CREATE TRIGGER ledger_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION ledger_stays()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_no_{change.lower()} BEFORE {change} ON ledger "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END"
        )


def _earnings() -> None:
    op.create_table(
        "earning",
        *_words("thing", "rule", "holder"),
        *_numbers("amount"),
        *_words("state"),
        *_instants("at", "due_at"),
        *_words("subject"),
        sa.Column("pictures", columns.Json(), nullable=False),
        *_words("why", "by"),
        *_numbers("lot", "version"),
        _one_of("rule", ("tenant", "moved_out", "hazard")),
        _one_of("state", ("review", "held", "free", "reversed", "declined")),
        sa.CheckConstraint("amount > 0", name="earns_some"),
        sa.ForeignKeyConstraint(["holder"], ["purse.holder"]),
        sa.PrimaryKeyConstraint("thing"),
        sqlite_strict=True,
    )
    op.create_index("earning_holder", "earning", ["holder", "at"])
    _where("earning_subject", "earning", ["subject", "at"], "subject <> ''")
    _where("earning_due", "earning", ["due_at"], "state = 'held'")
    _where("earning_review", "earning", ["at"], "state = 'review'")
    op.create_table(
        "earning_picture",
        *_words("picture", "thing"),
        sa.ForeignKeyConstraint(["thing"], ["earning.thing"]),
        sa.PrimaryKeyConstraint("picture", "thing"),
        sqlite_strict=True,
    )


def _mall() -> None:
    op.create_table(
        "goods",
        *_words("id", "name"),
        *_numbers("price", "stock", "most"),
        sa.Column("pick_up", columns.Json(), nullable=False),
        *_words("name_en", "picture"),
        sa.Column("offered", columns.Flag(), nullable=False),
        *_numbers("version"),
        sa.CheckConstraint("stock >= 0", name="stock_at_least_0"),
        sa.CheckConstraint(f"price BETWEEN 1 AND {_MOST}", name="price_is_some"),
        sa.CheckConstraint("most >= 0", name="most_at_least_0"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "mall_order",
        *_words("id", "code", "goods", "holder"),
        *_numbers("price"),
        sa.Column("paid", columns.Json(), nullable=False),
        *_words("state"),
        *_instants("placed_at", "until"),
        *_words("thread", "by"),
        sa.Column("settled_at", columns.Utc(), nullable=True),
        *_numbers("version"),
        _one_of("state", ("held", "fetched", "returned")),
        sa.CheckConstraint("price > 0", name="costs_some"),
        sa.ForeignKeyConstraint(["goods"], ["goods.id"]),
        sa.ForeignKeyConstraint(["holder"], ["purse.holder"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sqlite_strict=True,
    )
    op.create_index("mall_order_holder", "mall_order", ["holder", "placed_at"])
    op.create_index("mall_order_goods", "mall_order", ["goods", "placed_at"])
    _where("mall_order_until", "mall_order", ["until"], "state = 'held'")


def downgrade() -> None:
    mall, ledger = (
        ("mall_order", "goods"),
        ("earning_picture", "earning", "purse", "ledger_account", "ledger_head", "ledger"),
    )
    for name in (*mall, *ledger):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_stays")
