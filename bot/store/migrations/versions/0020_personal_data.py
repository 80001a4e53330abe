"""Consent, erasures, names cut out of the key file; and whose data a line of the audit is about."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ABOUT = sa.text("owner <> ''")
_OPEN = sa.text("done_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("resident", columns.Words(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("withdrawn_at", columns.Utc(), nullable=True),
        sa.CheckConstraint("\"purpose\" IN ('location', 'tenancy', 'family')", name="purpose_known"),
        sa.CheckConstraint("\"by\" IN ('self', 'guardian')", name="by_known"),
        sa.CheckConstraint("version > 0", name="text_has_a_version"),
        sa.CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= at", name="withdrawn_after"),
        sa.ForeignKeyConstraint(["resident"], ["resident.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("consent_resident", "consent", ["resident", "purpose"])
    op.create_table(
        "cut_out",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("due", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
    op.create_index("cut_out_due", "cut_out", ["due"])
    op.create_table(
        "erasure",
        sa.Column("resident", columns.Words(), nullable=False),
        sa.Column("asked_at", columns.Utc(), nullable=False),
        sa.Column("done_at", columns.Utc(), nullable=True),
        sa.ForeignKeyConstraint(["resident"], ["resident.id"]),
        sa.PrimaryKeyConstraint("resident"),
        sqlite_strict=True,
    )
    op.create_index("erasure_open", "erasure", ["asked_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.add_column("audit", sa.Column("owner", columns.Words(), nullable=False, server_default=""))
    op.create_index("audit_owner", "audit", ["owner", "id"], sqlite_where=_ABOUT, postgresql_where=_ABOUT)


def downgrade() -> None:
    op.drop_index("audit_owner", "audit")
    op.drop_column("audit", "owner")
    for table in ("erasure", "cut_out", "consent"):
        op.drop_table(table)
