"""What each person has in hand is counted from an index that holds open cases only."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('accepted', 'arrived', 'dispatched', 'done', 'received')")


def upgrade() -> None:
    op.drop_index("cases_holder", "cases")
    op.create_index("cases_in_hand", "cases", ["holder", "urgency", "state"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("cases_in_hand", "cases")
    op.create_index("cases_holder", "cases", ["holder", "state"])
