"""wuyou route: explain says which rule and why, try lists what other rules would change, and nothing is written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.outcome import Outcome
from bot.rules_file import shipped
from bot.store import Store
from bot.texts import Rendered
from routing.case import State, Step, Verb
from routing.sla import LOCAL
from tests import town
from tests.bot.commands import Wuyou, in_store, runs
from tests.bot.store.cast import everything, message, opened

pytestmark = pytest.mark.usefixtures("learnt")

NIGHT = """\
rules:
  - name: never at noon
    when: {category: enforcement.noise, time: 00:00-06:00}
    then: {lead: fire}
  - name: noise at night
    when: {category: enforcement.noise, time: 22:00-06:00, area: c1, words: [装修], days: mon-sun,
           urgency: today, source: telegram}
    then: {lead: police, assist: [enforcement], ask: patrol}
"""
PLACES = "rules:\n  - name: elsewhere\n    when: {area: nowhere}\n    then: {lead: s-polise}\n"


@pytest.fixture(autouse=True)
def _by_night(street: Path) -> None:
    (street / "rules.yaml").write_text(NIGHT, "utf-8")


# --- explain


def explained(wuyou: Wuyou, folder: Path, *more: str) -> dict[str, Any]:
    told = wuyou(
        "route", "explain", "楼上半夜装修电钻响", "--rules", str(folder / "rules.yaml"),
        "--kind", "enforcement.noise", "--json", *more,
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def test_explain_names_the_rule_the_units_and_the_person(wuyou: Wuyou, folder: Path) -> None:
    found = explained(wuyou, folder, "--group", town.GROUP_GRID_1, "--at", "2026-01-05T23:00", "--lang", "en")
    assert found["rule"] == {"name": "noise at night", "line": 5}
    assert found["failed"] == [{"name": "never at noon", "line": 2, "condition": "time"}]
    assert (found["platform"], found["unit"], found["assist"]) == ("order", "s-police", ["s-enforcement"])
    assert found["person"] in town.PATROLS_BY_NIGHT or found["person"] == ""
    words = " ".join(found["words"])
    for said in ("noise at night", "line 5", "22:00-06:00", "装修", "柳桥派出所", "柳桥综合执法中队", "Monday"):
        assert said in words


def test_explain_speaks_the_language_of_the_house_without_json(wuyou: Wuyou, folder: Path) -> None:
    told = wuyou(
        "route", "explain", "路灯坏了", "--kind", "service.light", "--group", town.GROUP_GRID_1, "--at", "12:00"
    )
    assert told.exit_code == 0, told.output
    assert "柳桥市政养护站" in told.stdout
    assert "柳岸第一网格" in told.stdout


def test_explain_says_why_a_complaint_about_staff_names_no_unit(wuyou: Wuyou) -> None:
    told = wuyou(
        "route", "explain", "何主任和派出所的人态度恶劣", "--kind", "order.staff", "--json", "--lang", "en"
    )  # fmt: skip
    found = json.loads(told.stdout)
    assert found["unit"] == ""
    assert {"he", "yan"} <= set(found["kept_out"]["people"])
    assert found["kept_out"]["units"] == ["s-police"]
    assert found["person"] not in ("he", "yan")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--group", "-10"), "no group '-10'"),
        (("--at", "tonight"), "is no time"),
        (("--kind", "service.ligth"), "did you mean 'service.light'"),
    ],
)
def test_explain_refuses_in_one_sentence(words: tuple[str, ...], said: str, wuyou: Wuyou) -> None:
    told = wuyou("route", "explain", "路灯坏了", *words)
    assert told.exit_code == 1
    assert said in told.stderr


def test_explain_by_wrong_rules_names_the_line(wuyou: Wuyou, folder: Path) -> None:
    (folder / "rules.yaml").write_text(PLACES)
    told = wuyou("route", "explain", "路灯坏了", "--rules", str(folder / "rules.yaml"))
    assert told.exit_code == 2
    assert "line 2" in told.stderr
    assert "did you mean 's-police'" in told.stderr


# --- explain, of a day that is past


async def moved(store: Store) -> None:
    """Two days ago Li answered for the first grid, by a rule about lamps; since yesterday it is Wang."""
    now = datetime.now(UTC)
    wall = [now - timedelta(days=2)]
    then = await Store.open(store.db, store.keys, lambda letter: Rendered(letter.key), now=lambda: wall[0])
    await then.db.write(lambda connection: connection.execute(text("DELETE FROM directory_import")))
    await then.replace_directory(town.rows())
    await then.take_rules(
        "old", "rules:\n  - name: lamps\n    when: {category: service.light}\n    then: {lead: hall}\n"
    )
    wall[0] += timedelta(days=1)
    swapped = {town.LI: town.GRID_2, town.WANG: town.GRID_1}
    people = tuple(replace(each, area=swapped.get(each.id, each.area)) for each in town.rows().people)
    gone = tuple(each for each in people if each.id != "qian")
    await then.replace_directory(replace(town.rows(), people=gone))
    await then.take_rules("new", "rules: [1]")


def test_a_matter_is_explained_by_the_address_book_and_the_rules_of_its_day(wuyou: Wuyou, folder: Path) -> None:
    in_store(folder, moved)
    words = ("route", "explain", "路灯坏了", "--kind", "service.light", "--lang", "en", "--group", town.GROUP_GRID_1)
    long_ago = wuyou(*words, "--on", "2025-01-01")
    assert long_ago.exit_code == 1
    assert "on record from" in long_ago.stderr
    now = json.loads(wuyou(*words, "--json").stdout)
    assert now["past"] is None
    for moment, unit in ((datetime.now(LOCAL) - timedelta(hours=36), "s-hall"), (datetime.now(LOCAL), "s-works")):
        found = wuyou(*words, "--on", f"{moment:%Y-%m-%d}", "--at", f"{moment:%H:%M}", "--json")
        assert found.exit_code == 0, found.output
        told = json.loads(found.stdout)
        assert told["unit"] == unit
        assert told["past"]["imported"] < told["past"]["at"]
        said = " ".join(told["words"])
        assert ("in force since" in said) == (unit == "s-hall")  # Today's are rules that nobody can read any more.
        assert ("qian" in said) == (unit == "s-hall")


def test_a_case_is_explained_as_of_when_it_was_sent(wuyou: Wuyou, folder: Path) -> None:
    in_store(folder, moved)
    sent_at = datetime.now(UTC) - timedelta(hours=30)

    async def a_case(store: Store) -> str:
        inbound = message(words="路灯坏了", now=sent_at)
        case = await opened(
            store, inbound, category="service.light", category_sure=True, grid=town.GRID_1, urgency="days"
        )
        unsent = await opened(store, message(words="路灯坏了", now=sent_at), category="service.light")
        steps = [
            Step(case.number, Verb.DISPATCH, sent_at, "bot", to="sun"),
            Step(case.number, Verb.PASS_ON, sent_at, "sun"),
            Step(case.number, Verb.DISPATCH, sent_at + timedelta(minutes=1), "bot", to=town.LI),
            Step(case.number, Verb.DISPATCH, sent_at + timedelta(hours=25), "feng", to="zhao"),
        ]
        kept = replace(case, state=State.DISPATCHED, holder=town.LI, asked=("sun", town.LI), reason="as it was")
        await store.commit(Outcome("test:sent", (kept,), tuple(steps)))
        return f"{case.number} {unsent.number}"

    number, unsent = in_store(folder, a_case).split()
    by_hand = wuyou("route", "explain", "--case", number, "--lang", "en")
    assert by_hand.exit_code == 0, by_hand.output
    assert "赵国强 (zhao)" in by_hand.stdout
    assert "by 冯晓敏 (feng)" in by_hand.stdout
    assert "as it was" in by_hand.stdout
    day = f"{sent_at.astimezone(LOCAL):%Y-%m-%d}"
    told = json.loads(wuyou("route", "explain", "--case", number, "--on", day, "--json", "--lang", "en").stdout)
    assert told["unit"] == "s-hall"
    assert "李建国 (li)" in told["words"][0]
    assert "as it was" not in told["words"][-1]
    assert told["text"] == ""
    assert "had not been sent" in wuyou("route", "explain", "--case", number, "--on", "2025-01-01").stderr
    assert "not sent to anybody" in wuyou("route", "explain", "--case", unsent, "--lang", "en").stdout
    assert "no case" in wuyou("route", "explain", "--case", "1").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Give words"),
        (("路灯坏了", "--case", "3816 4275"), "Give words"),
        (("--case", "3816 4275", "--at", "12:00"), "Give words"),
        (("路灯坏了", "--demo", "--on", "2026-01-01"), "Give words"),
        (("路灯坏了", "--on", "yesterday"), "is no day"),
        (("路灯坏了", "--on", "2999-01-01"), "still to come"),
        (("路灯坏了", "--on", "2026-01-01", "--at", "2026-01-01T10:00"), "time of day alone"),
    ],
)
def test_a_day_is_refused_in_one_sentence(words: tuple[str, ...], said: str, wuyou: Wuyou) -> None:
    told = wuyou("route", "explain", *words)
    assert told.exit_code == 1
    assert said in told.stderr


# --- try


async def three_cases(store: Store) -> None:
    """Noise at night a week ago, noise by day, and the same a year ago."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    night = (now - timedelta(days=7)).replace(hour=15)  # 23:00 local
    for at in (night, night + timedelta(hours=12), night - timedelta(days=365)):
        await opened(store, message(words="半夜装修", now=at), category="enforcement.noise", category_sure=True)


