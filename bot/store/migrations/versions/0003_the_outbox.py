"""The outbox."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payload",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("buttons", columns.Json(), nullable=False),
        sa.Column("photos", columns.Json(), nullable=False),
        sa.Column("location", columns.Json(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(
        "payload_full",
        "payload",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("text <> ''"),
        postgresql_where=sa.text("text <> ''"),
    )
    op.create_table(
        "queue",
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=False),
        sa.Column("lane", columns.Big, nullable=False),
        sa.Column("ready_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "bot", "chat", "lane"),
        sqlite_strict=True,
    )
    op.create_index("queue_ready", "queue", ["channel", "bot", "lane", "ready_at"], unique=False)
    op.create_table(
        "rate_state",
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("tat", columns.Utc(), nullable=True),
        sa.Column("blocked_until", columns.Utc(), nullable=True),
        sa.Column("turn", columns.Big, nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_table(
        "slot",
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=False),
        sa.Column("slot", columns.Words(), nullable=False),
        sa.Column("ref", columns.Words(), nullable=False),
        sa.Column("photo", columns.Flag(), nullable=False),
        sa.Column("lane", columns.Big, nullable=False),
        sa.PrimaryKeyConstraint("channel", "bot", "chat", "slot"),
        sqlite_strict=True,
    )
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
        sa.CheckConstraint(
            "\"state\" IN ('waiting', 'leased', 'sent', 'unknown', 'refused', 'gone', 'merged')", name="state_known"
        ),
        sa.ForeignKeyConstraint(
            ["payload_id"],
            ["payload.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("dedupe_key"),
        sqlite_strict=True,
    )
    op.create_index(
        "outbox_case",
        "outbox",
        ["case"],
        unique=False,
        sqlite_where=sa.text("\"case\" <> ''"),
        postgresql_where=sa.text("\"case\" <> ''"),
    )
    op.create_index(
        "outbox_head",
        "outbox",
        ["channel", "bot", "chat", "lane", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "outbox_lane",
        "outbox",
        ["lane", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "outbox_leased",
        "outbox",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "outbox_ref",
        "outbox",
        ["channel", "bot", "chat", "ref"],
        unique=False,
        sqlite_where=sa.text("ref <> ''"),
        postgresql_where=sa.text("ref <> ''"),
    )
    op.create_index(
        "outbox_slot",
        "outbox",
        ["channel", "bot", "chat", "slot"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting' AND slot <> ''"),
        postgresql_where=sa.text("state = 'waiting' AND slot <> ''"),
    )
    op.create_index(
        "outbox_trouble",
        "outbox",
        ["state", "channel", "bot", "chat"],
        unique=False,
        sqlite_where=sa.text("state IN ('unknown', 'refused', 'gone')"),
        postgresql_where=sa.text("state IN ('unknown', 'refused', 'gone')"),
    )


def downgrade() -> None:
    op.drop_index(
        "outbox_trouble",
        table_name="outbox",
        sqlite_where=sa.text("state IN ('unknown', 'refused', 'gone')"),
        postgresql_where=sa.text("state IN ('unknown', 'refused', 'gone')"),
    )
    op.drop_index(
        "outbox_slot",
        table_name="outbox",
        sqlite_where=sa.text("state = 'waiting' AND slot <> ''"),
        postgresql_where=sa.text("state = 'waiting' AND slot <> ''"),
    )
    op.drop_index(
        "outbox_ref", table_name="outbox", sqlite_where=sa.text("ref <> ''"), postgresql_where=sa.text("ref <> ''")
    )
    op.drop_index(
        "outbox_leased",
        table_name="outbox",
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.drop_index(
        "outbox_lane",
        table_name="outbox",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "outbox_head",
        table_name="outbox",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "outbox_case",
        table_name="outbox",
        sqlite_where=sa.text("\"case\" <> ''"),
        postgresql_where=sa.text("\"case\" <> ''"),
    )
    op.drop_table("outbox")
    op.drop_table("slot")
    op.drop_table("rate_state")
    op.drop_index("queue_ready", table_name="queue")
    op.drop_table("queue")
    op.drop_index(
        "payload_full",
        table_name="payload",
        sqlite_where=sa.text("text <> ''"),
        postgresql_where=sa.text("text <> ''"),
    )
    op.drop_table("payload")
