"""wuyou key: who may report; keys are shown once, kept hashed, and withdrawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.store import Store
from bot.store.systems import signers, system_by_key
from bot.webhooks import PREFIX
from tests.bot.commands import Wuyou, in_store


def _key(output: str) -> str:
    return next(line.split()[1] for line in output.splitlines() if line.startswith("key"))


def whose(folder: Path, key: str) -> Any:
    async def look(store: Store) -> object:
        return await store.db.read(lambda c: system_by_key(c, key))

    return in_store(folder, look)


def test_a_key_is_shown_once_and_kept_as_a_hash(folder: Path, wuyou: Wuyou) -> None:
    made = wuyou("key", "add", "police-110", "--may", "open311,signals")
    key = _key(made.output)
    assert PREFIX in made.output
    assert whose(folder, key).may == {"open311", "signals"}
    assert key.encode() not in (folder / "data" / "wuyou.db").read_bytes()
    listed = json.loads(wuyou("key", "list", "--json").output)
    assert [(row["name"], row["may"], row["withdrawn"]) for row in listed] == [("police-110", "open311,signals", "")]
    assert key not in wuyou("key", "list").output


def test_a_withdrawn_key_opens_nothing_and_its_name_gets_another(folder: Path, wuyou: Wuyou) -> None:
    old = _key(wuyou("key", "add", "lifts", "--may", "signals").output)
    assert "has a key" in wuyou("key", "add", "lifts", "--may", "signals").stderr
    assert wuyou("key", "withdraw", "lifts").exit_code == 0
    assert whose(folder, old) is None
    assert wuyou("key", "withdraw", "lift").exit_code == 1
    new = _key(wuyou("key", "add", "lifts", "--may", "open311").output)
    assert whose(folder, new).may == {"open311"}
    assert whose(folder, old) is None

    async def may_sign(store: Store) -> object:
        return await store.db.read(lambda c: signers(c, store.house))

    assert in_store(folder, may_sign) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app", "--may", "signal"), "did you mean 'signals'?"),
        (("app", "--may", ","), "at least one"),
        (("Our App", "--may", "open311"), "is no name"),
    ],
)
def test_a_wrong_key_command_says_why(words: tuple[str, ...], said: str, wuyou: Wuyou) -> None:
    refused = wuyou("key", "add", *words)
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_an_endpoint_is_added_listed_and_closed(wuyou: Wuyou) -> None:
    made = wuyou("hook", "add", "app", "https://app.example/w", "--events", "case.receive")
    assert PREFIX in made.output
    assert "There is an endpoint" in wuyou("hook", "add", "app", "https://app.example/w").stderr
    (row,) = json.loads(wuyou("hook", "list", "--json").output)
    assert (row["url"], row["events"], row["closed"]) == ("https://app.example/w", "case.receive", "")
    assert PREFIX not in wuyou("hook", "list").output
    assert wuyou("hook", "withdraw", "app").exit_code == 0
    assert wuyou("hook", "withdraw", "app").exit_code == 1
    assert "hook resume app" in wuyou("hook", "resend", "app").stderr
    assert "missed nothing" in wuyou("hook", "missed", "app").output
    assert "open again" in wuyou("hook", "resume", "app").output
    assert "is closed" in wuyou("hook", "resume", "app").stderr
    assert wuyou("hook", "resend", "app").output.startswith("0 go out again")
    assert wuyou("hook", "resend", "app", "--only", "41,x").exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("app", "http://app.example/"), "begins with https://"),
        (("app", "ftp://app.example/", "--inside"), "https:// or http://"),
        (("app", "https://app.example/", "--events", "case.recieve"), "did you mean 'case.receive'?"),
        (("My App", "https://app.example/"), "is no name"),
    ],
)
def test_a_wrong_endpoint_is_refused(words: tuple[str, ...], said: str, wuyou: Wuyou) -> None:
    refused = wuyou("hook", "add", *words)
    assert refused.exit_code == 1
    assert said in refused.stderr
