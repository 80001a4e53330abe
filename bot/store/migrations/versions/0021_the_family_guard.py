"""The family guard: who hears of whom when somebody may be falling for a fraud."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_SOMEBODY = sa.text("relative IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "family_tie",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("guarded", columns.Words(), nullable=False),
        sa.Column("relative", columns.Words(), nullable=True),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("code_ix", columns.Bytes(), nullable=True),
        sa.Column("until", columns.Utc(), nullable=True),
        sa.Column("agreed_at", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint("\"state\" IN ('asked', 'linked')", name="state_known"),
        sa.CheckConstraint("(state = 'linked') = (relative IS NOT NULL)", name="linked_to_somebody"),
        sa.CheckConstraint("(state = 'asked') = (code_ix IS NOT NULL)", name="code_while_asked"),
        sa.CheckConstraint("relative IS NULL OR relative <> guarded", name="two_persons"),
        sa.ForeignKeyConstraint(["guarded"], ["resident.id"]),
        sa.ForeignKeyConstraint(["relative"], ["resident.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_ix"),
        sqlite_strict=True,
    )
    op.create_index("family_tie_guarded", "family_tie", ["guarded"])
    op.create_index(
        "family_tie_relative", "family_tie", ["relative"], sqlite_where=_SOMEBODY, postgresql_where=_SOMEBODY
    )
    op.create_table(
        "family_guard",
        sa.Column("resident", columns.Words(), nullable=False),
        sa.Column("code_ix", columns.Bytes(), nullable=False),
        sa.Column("warned_at", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.ForeignKeyConstraint(["resident"], ["resident.id"]),
        sa.PrimaryKeyConstraint("resident"),
        sa.UniqueConstraint("code_ix"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("family_guard")
    op.drop_table("family_tie")
