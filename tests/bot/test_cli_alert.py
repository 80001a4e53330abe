"""wuyou alert: lists and shows without naming anybody, takes back; and approves nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot import alert_door
from bot.cli import app
from bot.desks import missing
from bot.outcome import Outcome
from bot.store import Store
from routing.alert import Alert, Content, Ending, Kind, Missing, State
from tests import town
from tests.bot.commands import Wuyou, in_store

NOW = datetime.now(UTC)
SEEN = NOW - timedelta(hours=1)
CONTENT = Content(missing=Missing("陈阿婆", 78, clothes="红色外套", place="桂花苑门口", seen_at=SEEN))


async def went_out(store: Store) -> str:
    """An alert that two persons stand behind; returns its id."""
    by: dict[str, Any] = {"by": town.DESK_BY_DAY}
    said = {"kind": Kind.MISSING, "area": town.GRID_1, "content": CONTENT}
    approver = {"by": town.APPROVER_1, "confirmed": True, "reference": "7"}
    verbs: list[tuple[Callable[..., Outcome], dict[str, Any]]] = [
        (missing.begin, by | said),
        (missing.submit, by),
        (missing.approve, approver),
    ]
    alert = ""
    for verb, more in verbs:
        cause = f"click:{verb.__name__}"
        decide = partial(verb, cause, **more)
        done = await alert_door.do(store, alert, cause, decide, lambda: NOW)
        assert done is not None
        alert = next(change.id for change in done.changes if isinstance(change, Alert))
        assert await alert_door.do(store, alert, cause, decide, lambda: NOW) is None, "a click that comes twice"
    return alert


def test_alerts_are_listed_and_shown_without_a_name(street: Path, wuyou: Wuyou) -> None:
    assert "There is no alert." in wuyou("alert", "list").output
    alert = in_store(street, went_out)
    listed, shown = wuyou("alert", "list").output, wuyou("alert", "show", alert).output
    assert f"A {alert[1:5]} {alert[5:]}" in listed
    assert "approve" in shown and town.APPROVER_1 in shown
    assert re.search(r"grid +0 +2 +0 +0 +0 +0", shown), "two groups of the first ring wait to be told"
    facts = wuyou("alert", "show", alert, "--json").output
    for said in ("陈阿婆", "红色外套", "桂花苑"):
        assert said not in listed + shown + facts
    assert [step["verb"] for step in json.loads(facts)["steps"]] == ["begin", "submit", "approve"]
    assert json.loads(facts)["groups"]["grid"]["waiting"] == 2
    assert json.loads(wuyou("alert", "list", "--json").output)[0]["state"] == "live"


def test_an_alert_is_taken_back_by_a_person_of_the_address_book(street: Path, wuyou: Wuyou) -> None:
    alert = in_store(street, went_out)
    assert wuyou("alert", "takeback", alert[1:], "found", "--by", town.DESK_BY_DAY).exit_code == 0

    async def look(store: Store) -> Alert | None:
        return await store.alert(alert)

    found = in_store(street, look)
    assert (found.state, found.ending) == (State.TAKEN_BACK, Ending.FOUND)
    assert "There is no alert." in wuyou("alert", "list").output
    assert "found" in wuyou("alert", "show", alert).output
    again = wuyou("alert", "takeback", alert, "false", "--by", town.DESK_BY_DAY)
    assert again.exit_code == 1
    assert "已经有人先处理了" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("takeback", "a11111111", "found", "--by", town.DESK_BY_DAY), "There is no alert 'a11111111'"),
        (("takeback", "a11111111", "fond", "--by", town.DESK_BY_DAY), "did you mean 'found'?"),
        (("takeback", "a11111111", "expired", "--by", town.DESK_BY_DAY), "is no end"),
        (("takeback", "a11111111", "found", "--by", "fengg"), "did you mean 'feng'?"),
        (("show", "a11111111"), "There is no alert 'a11111111'"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(street: Path, wuyou: Wuyou, words: tuple[str, ...], said: str) -> None:
    done = wuyou("alert", *words)
    assert done.exit_code == 1
    assert said in done.stderr


def test_who_has_no_right_takes_nothing_back(street: Path, wuyou: Wuyou) -> None:
    alert = in_store(street, went_out)
    done = wuyou("alert", "takeback", alert, "found", "--by", town.LI)
    assert done.exit_code == 1
    assert "不归您办" in done.stderr


def test_no_command_approves() -> None:
    commands = typer.main.get_command(app).commands["alert"].commands  # type: ignore[attr-defined]
    assert set(commands) == {"list", "show", "takeback"}
