"""The open cases of a place are found by their kind, too, in an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'arrived', 'dispatched', 'done', 'received')")
BEFORE = ["grid", "opened_at", "number", "version", "state"]


def upgrade() -> None:
    _replace([*BEFORE, "category"])


def downgrade() -> None:
    _replace(BEFORE)


def _replace(columns: list[str]) -> None:
    op.drop_index("cases_near", "cases")
    op.create_index("cases_near", "cases", columns, sqlite_where=OPEN, postgresql_where=OPEN)
