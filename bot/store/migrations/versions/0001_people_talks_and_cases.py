"""People, talks and cases."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cause",
        sa.Column("cause", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("cause"),
        sqlite_strict=True,
    )
    op.create_index("cause_at", "cause", ["at"], unique=False)
    op.create_table(
        "clock",
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("started_at", columns.Utc(), nullable=False),
        sa.Column("due_at", columns.Utc(), nullable=False),
        sa.Column("promised_at", columns.Utc(), nullable=False),
        sa.Column("rung", columns.Big, nullable=False),
        sa.Column("paused_at", columns.Utc(), nullable=True),
        sa.Column("stopped_at", columns.Utc(), nullable=True),
        sa.Column("breached_at", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint(
            "\"kind\" IN ('sign', 'dispatch', 'call', 'arrive', 'done', 'place', 'answer')", name="kind_known"
        ),
        sa.PrimaryKeyConstraint("subject", "kind"),
        sqlite_strict=True,
    )
    op.create_index(
        "clock_due",
        "clock",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
        postgresql_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
    )
    op.create_table(
        "inbox",
        sa.Column("arrival", columns.Big, nullable=False),
        sa.Column("cause", columns.Words(), nullable=False),
        sa.Column("chat_ix", columns.Bytes(), nullable=False),
        sa.Column("received_at", columns.Utc(), nullable=False),
        sa.Column("payload", columns.Bytes(), nullable=True),
        sa.Column("tries", columns.Big, nullable=False),
        sa.Column("error", columns.Words(), nullable=False),
        sa.Column("parked_at", columns.Utc(), nullable=True),
        sa.CheckConstraint("parked_at IS NULL OR payload IS NOT NULL", name="parked_has_payload"),
        sa.PrimaryKeyConstraint("arrival"),
        sa.UniqueConstraint("cause"),
        sqlite_strict=True,
    )
    op.create_index(
        "inbox_parked",
        "inbox",
        ["parked_at"],
        unique=False,
        sqlite_where=sa.text("parked_at IS NOT NULL"),
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.create_index("inbox_received", "inbox", ["received_at"], unique=False)
    op.create_index(
        "inbox_waiting",
        "inbox",
        ["chat_ix", "arrival"],
        unique=False,
        sqlite_where=sa.text("payload IS NOT NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("payload IS NOT NULL AND parked_at IS NULL"),
    )
    op.create_table(
        "inbox_lease",
        sa.Column("chat_ix", columns.Bytes(), nullable=False),
        sa.Column("worker", columns.Words(), nullable=False),
        sa.Column("until", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("chat_ix"),
        sqlite_strict=True,
    )
    op.create_table(
        "meta",
        sa.Column("name", columns.Words(), nullable=False),
        sa.Column("value", columns.Big, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
    )
    op.create_table(
        "miss",
        sa.Column("words_ix", columns.Bytes(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("times", columns.Big, nullable=False),
        sa.Column("first_at", columns.Utc(), nullable=False),
        sa.Column("last_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("words_ix"),
        sqlite_strict=True,
    )
    op.create_index("miss_last", "miss", ["last_at"], unique=False)
    op.create_table(
        "person_key",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("wrapped", columns.Bytes(), nullable=True),
        sa.Column("created_at", columns.Utc(), nullable=False),
        sa.Column("destroyed_at", columns.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "photo",
        sa.Column("key", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("kind", columns.Words(), nullable=False),
        sa.Column("size", columns.Big, nullable=False),
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("result", columns.Flag(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("ordered_at", columns.Utc(), nullable=False),
        sa.CheckConstraint("\"kind\" IN ('photo', 'voice', 'video', 'file', 'sticker')", name="kind_known"),
        sa.CheckConstraint("\"state\" IN ('waiting', 'kept', 'refused')", name="state_known"),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_index("photo_case", "photo", ["case"], unique=False)
    op.create_index(
        "photo_waiting",
        "photo",
        ["ordered_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "reach",
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("user_ix", columns.Bytes(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat_ix", columns.Bytes(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("since", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "user_ix", "bot"),
        sqlite_strict=True,
    )
    op.create_index("reach_chat", "reach", ["chat_ix"], unique=False)
    op.create_table(
        "resident",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("user_ix", columns.Bytes(), nullable=True),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("language", columns.Words(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.ForeignKeyConstraint(
            ["id"],
            ["person_key.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("resident_user", "resident", ["channel", "user_ix"], unique=True)
    op.create_table(
        "link",
        sa.Column("hash", columns.Bytes(), nullable=False),
        sa.Column("purpose", columns.Words(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("resident", columns.Words(), nullable=False),
        sa.Column("expires_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_index("link_expires", "link", ["expires_at"], unique=False)
    op.create_table(
        "thread",
        sa.Column("id", columns.Words(), nullable=False),
        sa.Column("channel", columns.Words(), nullable=False),
        sa.Column("bot", columns.Words(), nullable=False),
        sa.Column("chat", columns.Words(), nullable=True),
        sa.Column("chat_ix", columns.Bytes(), nullable=False),
        sa.Column("resident", columns.Words(), nullable=False),
        sa.Column("private", columns.Flag(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("draft_until", columns.Utc(), nullable=True),
        sa.Column("topic", columns.Words(), nullable=False),
        sa.Column("topic_until", columns.Utc(), nullable=True),
        sa.Column("handed_to", columns.Words(), nullable=False),
        sa.Column("handed_case", columns.Words(), nullable=False),
        sa.Column("offered_until", columns.Utc(), nullable=True),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint("(chat IS NULL) = (private = 1)", name="private_chat_sealed"),
        sa.ForeignKeyConstraint(
            ["resident"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("thread_chat", "thread", ["resident", "bot", "chat_ix"], unique=True)
    op.create_index(
        "thread_draft",
        "thread",
        ["draft_until"],
        unique=False,
        sqlite_where=sa.text("draft_until IS NOT NULL"),
        postgresql_where=sa.text("draft_until IS NOT NULL"),
    )
    op.create_index("thread_group", "thread", ["chat_ix"], unique=False)
    op.create_index(
        "thread_handed",
        "thread",
        ["handed_to"],
        unique=False,
        sqlite_where=sa.text("handed_to <> ''"),
        postgresql_where=sa.text("handed_to <> ''"),
    )
    op.create_table(
        "cases",
        sa.Column("number", columns.Words(), nullable=False),
        sa.Column("state", columns.Words(), nullable=False),
        sa.Column("reporter", columns.Words(), nullable=False),
        sa.Column("thread", columns.Words(), nullable=False),
        sa.Column("message", columns.Words(), nullable=False),
        sa.Column("opened_at", columns.Utc(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=False),
        sa.Column("category", columns.Words(), nullable=False),
        sa.Column("category_sure", columns.Flag(), nullable=False),
        sa.Column("urgency", columns.Words(), nullable=False),
        sa.Column("private", columns.Flag(), nullable=False),
        sa.Column("grid", columns.Words(), nullable=False),
        sa.Column("platform", columns.Words(), nullable=False),
        sa.Column("unit", columns.Words(), nullable=False),
        sa.Column("holder", columns.Words(), nullable=False),
        sa.Column("asked", columns.Json(), nullable=False),
        sa.Column("reason", columns.Words(), nullable=False),
        sa.Column("photos", columns.Json(), nullable=False),
        sa.Column("result_photos", columns.Json(), nullable=False),
        sa.Column("joined_to", columns.Words(), nullable=False),
        sa.Column("version", columns.Big, nullable=False),
        sa.CheckConstraint(
            "\"state\" IN ('received', 'dispatched', 'accepted', 'arrived', 'done', 'closed', 'joined', 'withdrawn')",
            name="state_known",
        ),
        sa.CheckConstraint("\"urgency\" IN ('', 'now', 'today', 'days')", name="urgency_known"),
        sa.CheckConstraint("length(number) = 8", name="number_has_8_digits"),
        sa.CheckConstraint("version > 0", name="version_counts"),
        sa.ForeignKeyConstraint(
            ["reporter"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["thread"],
            ["thread.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )
    op.create_index("cases_grid", "cases", ["grid", "opened_at"], unique=False)
    op.create_index("cases_holder", "cases", ["holder", "state"], unique=False)
    op.create_index("cases_opened", "cases", ["opened_at"], unique=False)
    op.create_index("cases_reporter", "cases", ["reporter", "opened_at"], unique=False)
    op.create_index("cases_state", "cases", ["state", "opened_at"], unique=False)
    op.create_index("cases_thread", "cases", ["thread"], unique=False)
    op.create_table(
        "step",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("cause", columns.Words(), nullable=False),
        sa.Column("position", columns.Big, nullable=False),
        sa.Column("case", columns.Words(), nullable=False),
        sa.Column("verb", columns.Words(), nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("photos", columns.Json(), nullable=False),
        sa.Column("to", columns.Words(), nullable=False),
        sa.CheckConstraint(
            "\"verb\" IN ('receive', 'detail', 'dispatch', 'accept', 'pass_on', 'call', 'arrive', 'finish', "
            "'confirm', 'reopen', 'lapse', 'escalate', 'join', 'withdraw', 'note')",
            name="verb_known",
        ),
        sa.ForeignKeyConstraint(
            ["case"],
            ["cases.number"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("step_case", "step", ["case", "id"], unique=False)
    op.create_index("step_cause", "step", ["cause", "position"], unique=True)


def downgrade() -> None:
    op.drop_index("step_cause", table_name="step")
    op.drop_index("step_case", table_name="step")
    op.drop_table("step")
    op.drop_index("cases_thread", table_name="cases")
    op.drop_index("cases_state", table_name="cases")
    op.drop_index("cases_reporter", table_name="cases")
    op.drop_index("cases_opened", table_name="cases")
    op.drop_index("cases_holder", table_name="cases")
    op.drop_index("cases_grid", table_name="cases")
    op.drop_table("cases")
    op.drop_index(
        "thread_handed",
        table_name="thread",
        sqlite_where=sa.text("handed_to <> ''"),
        postgresql_where=sa.text("handed_to <> ''"),
    )
    op.drop_index("thread_group", table_name="thread")
    op.drop_index(
        "thread_draft",
        table_name="thread",
        sqlite_where=sa.text("draft_until IS NOT NULL"),
        postgresql_where=sa.text("draft_until IS NOT NULL"),
    )
    op.drop_index("thread_chat", table_name="thread")
    op.drop_table("thread")
    op.drop_index("link_expires", table_name="link")
    op.drop_table("link")
    op.drop_index("resident_user", table_name="resident")
    op.drop_table("resident")
    op.drop_index("reach_chat", table_name="reach")
    op.drop_table("reach")
    op.drop_index(
        "photo_waiting",
        table_name="photo",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("photo_case", table_name="photo")
    op.drop_table("photo")
    op.drop_table("person_key")
    op.drop_index("miss_last", table_name="miss")
    op.drop_table("miss")
    op.drop_table("meta")
    op.drop_table("inbox_lease")
    op.drop_index(
        "inbox_waiting",
        table_name="inbox",
        sqlite_where=sa.text("payload IS NOT NULL AND parked_at IS NULL"),
        postgresql_where=sa.text("payload IS NOT NULL AND parked_at IS NULL"),
    )
    op.drop_index("inbox_received", table_name="inbox")
    op.drop_index(
        "inbox_parked",
        table_name="inbox",
        sqlite_where=sa.text("parked_at IS NOT NULL"),
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )
    op.drop_table("inbox")
    op.drop_index(
        "clock_due",
        table_name="clock",
        sqlite_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
        postgresql_where=sa.text("stopped_at IS NULL AND paused_at IS NULL"),
    )
    op.drop_table("clock")
    op.drop_index("cause_at", table_name="cause")
    op.drop_table("cause")
