"""Where a patrol on duty said they are."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "position",
        sa.Column("person", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("position")
