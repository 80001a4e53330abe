"""Accounts and sessions of those at the desk, and the book of who looked behind a mask."""

import sqlalchemy as sa
from alembic import op

from bot.store import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_DEEDS = ("invite", "revoke", "set_up", "sign_in", "password", "unmask", "retry", "drop")
_FUNCTION = """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$
"""


def upgrade() -> None:
    op.create_table(
        "desk_account",
        sa.Column("person", columns.Words(), nullable=False),
        sa.Column("password", columns.Words(), nullable=True),
        sa.Column("code", columns.Bytes(), nullable=True),
        sa.Column("code_until", columns.Utc(), nullable=True),
        sa.Column("invited_at", columns.Utc(), nullable=False),
        sa.Column("set_at", columns.Utc(), nullable=True),
        sa.Column("revoked_at", columns.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("person"),
        sa.UniqueConstraint("code"),
        sqlite_strict=True,
    )
    op.create_table(
        "desk_session",
        sa.Column("hash", columns.Bytes(), nullable=False),
        sa.Column("person", columns.Words(), nullable=False),
        sa.Column("began_at", columns.Utc(), nullable=False),
        sa.Column("seen_at", columns.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["desk_account.person"]),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_strict=True,
    )
    op.create_index("desk_session_person", "desk_session", ["person"])
    op.create_table(
        "desk_try",
        sa.Column("key", columns.Bytes(), nullable=False),
        sa.Column("full_at", columns.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    known = ", ".join(f"'{deed}'" for deed in _DEEDS)
    op.create_table(
        "audit",
        sa.Column("id", columns.Big, nullable=False),
        sa.Column("at", columns.Utc(), nullable=False),
        sa.Column("by", columns.Words(), nullable=False),
        sa.Column("deed", columns.Words(), nullable=False),
        sa.Column("subject", columns.Words(), nullable=False),
        sa.Column("sealed", columns.Bytes(), nullable=True),
        sa.Column("follows", columns.Bytes(), nullable=False),
        sa.Column("bound", columns.Bytes(), nullable=False),
        sa.CheckConstraint(f'"deed" IN ({known})', name="deed_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("follows"),
        sqlite_strict=True,
    )
    op.create_index("audit_subject", "audit", ["subject", "by", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_FUNCTION)
        op.execute("CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit EXECUTE FUNCTION audit_stays()")
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END"
        )


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_stays")
    op.drop_table("desk_try")
    op.drop_table("desk_session")
    op.drop_table("desk_account")
