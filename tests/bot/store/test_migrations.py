"""The schema's steps: up and down on both engines, and at their end exactly what the models say."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from bot.store import migrate as steps
from bot.store.database import Database
from bot.store.migrate import behind, migrate


@pytest.fixture
def empty(url: str) -> object:
    db = Database.open(url)
    yield db
    db.close_now()


def tables(db: Database) -> set[str]:
    return set(db.write_now(lambda c: inspect(c).get_table_names()))


def test_up_is_what_the_models_say_and_down_leaves_nothing(empty: Database) -> None:
    assert behind(empty)
    migrate(empty)
    assert not behind(empty)
    assert tables(empty) == {*SQLModel.metadata.tables, "alembic_version"}
    differences = empty.write_now(
        lambda c: compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), SQLModel.metadata)
    )
    assert differences == []
    migrate(empty, "base")
    assert tables(empty) == {"alembic_version"}
    migrate(empty)
    migrate(empty)
    assert not behind(empty)


def test_checks_and_strictness_are_the_models_too(empty: Database) -> None:
    """compare_metadata does not look at CHECK constraints: a fresh database of the models and one of the steps do."""
    migrate(empty)
    made = _texts(empty)
    migrate(empty, "base")
    empty.write_now(SQLModel.metadata.create_all)
    assert made == _texts(empty)


def _texts(db: Database) -> dict[str, set[str]]:
    def checks(connection: Connection) -> dict[str, set[str]]:
        look = inspect(connection)
        return {
            name: {str(check["sqltext"]) for check in look.get_check_constraints(name)}
            | {str(key["referred_table"]) for key in look.get_foreign_keys(name)}
            | {str(index["name"]) for index in look.get_indexes(name)}
            for name in look.get_table_names()
            if name != "alembic_version"
        }

    return db.write_now(checks)


def test_clocks_that_run_go_on_running_when_alerts_come(empty: Database) -> None:
    migrate(empty, "0016")
    columns = "subject, kind, started_at, due_at, promised_at, rung, version"
    clock = f"INSERT INTO clock ({columns}) VALUES ('{{}}', '{{}}', 1, 2, 3, 0, 1)"
    empty.write_now(lambda c: c.execute(text(clock.format("38164275", "call"))))
    with pytest.raises(IntegrityError):
        empty.write_now(lambda c: c.execute(text(clock.format("a38164275", "ring"))))
    migrate(empty, "0017")
    empty.write_now(lambda c: c.execute(text(clock.format("a38164275", "ring"))))
    left = text("SELECT subject, kind, due_at FROM clock")
    assert len(empty.write_now(lambda c: c.execute(left).all())) == 2
    migrate(empty, "0016")
    assert empty.write_now(lambda c: [tuple(row) for row in c.execute(left)]) == [("38164275", "call", 2)]


def test_every_sqlite_table_is_strict(tmp_path: Path) -> None:
    db = Database.open(f"sqlite:///{tmp_path}/x.db")
    migrate(db)
    loose = text("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0")
    names = db.read_now(lambda c: {row.name for row in c.execute(loose)})
    assert {name for name in names if not name.startswith("sqlite_")} == {"alembic_version"}
    db.close_now()


def test_a_step_that_fails_leaves_no_table_behind(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("crash")

    def half(connection: Connection) -> None:
        SQLModel.metadata.create_all(connection)
        crash()

    with pytest.raises(RuntimeError):
        empty.write_now(half)
    assert tables(empty) == set()
    assert steps.behind(empty)
