"""Cases that may be the same matter, those joined to a case, and prints of pictures."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("resembles", columns.Words(), nullable=False, server_default=""))
    joined = sa.text("joined_to <> ''")
    op.create_index("cases_joined", "cases", ["joined_to"], sqlite_where=joined, postgresql_where=joined)
    op.create_table(
        "picture",
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("print", columns.Big, nullable=False),
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("kept_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    loose = sa.text("\"case\" = ''")
    op.create_index("picture_loose", "picture", ["kept_at"], sqlite_where=loose, postgresql_where=loose)
    op.create_table(
        "picture_part",
        sa.Column("part", columns.Big, nullable=False),
        sa.Column("picture", columns.Words(), nullable=False),
        sa.ForeignKeyConstraint(["picture"], ["picture.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("part", "picture"),
        sqlite_strict=True,
    )
    op.create_index("picture_part_of", "picture_part", ["picture"])


def downgrade() -> None:
    op.drop_table("picture_part")
    op.drop_table("picture")
    op.drop_index("cases_joined", "cases")
    op.drop_column("cases", "resembles")
