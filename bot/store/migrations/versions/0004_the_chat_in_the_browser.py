"""The chat in the browser."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_user",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("since", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "web_chat",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("title", columns.Words(), nullable=False),
        sa.Column("owner", columns.Words(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["web_user.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "web_link",
        sa.Column("hash", columns.Bytes(), nullable=False),
        sa.Column("user_id", columns.Words(), nullable=False),
        sa.Column("expires_at", columns.Utc(), nullable=False),
        sa.Column("used_at", columns.Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["web_user.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "web_session",
        sa.Column("hash", columns.Bytes(), nullable=False),
        sa.Column("user_id", columns.Words(), nullable=False),
        sa.Column("began_at", columns.Utc(), nullable=False),
        sa.Column("seen_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["web_user.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "web_member",
        sa.Column("chat", columns.Words(), nullable=False),
        sa.Column("user_id", columns.Words(), nullable=False),
        sa.Column("admin", columns.Flag(), nullable=False),
        sa.Column("read_seq", columns.Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["chat"],
            ["web_chat.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["web_user.id"],
        ),
        sa.PrimaryKeyConstraint("chat", "user_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_web_member_user_id"), "web_member", ["user_id"], unique=False)
    op.create_table(
        "web_message",
        sa.Column("seq", columns.Big, nullable=False),
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=False),
        sa.Column("author", columns.Words(), nullable=False),
        sa.Column("language", columns.Words(), nullable=False),
        sa.Column("text", columns.Words(), nullable=False),
        sa.Column("buttons", columns.Json(), nullable=False),
        sa.Column("photos", columns.Json(), nullable=False),
        sa.Column("lat", columns.Degrees, nullable=True),
        sa.Column("lon", columns.Degrees, nullable=True),
        sa.Column("reply_to", columns.Words(), nullable=False),
        sa.Column("sent_at", columns.Utc(), nullable=False),
        sa.Column("changed_at", columns.Utc(), nullable=False),
        sa.Column("edited_at", columns.Utc(), nullable=True),
        sa.Column("deleted_at", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.Column("heard", columns.Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["chat"],
            ["web_chat.id"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("web_message_changed", "web_message", ["changed_at"], unique=False)
    op.create_index("web_message_chat", "web_message", ["chat", "seq"], unique=False)
    op.create_table(
        "web_photo",
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("message", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat"],
            ["web_chat.id"],
        ),
        sa.ForeignKeyConstraint(["message"], ["web_message.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", "message"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_web_photo_message"), "web_photo", ["message"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_web_photo_message"), table_name="web_photo")
    op.drop_table("web_photo")
    op.drop_index("web_message_chat", table_name="web_message")
    op.drop_index("web_message_changed", table_name="web_message")
    op.drop_table("web_message")
    op.drop_index(op.f("ix_web_member_user_id"), table_name="web_member")
    op.drop_table("web_member")
    op.drop_index(op.f("ix_web_session_user_id"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_table("web_link")
    op.drop_table("web_chat")
    op.drop_table("web_user")
