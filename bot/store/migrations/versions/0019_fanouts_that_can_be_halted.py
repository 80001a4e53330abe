"""Fan-outs that can be paused, cancelled and taken back; an app's names for pictures, per account."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BEFORE = ("waiting", "leased", "sent", "unknown", "refused", "gone", "merged")
_STATES = (*_BEFORE, "held", "withdrawn")

#: The outbox's indexes as they stand without this step: name, columns, condition.
_INDEXES = (
    ("outbox_head", ["channel", "bot", "chat", "lane", "id"], "state = 'waiting'"),
    ("outbox_slot", ["channel", "bot", "chat", "slot"], "state = 'waiting' AND slot <> ''"),
    ("outbox_leased", ["lease_until"], "state = 'leased'"),
    ("outbox_ref", ["channel", "bot", "chat", "ref"], "ref <> ''"),
    ("outbox_trouble", ["state", "channel", "bot", "chat"], "state IN ('unknown', 'refused', 'gone')"),
    ("outbox_case", ["case"], "\"case\" <> ''"),
    ("outbox_lane", ["lane", "id"], "state = 'waiting'"),
)
_MORE = (
    ("outbox_held", ["channel", "bot", "chat", "slot"], "state = 'held'"),
    ("outbox_part", ["case", "tag", "state"], "tag <> ''"),
)


def upgrade() -> None:
    op.add_column("slot", sa.Column("picture", columns.Words(), nullable=False, server_default=""))
    op.create_table(
        "fanout",
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("payload_id", columns.Big, nullable=True),
        sa.Column("tag", columns.Words(), nullable=False),
        sa.CheckConstraint("\"state\" IN ('running', 'paused', 'cancelled', 'recalled')", name="state_known"),
        sa.ForeignKeyConstraint(["payload_id"], ["payload.id"]),
        sa.PrimaryKeyConstraint("case"),
        sqlite_strict=True,
    )
    op.create_table(
        "file_id",
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("ref", columns.Words(), nullable=False),
        sa.Column("pilot", columns.Big, nullable=True),
        sa.Column("pilot_until", columns.Utc(), nullable=True),
        sa.Column("pilots", columns.Big, nullable=False),
        sa.PrimaryKeyConstraint("channel", "bot", "key"),
        sqlite_strict=True,
    )
    _index("file_id_pilot", "file_id", ["pilot"], "pilot IS NOT NULL")
    _outbox(_STATES, wide=True)
    for name, named, condition in _MORE:
        _index(name, "outbox", named, condition)


def downgrade() -> None:
    for name, _, _ in _MORE:
        op.drop_index(name, "outbox")
    # What the states before this step have no word for will not leave by itself there either.
    op.execute("UPDATE outbox SET state = 'refused', error = state WHERE state IN ('held', 'withdrawn')")
    _outbox(_BEFORE, wide=False)
    op.drop_table("file_id")
    op.drop_table("fanout")
    op.drop_column("slot", "picture")


def _index(name: str, table: str, named: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, named, sqlite_where=where, postgresql_where=where)


def _outbox(states: tuple[str, ...], *, wide: bool) -> None:
    """The outbox with other states, and with a tag or without one. SQLite cannot change a CHECK: its table is made
    anew and filled from the old one."""
    known = '"state" IN (' + ", ".join(f"'{state}'" for state in states) + ")"
    more = [
        sa.Column("tag", columns.Words(), nullable=False, server_default=""),
        sa.Column("recalls", columns.Flag(), nullable=False, server_default=sa.text("0")),
    ]
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("state_known", "outbox", type_="check")
        op.create_check_constraint("state_known", "outbox", known)
        for column in more:
            if wide:
                op.add_column("outbox", column)
            else:
                op.drop_column("outbox", column.name)
        return
    for name, _, _ in _INDEXES:
        op.drop_index(name, "outbox")
    op.rename_table("outbox", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=False),
        sa.Column("lane", columns.Big, nullable=False),
        sa.Column("slot", columns.Words(), nullable=False),
        sa.Column("fresh", columns.Flag(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("due", columns.Utc(), nullable=False),
        sa.Column("lease_until", columns.Utc(), nullable=True),
        sa.Column("worker", columns.Words(), nullable=False),
        sa.Column("attempt", columns.Big, nullable=False),
        sa.Column("dedupe_key", columns.Words(), nullable=False),
        sa.Column("payload_id", columns.Big, nullable=False),
        sa.Column("reply_to", columns.Words(), nullable=False),
        sa.Column("edits", columns.Words(), nullable=False),
        sa.Column("ref", columns.Words(), nullable=False),
        sa.Column("error", columns.Words(), nullable=False),
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("stops", columns.Words(), nullable=False),
        sa.Column("merged_into", columns.Big, nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("sent_at", columns.Utc(), nullable=True),
        *(more if wide else ()),
        sa.CheckConstraint(known, name="state_known"),
        sa.ForeignKeyConstraint(["payload_id"], ["payload.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
        sqlite_strict=True,
    )
    kept = (
        "id, channel, bot, chat, lane, slot, fresh, state, due, lease_until, worker, attempt, dedupe_key, payload_id, "
        'reply_to, edits, ref, error, "case", stops, merged_into, created_at, sent_at'
    )
    op.execute(f"INSERT INTO outbox ({kept}) SELECT {kept} FROM outbox_before")  # noqa: S608 - names of columns
    op.drop_table("outbox_before")
    for name, named, condition in _INDEXES:
        _index(name, "outbox", named, condition)
