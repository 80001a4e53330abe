"""The open cases of a place are found in an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'arrived', 'dispatched', 'done', 'received')")


def upgrade() -> None:
    columns = ["grid", "opened_at", "number", "version", "state"]
    op.create_index("cases_near", "cases", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("cases_near", "cases")
