"""What the desk lets everybody read of a case."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_note",
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("words", columns.Words(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["cases.number"]),
        sa.PrimaryKeyConstraint("case"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("public_note")
