"""wuyou desk: who may sign in; codes are shown once, and what was done is in the book."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import Store, accounts
from tests import town
from tests.bot.commands import Wuyou, in_store

FENG = town.DESK_BY_DAY


def code_of(output: str) -> str:
    return next(line.split()[1] for line in output.splitlines() if line.startswith("code"))


def state(wuyou: Wuyou) -> dict[str, str]:
    return {row["person"]: row["state"] for row in json.loads(wuyou("desk", "list", "--json").output)}


def test_a_code_is_shown_once_with_its_address_and_opens_for_its_person(street: Path, wuyou: Wuyou) -> None:
    made = wuyou("desk", "invite", FENG)
    code = code_of(made.output)
    assert f"https://wuyou.example/desk/setup#{code}" in made.output
    assert "this once" in made.stderr
    assert code not in wuyou("desk", "list").output

    async def whose(store: Store) -> object:
        return await store.db.read(lambda c: accounts.invited(c, code, datetime.now(UTC)))

    assert in_store(street, whose) == FENG
    assert state(wuyou)[FENG].startswith("code until ")
    again = code_of(wuyou("desk", "invite", FENG).output)
    assert again != code
    assert in_store(street, whose) is None


def test_a_closed_account_opens_nothing_and_may_be_invited_again(street: Path, wuyou: Wuyou) -> None:
    code = code_of(wuyou("desk", "invite", FENG).output)

    async def set_up(store: Store) -> object:
        return await store.db.write(lambda c: accounts.set_up(c, code, "hash", datetime.now(UTC)))

    assert in_store(street, set_up) == FENG
    assert state(wuyou) == {FENG: "open"}
    assert wuyou("desk", "revoke", FENG).exit_code == 0
    assert state(wuyou) == {FENG: "revoked"}
    assert wuyou("desk", "revoke", FENG).exit_code == 1
    assert wuyou("desk", "invite", FENG).exit_code == 0
    assert state(wuyou)[FENG].startswith("code until ")


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("fengg", "did you mean 'feng'?"),
        (town.PATROLS_BY_DAY[0], "they work with their cards"),
        ("nobody-at-all", "has no"),
    ],
)
def test_who_has_no_work_on_the_page_is_not_invited(person: str, said: str, street: Path, wuyou: Wuyou) -> None:
    result = wuyou("desk", "invite", person)
    assert result.exit_code == 1
    assert said in result.stderr
    assert wuyou("desk", "list").output.startswith("Nobody")


def test_what_was_done_is_in_the_book_and_a_line_that_was_changed_is_named(street: Path, wuyou: Wuyou) -> None:
    assert "Nothing" in wuyou("desk", "audit").output
    wuyou("desk", "invite", FENG)
    wuyou("desk", "revoke", FENG)
    found = json.loads(wuyou("desk", "audit", "--json").output)
    assert [(row["by"], row["deed"], row["subject"]) for row in found] == [
        ("console", "revoke", FENG),
        ("console", "invite", FENG),
    ]

    async def forge(store: Store) -> object:
        def change(connection: object) -> None:
            connection.exec_driver_sql("DROP TRIGGER audit_no_update")  # type: ignore[attr-defined]
            connection.exec_driver_sql("UPDATE audit SET by = 'x' WHERE id = 1")  # type: ignore[attr-defined]

        return await store.db.write(change)

    in_store(street, forge)
    result = wuyou("desk", "audit")
    assert result.exit_code == 1
    assert "line 1" in result.stderr
