"""wuyou keys and wuyou retention: what lies under which key, other keys, copies; what would go and what goes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store import Keys, Store
from bot.store.private import ages
from bot.store.tables import PERSON_KEY
from tests.bot.commands import Wuyou, in_store


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process has to be waited for."""
    monkeypatch.setattr("bot.cli_keys.GRACE", 0.0)


def _under(wuyou: Wuyou) -> dict[str, int]:
    shown = json.loads(wuyou("keys", "--json").output)
    assert shown["changing"] == 0
    return {row["key"]: row["data_keys"] for row in shown["keys"]}


def test_keys_are_changed_and_the_old_one_is_thrown_away(street: Path, wuyou: Wuyou, at_once: None) -> None:
    photos = street / "data" / "photos"
    photos.mkdir()
    (photos / "plain.jpg").write_bytes(b"JPEG of before pictures were sealed")
    ((old, count),) = _under(wuyou).items()
    assert count > 3
    refused = wuyou("keys", "drop", old, "--yes")
    assert refused.exit_code == 1 and "needed yet" in refused.output
    done = wuyou("keys", "rotate")
    assert done.exit_code == 0, done.output
    new = next(iter(_under(wuyou)))
    assert _under(wuyou) == {new: count, old: 0} and new != old
    assert b"JPEG" not in (photos / "plain.jpg").read_bytes()
    assert "thrown away" in wuyou("keys", "drop", old, "--yes").output
    assert _under(wuyou) == {new: count}
    unknown = wuyou("keys", "drop", new, "--yes")
    assert unknown.exit_code == 1
    assert in_store(street, _staff) == "李建国"
    assert "data keys" in wuyou("keys").output


async def _staff(store: Store) -> str:
    return store.directory.people["li"].name


def test_data_keys_are_changed_too_when_that_is_said(street: Path, wuyou: Wuyou, at_once: None) -> None:
    async def young(store: Store) -> dict[str, int]:
        held = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped)
        rows = await store.db.read(lambda c: c.execute(held).all())
        return {row.id: ages(row.wrapped)[0][1] for row in rows}

    before = in_store(street, young)
    done = wuyou("keys", "rotate", "--data")
    assert done.exit_code == 0 and "sealed anew" in done.output, done.output
    after = in_store(street, young)
    assert all(after[owner] > before[owner] for owner in before)
    assert in_store(street, _staff) == "李建国"


def test_a_copy_of_the_key_file_is_made_for_its_owner_alone_and_never_over_another(street: Path, wuyou: Wuyou) -> None:
    to = street / "copy.json"
    assert wuyou("keys", "copy", str(to)).exit_code == 0
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert Keys.load(to).ids == Keys.load(street / "data" / "keys.json").ids
    again = wuyou("keys", "copy", str(to))
    assert again.exit_code == 1 and "there already" in again.output


def test_a_dry_run_says_what_would_go_and_the_other_lets_it_go(street: Path, wuyou: Wuyou) -> None:
    shown = wuyou("retention", "--dry-run")
    assert shown.exit_code == 0 and "would go" in shown.output, shown.output
    rows = json.loads(wuyou("retention", "--dry-run", "--json").output)
    assert [row["kind"] for row in rows] == ["updates", "photos", "chat", "cases", "people"]
    assert all(row["gone"] is None for row in rows)
    done = json.loads(wuyou("retention", "--json").output)
    assert [row["gone"] for row in done] == [row["due"] for row in rows]


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        ("retention: {photos: 0}", "retention.photos"),
        ("retention: {cases: 100, photos: 180}", "longer than the cases"),
        ("retention: {foto: 3}", "did you mean 'photos'"),
        ("retention: {updates: never}", "retention.updates"),
    ],
)
def test_a_span_that_cannot_be_is_named_with_its_line(folder: Path, wuyou: Wuyou, written: str, trouble: str) -> None:
    (folder / "config.yaml").write_text(f"texts: {{language: zh}}\n{written}\n", "utf-8")
    done = wuyou("retention", "--dry-run")
    assert done.exit_code == 2 and trouble in done.output and "line 2" in done.output, done.output
