"""A system warns of a fraud: the person, the family and the police post hear of it, and nobody more than needed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.consent import Consent, Purpose
from bot.outcome import Outcome
from bot.store.family_rows import GUARD, TIE, forget_unanswered
from bot.store.personal_tables import CONSENT
from bot.store.tables import RESIDENT
from nlu.model import Model
from tests.bot.web.systems_house import Town, open_town
from tests.town import DESK_BY_DAY, LI, POLICE, user_of

CODE = re.compile(r"\b[2-9A-HJKMNP-Z]{4} [2-9A-HJKMNP-Z]{4}\b")


@pytest.fixture
async def here(tmp_path: Path, model: Model) -> AsyncIterator[Town]:
    async with open_town(tmp_path, model) as opened:
        yield opened


def code_shown(here: Town, to: str) -> str:
    found = CODE.search(here.rig.last(to).text)
    assert found is not None
    return found[0]


async def linked(here: Town, *relatives: str) -> str:
    """Granny has these relatives; returns her guard code."""
    rig = here.rig
    for who in relatives:
        await rig.says("granny", "private", "家人")
        await rig.presses("granny", rig.last("granny"), "family_add")
        await rig.presses("granny", rig.last("granny"), "family_yes")
        code = code_shown(here, "granny")
        await rig.says(who, "private", f"家人 {code}")
        await rig.presses(who, rig.last(who), "family_agree")
    await rig.says("granny", "private", "家人")
    return code_shown(here, "granny")


async def warns(here: Town, key: str, guard: str, id: str = "w1", **more: str) -> tuple[int, Any]:
    data = {"description": "冒充公检法，正在要求转账", "service_code": "order.fraud", "guard": guard, **more}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": id}
    answer = await here.post("/signals", json={"type": "fraud.warning", "data": data}, headers=headers)
    await here.rig.settles()
    return answer


def got(here: Town, who: str) -> list[str]:
    return [message.text.partition(" | ")[0].split()[0] for message in here.rig.chat(who)]


@pytest.fixture
async def key(here: Town) -> str:
    made, _ = await here.key("police-96110", "signals")
    return made


async def test_all_hear_it_and_the_family_not_what_it_is_about(here: Town, key: str) -> None:
    code = await linked(here, "son", "daughter")
    status, said = await warns(here, key, code, address_id="a1")
    assert status == 202
    assert got(here, "granny")[-1] == "family.warned"
    for who in ("son", "daughter"):
        assert got(here, who)[-1] == "family.warned_relative"
        assert here.rig.last(who).text == "family.warned_relative | granny"
    case = await here.rig.case(said["service_request_id"])
    assert (case.category, case.holder, case.private) == ("order.fraud", LI, True)
    assert got(here, POLICE) == ["family.police"]
    assert here.rig.last(POLICE, "family.police").text.endswith(f"{case.shown} 2 2")


async def test_without_a_place_the_police_hear_it_all_the_same(here: Town, key: str) -> None:
    code = await linked(here, "son")
    await warns(here, key, code)
    assert got(here, "son")[-1] == "family.warned_relative"
    assert got(here, DESK_BY_DAY) == ["card.case"]
    assert got(here, POLICE) == ["family.police"]


async def test_the_same_signal_and_a_system_that_repeats_itself_alarm_nobody_twice(here: Town, key: str) -> None:
    code = await linked(here, "son")
    await warns(here, key, code, address_id="a1")
    heard = {who: len(here.rig.chat(who)) for who in ("granny", "son", POLICE)}
    await warns(here, key, code, address_id="a1")
    assert {who: len(here.rig.chat(who)) for who in heard} == heard
    await warns(here, key, code, "w2", address_id="a1")
    assert [len(here.rig.chat(who)) for who in ("granny", "son")] == [heard["granny"], heard["son"]]
    assert got(here, POLICE)[-1] == "family.police_again"
    here.rig.clock.forward(minutes=31)
    await warns(here, key, code, "w3", address_id="a1")
    assert got(here, "son")[-1] == "family.warned_relative"
    assert len(here.rig.chat("son")) == heard["son"] + 1


async def test_a_code_that_is_nobodys_is_answered_like_any_other(here: Town, key: str) -> None:
    await linked(here, "son")
    before = {who: len(here.rig.chat(who)) for who in ("granny", "son")}
    status, said = await warns(here, key, "K7QF 3MAB", address_id="a1")
    assert status == 202 and set(said) == {"id", "service_request_id"}
    assert {who: len(here.rig.chat(who)) for who in before} == before
    assert got(here, POLICE) == ["family.police_nobody"]


@pytest.mark.parametrize(
    ("guard", "more"), [("K7QF", {}), ("0000 0000", {}), ("K7QF 3MAB", {"service_code": "order.theft"})]
)
async def test_a_code_that_is_none_or_stands_elsewhere_is_refused(
    guard: str, more: dict[str, str], here: Town, key: str
) -> None:
    status, said = await warns(here, key, guard, **more)
    assert (status, said["title"]) == (422, "Not as it should be")
    assert await here.cases() == 0


async def test_a_relative_who_closed_the_chat_is_counted_as_not_reached(here: Town, key: str) -> None:
    code = await linked(here, "son", "daughter")
    here.rig.app.kicks(user_of("son"))
    await warns(here, key, code, address_id="a1")  # That he is gone is only noticed now.
    assert got(here, "daughter")[-1] == "family.warned_relative"
    here.rig.clock.forward(minutes=31)
    await warns(here, key, code, "w2", address_id="a1")
    assert here.rig.last(POLICE, "family.police").text.endswith(" 1 2")


async def test_who_left_hears_nothing_any_more(here: Town, key: str) -> None:
    code = await linked(here, "son", "daughter")
    await here.rig.presses("son", here.rig.last("son", "family.linked_hears"), "family_part")
    count = len(here.rig.chat("son"))
    await warns(here, key, code, address_id="a1")
    assert len(here.rig.chat("son")) == count
    assert got(here, "daughter")[-1] == "family.warned_relative"


async def test_erasing_somebody_ends_all_of_it(here: Town, key: str) -> None:
    code = await linked(here, "son")
    db = here.rig.store.db
    row = await db.read(lambda c: c.execute(select(TIE)).one())
    await here.rig.store.erase(row.guarded)
    assert await db.read(lambda c: c.execute(select(TIE)).all()) == []
    assert await db.read(lambda c: c.execute(select(GUARD)).all()) == []
    count = len(here.rig.chat("son"))
    await warns(here, key, code, address_id="a1")
    assert len(here.rig.chat("son")) == count
    assert got(here, POLICE)[-1] == "family.police_nobody"


async def test_a_consent_that_is_taken_back_elsewhere_ends_it_too(here: Town, key: str) -> None:
    code = await linked(here, "son", "daughter")
    store, now = here.rig.store, here.rig.clock()
    rows = await store.db.read(lambda c: c.execute(select(TIE)).all())
    agreed = await store.db.read(lambda c: c.execute(select(CONSENT.c.resident, CONSENT.c.withdrawn_at)).all())
    assert {tuple(each) for each in agreed} == {(each, None) for row in rows for each in (row.guarded, row.relative)}
    withdrawn = Consent(rows[0].relative, Purpose.FAMILY, 1, now, withdrawn_at=now)
    await store.commit(Outcome("press:withdrawn", (withdrawn,)))
    await warns(here, key, code, address_id="a1")
    told = [who for who in ("son", "daughter") if got(here, who)[-1] == "family.warned_relative"]
    assert len(told) == 1


async def test_no_code_stands_in_the_rows_and_what_nobody_opened_is_forgotten(here: Town) -> None:
    code = await linked(here, "son")
    rig = here.rig
    await rig.presses("granny", rig.last("granny"), "family_add")
    await rig.presses("granny", rig.last("granny"), "family_yes")
    asked = code_shown(here, "granny")
    tables = (TIE, GUARD, RESIDENT)
    rows = repr(await rig.store.db.read(lambda c: [list(map(tuple, c.execute(select(each)))) for each in tables]))
    for said in (code, asked, code.replace(" ", ""), asked.replace(" ", ""), "granny"):
        assert said not in rows
    rig.clock.forward(hours=25)
    assert await rig.store.db.write(lambda c: forget_unanswered(c, rig.clock())) == 1
    assert len(await rig.store.db.read(lambda c: c.execute(text("SELECT 1 FROM family_tie")).all())) == 1
