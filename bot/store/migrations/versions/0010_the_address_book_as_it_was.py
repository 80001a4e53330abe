"""What the address book was before each import, and which routing rules were in force."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    imports = op.create_table(
        "directory_import",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("ix_directory_import_at", "directory_import", ["at"])
    op.create_table(
        "directory_past",
        sa.Column("import_id", columns.Big, nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("its", columns.Words(), nullable=False),
        sa.Column("said", columns.Json(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "kind", "its"),
        sqlite_strict=True,
    )
    op.create_table(
        "rules_taken",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("version", columns.Words(), nullable=False),
        sa.Column("content", columns.Words(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("ix_rules_taken_at", "rules_taken", ["at"])
    # An address book that is there already: its history begins now.
    there = op.get_bind().execute(sa.text("SELECT 1 FROM area LIMIT 1")).first()
    if there:
        op.bulk_insert(imports, [{"at": datetime.now(UTC)}])


def downgrade() -> None:
    op.drop_table("rules_taken")
    op.drop_table("directory_past")
    op.drop_table("directory_import")
