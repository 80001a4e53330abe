"""Registrations of tenants."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")
_THERE = sa.text("state IN ('entered', 'verified', 'leaving')")


def upgrade() -> None:
    op.create_table(
        "tenancy",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("landlord", columns.Words(), nullable=True),
        sa.Column("grid", columns.Words(), nullable=False),
        sa.Column("home", columns.Words(), nullable=False),
        sa.Column("tenant", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("invited_at", columns.Utc(), nullable=False),
        sa.Column("due_at", columns.Utc(), nullable=True),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("consent", columns.Big, nullable=False),
        sa.Column("entered_at", columns.Utc(), nullable=True),
        sa.Column("verified_at", columns.Utc(), nullable=True),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("thing", columns.Words(), nullable=False),
        sa.Column("told_by", columns.Words(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint(
            "\"state\" IN ('invited', 'closed', 'entered', 'verified', 'leaving', 'moved_out')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'closed') = (sealed IS NULL)", name="nothing_of_a_closed_one"),
        sa.CheckConstraint("(state IN ('invited', 'closed')) = (tenant = '')", name="entered_by_the_tenant"),
        sa.CheckConstraint("(tenant = '') = (consent = 0)", name="agreed_to_a_text"),
        sa.ForeignKeyConstraint(["landlord"], ["resident.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("tenancy_landlord", "tenancy", ["landlord", "invited_at"])
    op.create_index("tenancy_grid", "tenancy", ["grid", "state"])
    op.create_index("tenancy_due", "tenancy", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_index(
        "tenancy_there", "tenancy", ["tenant", "home"], unique=True, sqlite_where=_THERE, postgresql_where=_THERE
    )


def downgrade() -> None:
    op.drop_table("tenancy")
