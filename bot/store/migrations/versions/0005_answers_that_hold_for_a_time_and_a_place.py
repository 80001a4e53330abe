"""Answers that hold for a time, a place and some people; and what they said before."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORDS = ("area", "audience", "instead_of", "changed_by")


def upgrade() -> None:
    op.add_column("faq_entry", sa.Column("valid_from", columns.Day(), nullable=True))
    op.add_column("faq_entry", sa.Column("valid_until", columns.Day(), nullable=True))
    for name in _WORDS:
        op.add_column("faq_entry", sa.Column(name, columns.Words(), nullable=False, server_default=""))
    op.add_column("faq_entry", sa.Column("changed_at", columns.Utc(), nullable=True))
    op.create_table(
        "faq_change",
        sa.Column("entry", columns.Words(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "version"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("faq_change")
    for name in ("changed_at", *_WORDS, "valid_until", "valid_from"):
        op.drop_column("faq_entry", name)
