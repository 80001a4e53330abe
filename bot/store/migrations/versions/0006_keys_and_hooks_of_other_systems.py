"""Keys of other systems, and the endpoints that are told what becomes of cases."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "system",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("key_hash", columns.Bytes(), nullable=False),
        sa.Column("may", columns.Json(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("withdrawn_at", columns.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("key_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "hook",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("url", columns.Words(), nullable=False),
        sa.Column("events", columns.Json(), nullable=False),
        sa.Column("inside", columns.Flag(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("closed_at", columns.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("hook")
    op.drop_table("system")
