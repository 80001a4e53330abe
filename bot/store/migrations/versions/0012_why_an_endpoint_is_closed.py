"""Why an endpoint is closed that nobody here closed."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hook", sa.Column("closed_why", columns.Words(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("hook", "closed_why")
