"""The address book and the FAQ."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("address_id", columns.Words(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.Column("lat", columns.Degrees, nullable=False),
        sa.Column("lon", columns.Degrees, nullable=False),
        sa.PrimaryKeyConstraint("address_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "area",
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("parent", columns.Words(), nullable=True),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("boundary_wkt", columns.Words(), nullable=True),
        sa.Column("lat", columns.Degrees, nullable=True),
        sa.Column("lon", columns.Degrees, nullable=True),
        sa.CheckConstraint(
            "\"kind\" IN ('district', 'street', 'community', 'grid', 'micro', 'zone', 'patrol')", name="kind_known"
        ),
        sa.PrimaryKeyConstraint("code"),
        sqlite_strict=True,
    )
    op.create_table(
        "chat_group",
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat_id", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=True),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("hears", columns.Words(), nullable=False),
        sa.Column("hears_imported", columns.Words(), nullable=False),
        sa.Column("present", columns.Flag(), nullable=True),
        sa.CheckConstraint("\"hears\" IN ('mention', 'listen')", name="hears_known"),
        sa.PrimaryKeyConstraint("channel", "bot", "chat_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "duty",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("person", columns.Words(), nullable=False),
        sa.Column("weekday", columns.Big, nullable=False),
        sa.Column("start", columns.Big, nullable=False),
        sa.Column("end", columns.Big, nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday_known"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_duty_person"), "duty", ["person"], unique=False)
    op.create_table(
        "faq_entry",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("answer", columns.Words(), nullable=False),
        sa.Column("phrasings", columns.Json(), nullable=False),
        sa.Column("source", columns.Words(), nullable=False),
        sa.Column("dated", columns.Day(), nullable=True),
        sa.Column("title_en", columns.Words(), nullable=False),
        sa.Column("answer_en", columns.Words(), nullable=False),
        sa.Column("sample", columns.Flag(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.Column("withdrawn", columns.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "person",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("role", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.Column("unit", columns.Words(), nullable=True),
        sa.Column("channel", columns.Words(), nullable=True),
        sa.Column("user_ix", columns.Bytes(), nullable=True),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.CheckConstraint(
            "\"role\" IN ('cadre', 'patrol', 'unit', 'desk', 'author', 'approver', 'leader', 'admin')",
            name="role_known",
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("person_user", "person", ["channel", "user_ix"], unique=False)
    op.create_table(
        "unit",
        sa.Column("code", columns.Words(), nullable=False),
        sa.Column("platform", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("area", columns.Words(), nullable=False),
        sa.CheckConstraint("\"platform\" IN ('order', 'market', 'enforcement', 'service')", name="platform_known"),
        sa.PrimaryKeyConstraint("code"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("unit")
    op.drop_index("person_user", table_name="person")
    op.drop_table("person")
    op.drop_table("faq_entry")
    op.drop_index(op.f("ix_duty_person"), table_name="duty")
    op.drop_table("duty")
    op.drop_table("chat_group")
    op.drop_table("area")
    op.drop_table("address")