def test_try_lists_what_would_change_and_writes_nothing(wuyou: Wuyou, folder: Path) -> None:
    in_store(folder, three_cases)

    async def dump(store: Store) -> object:
        return everything(store)

    before = in_store(folder, dump)
    told = wuyou("route", "try", str(folder / "rules.yaml"), "--since", "30d", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["cases"], found["changed"], found["by_rule"]) == (2, 1, {"noise at night": 1})
    (change,) = found["changes"]
    assert (change["now"]["unit"], change["now"]["rule"]) == ("s-enforcement", "order in the streets")
    assert (change["then"]["unit"], change["then"]["assist"]) == ("s-police", ["s-enforcement"])
    assert "装修" not in told.stdout
    table = wuyou("route", "try", str(folder / "rules.yaml")).stdout
    assert "2 cases" in table
    assert "1 would go elsewhere" in table
    assert "s-police + s-enforcement" in table
    assert (
        json.loads(wuyou("route", "try", str(folder / "rules.yaml"), "--since", "60w", "--json").stdout)["cases"] == 3
    )
    assert in_store(folder, dump) == before


def test_try_of_the_same_rules_changes_nothing(wuyou: Wuyou, folder: Path) -> None:
    in_store(folder, three_cases)
    told = wuyou("route", "try", shipped().file)
    assert "2 cases" in told.stdout
    assert "0 would go elsewhere" in told.stdout


