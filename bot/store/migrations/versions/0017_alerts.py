"""Alerts with their steps and clocks, and groups for drills."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('cancelled', 'declined', 'draft', 'live', 'paused', 'waiting')")
OF_CASE = sa.text("\"case\" <> ''")
RUNNING = sa.text("stopped_at IS NULL AND paused_at IS NULL")
OF_CASES = ("sign", "dispatch", "call", "arrive", "done", "place", "answer")
OF_ALERTS = ("approval", "ring", "expiry", "erasure")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.Column("author", columns.Words(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("exercise", columns.Flag(), nullable=False),
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("writers", columns.Json(), nullable=False),
        sa.Column("writer", columns.Words(), nullable=False),
        sa.Column("approver", columns.Words(), nullable=False),
        sa.Column("asked", columns.Json(), nullable=False),
        sa.Column("confirmed", columns.Flag(), nullable=False),
        sa.Column("ring", columns.Words(), nullable=False),
        sa.Column("ring_at", columns.Utc(), nullable=True),
        sa.Column("life", columns.Big, nullable=False),
        sa.Column("submitted_at", columns.Utc(), nullable=True),
        sa.Column("live_at", columns.Utc(), nullable=True),
        sa.Column("expires_at", columns.Utc(), nullable=True),
        sa.Column("corrected_at", columns.Utc(), nullable=True),
        sa.Column("ended_at", columns.Utc(), nullable=True),
        sa.Column("ending", columns.Words(), nullable=False),
        sa.Column("erased", columns.Flag(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint("\"kind\" IN ('missing', 'storm', 'notice')", name="kind_known"),
        sa.CheckConstraint(
            "\"state\" IN ('draft', 'waiting', 'live', 'paused', 'cancelled', 'taken_back', 'declined', 'abandoned')",
            name="state_known",
        ),
        sa.CheckConstraint("\"ending\" IN ('', 'found', 'false', 'expired', 'withdrawn')", name="ending_known"),
        sa.CheckConstraint("approver = '' OR approver <> writer", name="two_persons"),
        sa.CheckConstraint("state NOT IN ('cancelled', 'live', 'paused') OR approver <> ''", name="out_is_approved"),
        sa.CheckConstraint("version > 0", name="version_counts"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("alert_created", "alert", ["created_at"])
    op.create_index("alert_open", "alert", ["created_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("alert_case", "alert", ["case"], sqlite_where=OF_CASE, postgresql_where=OF_CASE)
    op.create_table(
        "alert_step",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("cause", columns.Words(), nullable=False),
        sa.Column("position", columns.Big, nullable=False),
        sa.Column("alert", columns.Words(), nullable=False),
        sa.Column("verb", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("to", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.Column("confirmed", columns.Flag(), nullable=False),
        sa.CheckConstraint(
            "\"verb\" IN ('begin', 'edit', 'submit', 'ask', 'approve', 'decline', 'abandon', 'correct', 'widen', "
            "'pause', 'resume', 'cancel', 'sight', 'take_back', 'expire', 'erase')",
            name="verb_known",
        ),
        sa.ForeignKeyConstraint(["alert"], ["alert.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("alert_step_alert", "alert_step", ["alert", "id"])
    op.create_index("alert_step_cause", "alert_step", ["cause", "position"], unique=True)
    op.add_column("chat_group", sa.Column("test", columns.Flag(), nullable=False, server_default="0"))
    _clocks_of(*OF_CASES, *OF_ALERTS)


def downgrade() -> None:
    clock = sa.table("clock", sa.column("kind"))
    op.execute(sa.delete(clock).where(clock.c.kind.in_(OF_ALERTS)))
    _clocks_of(*OF_CASES)
    op.drop_column("chat_group", "test")
    op.drop_table("alert_step")
    op.drop_table("alert")


def _clocks_of(*kinds: str) -> None:
    """Other kinds of clocks: SQLite has to write the table anew for it."""
    names = ", ".join(f"'{kind}'" for kind in kinds)
    known = f'"kind" IN ({names})'
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("kind_known", "clock", type_="check")
        op.create_check_constraint("kind_known", "clock", known)
        return
    op.drop_index("clock_due", "clock")
    op.rename_table("clock", "clock_before")
    op.create_table(
        "clock",
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("started_at", columns.Utc(), nullable=False),
        sa.Column("due_at", columns.Utc(), nullable=False),
        sa.Column("promised_at", columns.Utc(), nullable=False),
        sa.Column("rung", columns.Big, nullable=False),
        sa.Column("paused_at", columns.Utc(), nullable=True),
        sa.Column("stopped_at", columns.Utc(), nullable=True),
        sa.Column("breached_at", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint(known, name="kind_known"),
        sa.PrimaryKeyConstraint("subject", "kind"),
        sqlite_strict=True,
    )
    op.execute(sa.text("INSERT INTO clock SELECT * FROM clock_before"))
    op.drop_table("clock_before")
    op.create_index("clock_due", "clock", ["due_at"], sqlite_where=RUNNING, postgresql_where=RUNNING)
