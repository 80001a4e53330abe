"""Who is on leave and who stands in, holidays, and when an office is open."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leave",
        sa.Column("person", columns.Words(), nullable=False),
        sa.Column("first", columns.Day(), nullable=False),
        sa.Column("last", columns.Day(), nullable=False),
        sa.Column("deputy", columns.Words(), nullable=True),
        sa.PrimaryKeyConstraint("person", "first"),
        sqlite_strict=True,
    )
    op.create_table(
        "holiday",
        sa.Column("day", columns.Day(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("works", columns.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
        sqlite_strict=True,
    )
    op.create_table(
        "office_hours",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.Column("weekday", columns.Big, nullable=False),
        sa.Column("start", columns.Big, nullable=False),
        sa.Column("end", columns.Big, nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("office_hours")
    op.drop_table("holiday")
    op.drop_table("leave")