@pytest.mark.parametrize(
    ("rules", "since", "said"),
    [(PLACES, "30d", "line 2"), (NIGHT, "soon", "is no length of time"), (NIGHT, "0d", "is no length of time")],
)
def test_try_refuses_wrong_rules_and_wrong_times(rules: str, since: str, said: str, wuyou: Wuyou, folder: Path) -> None:
    (folder / "rules.yaml").write_text(rules)
    told = wuyou("route", "try", str(folder / "rules.yaml"), "--since", since)
    assert told.exit_code == 1
    assert said in told.stderr


# --- rules, doctor, run


def test_the_shipped_rules_are_printed_to_begin_with(folder: Path) -> None:
    from bot.rules_file import read_rules

    printed = runs("route", "rules").stdout
    (folder / "mine.yaml").write_text(printed)
    assert read_rules(folder / "mine.yaml").rules == shipped().rules


def test_the_doctor_names_what_is_wrong_in_the_rules(wuyou: Wuyou, folder: Path) -> None:
    config = folder / "config.yaml"
    config.write_text(config.read_text() + "routing:\n  rules: rules.yaml\n")
    assert "rules.yaml" not in wuyou("doctor", "--offline").stdout
    (folder / "rules.yaml").write_text(PLACES)
    told = wuyou("doctor", "--offline").stdout
    assert "no area 'nowhere'" in told
    assert "did you mean 's-police'" in told
    (folder / "rules.yaml").write_text(NIGHT.replace("lead: fire", "leed: fire"))
    told = wuyou("doctor", "--offline")
    assert told.exit_code == 2
    assert "line 4: then.leed is no key; did you mean 'lead'?" in told.stdout
    assert "line 4" in wuyou("run").stderr
