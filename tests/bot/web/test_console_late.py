"""Words that were written while the session ended; and browsers that strangers' tries do not lock out."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.web.console.familiar import LIFE
from bot.web.console.kept import unpacked
from bot.web.console.signing import OF_NAME
from bot.web.readers import BROWSER
from routing.case import Verb
from tests import town
from tests.bot.web.desk_house import PASSWORD, DeskHouse, desk_house
from tests.bot.web.visiting import Guest, guest

FENG = town.DESK_BY_DAY
KEY = "k" * 32


async def signed_in(here: DeskHouse, visitor: Guest) -> None:
    code = here.code(FENG)
    await visitor.open("/desk/setup")
    await visitor.send("/desk/setup", code=code, password=PASSWORD, again=PASSWORD)
    assert visitor.url == "/desk/cases"


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the page's last form."""
    form = page.rpartition("<form ")[2]
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


async def test_words_written_while_the_session_ended_are_sent_after_the_sign_in(here: DeskHouse) -> None:
    case = await here.case()
    at, words = f"/desk/cases/{case.number}/note", 'Two "lamps" <b>are</b> dark.\nAsk the unit & come back.'
    async with guest(here.house) as visitor:
        await signed_in(here, visitor)
        await visitor.open(f"/desk/cases/{case.number}")
        here.clock.forward(minutes=31)
        await visitor.send(at, key=KEY, words=words)
        assert (visitor.status, "/desk/signin" in visitor.page) == (403, True)
        assert await here.steps(case.number) == [Verb.RECEIVE]
        kept = hidden(visitor.page)["kept"]
        await visitor.send("/desk/signin", person=FENG, password="not this one", kept=kept)
        assert visitor.status == 403
        assert hidden(visitor.page)["kept"] == kept, "a wrong password loses nothing"
        await visitor.send("/desk/signin", person=FENG, password=PASSWORD, kept=kept)
        assert visitor.status == 200
        assert html.escape(words, quote=False).replace('"', "&#34;") in visitor.page
        fields = hidden(visitor.page)
        assert (fields["key"], fields["words"]) == (KEY, words)
        await visitor.send(at, **{name: value for name, value in fields.items() if name != "proof"})
        assert visitor.url.startswith(f"/desk/cases/{case.number}?said=note")
        await visitor.send(at, key=KEY, words=words)
    assert await here.steps(case.number) == [Verb.RECEIVE, Verb.NOTE]


async def test_an_alert_that_was_being_written_is_not_lost_either(here: DeskHouse) -> None:
    async with guest(here.house) as visitor:
        await signed_in(here, visitor)
        await visitor.open("/desk/alerts/new")
        here.clock.forward(minutes=31)
        await visitor.send("/desk/alerts", words="老人走失，穿蓝色外套")
        kept = hidden(visitor.page)["kept"]
        await visitor.send("/desk/signin", person=FENG, password=PASSWORD, kept=kept)
        assert "老人走失，穿蓝色外套" in visitor.page
        assert 'action="/desk/alerts"' in visitor.page and 'href="/desk/alerts/new"' in visitor.page


async def test_a_form_of_another_site_or_for_no_page_of_ours_is_not_kept(here: DeskHouse) -> None:
    case = await here.case()
    async with guest(here.house) as visitor:
        await visitor.open("/desk/signin")
        await visitor.send(f"/desk/cases/{case.number}/note", proof="0" * 64, key=KEY, words="x", follow=False)
        assert (visitor.status, visitor.headers["Location"]) == (303, "/desk/signin")
        await visitor.open("/desk/signin")
        for path in ("/desk/signout", "/desk/parked/drop", f"/desk/cases/{case.number}/take"):
            await visitor.send(path, key=KEY, cause="c1", follow=False)
            assert (visitor.status, visitor.headers["Location"]) == (303, "/desk/signin")
            await visitor.open("/desk/signin")


@pytest.mark.parametrize(
    "packed",
    [
        "", "x", "null", "[]", "[1, {}]", '["/desk/cases/11111111/note", []]',
        '["/desk/cases/11111111/note", {"a": 1}]',
        '["https://evil.example/desk/cases/11111111/note", {}]', '["/desk/signout", {}]', '["/desk/cases/1/note", {}]',
        '["/desk/cases/11111111/note\\n", {}]', "[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_kept_form_is_none(packed: str) -> None:
    assert unpacked(packed) is None


def test_a_kept_form_says_where_it_stood_and_what_was_written() -> None:
    fields = {"cause": "c 1", "key": KEY, "words": "Once again", "to": "li", "other": " "}
    kept = unpacked(json.dumps(["/desk/parked/drop", fields]))
    assert kept is not None
    assert (kept.back, kept.words) == ("/desk/parked", ["Once again"])
    assert unpacked(kept.packed()) == kept
    for at, back in (("/desk/alerts", "/desk/alerts/new"), ("/desk/alerts/A1b2/correct", "/desk/alerts/A1b2")):
        alert = unpacked(json.dumps([at, {"words": "走失老人"}]))
        assert alert is not None and alert.back == back


async def tries(visitor: Guest, count: int) -> list[int]:
    seen = []
    for _ in range(count):
        await visitor.send("/desk/signin", person=FENG, password="wrong wrong wrong")
        seen.append(visitor.status)
    return seen


async def test_a_strangers_wrong_tries_do_not_lock_a_person_out_of_their_own_browser(here: DeskHouse) -> None:
    async with guest(here.house) as own, guest(here.house) as stranger:
        await signed_in(here, own)
        await own.send("/desk/signout")
        await stranger.open("/desk/signin")
        assert await tries(stranger, OF_NAME[0] + 1) == [403] * OF_NAME[0] + [429]
        await own.send("/desk/signin", person=FENG, password=PASSWORD)
        assert own.url == "/desk/cases"
        await own.send("/desk/signout")
        assert await tries(own, OF_NAME[0] + 1) == [403] * OF_NAME[0] + [429], "nor may that browser guess for ever"


async def test_wrong_tries_are_logged_with_the_account_if_there_is_one(here: DeskHouse) -> None:
    async with guest(here.house) as visitor:
        await signed_in(here, visitor)
        await visitor.send("/desk/signout")
        with capture_logs() as logs:
            await tries(visitor, OF_NAME[0] + 1)
            await visitor.send("/desk/signin", person="nobody of ours", password="wrong wrong wrong")
    refused = [(each["why"], each.get("account")) for each in logs if each["event"] == "desk sign-in refused"]
    assert refused == [("wrong", FENG)] * OF_NAME[0] + [("too often", None), ("wrong", "")]


async def test_a_made_up_an_old_or_another_persons_mark_is_none(here: DeskHouse) -> None:
    async with guest(here.house) as own, guest(here.house) as stranger:
        await signed_in(here, own)
        await own.send("/desk/signout")
        (name, value), *_ = [each for each in own.cookies() if each[0].startswith("wuyou-known-")]
        await stranger.open("/desk/signin")
        await tries(stranger, OF_NAME[0])
        said = value.rpartition(".")[0]
        for forged in (f"{said}.{'0' * 40}", "x", f"99999999999.x.{'0' * 40}", ""):
            stranger.keep(name, forged)
            assert await tries(stranger, 1) == [429]
        other = here.code(town.DESK_BY_NIGHT)
        await stranger.open("/desk/setup")
        await stranger.send("/desk/setup", code=other, password=PASSWORD, again=PASSWORD)
        mark = next(value for each, value in stranger.cookies() if each.startswith("wuyou-known-") and each != name)
        await stranger.send("/desk/signout")
        stranger.keep(name, mark)
        assert await tries(stranger, 1) == [429]
        here.clock.forward(seconds=LIFE.total_seconds() + 1)
        await own.open("/desk/signin")
        await tries(own, OF_NAME[0])
        await stranger.open("/desk/signin")
        assert await tries(stranger, 1) == [429], "after three months they count together again"
    assert timedelta(days=30) < LIFE


async def test_what_no_keyboard_types_is_a_wrong_name_and_no_fault(tmp_path: Path, tables_url: str) -> None:
    async with desk_house(tmp_path, url=tables_url) as here, guest(here.house) as visitor:
        await visitor.open("/desk/signin")
        for name in ("a\0b", "\0", "x" * 5000, "\u202e"):
            await visitor.send("/desk/signin", person=name, password="wrong wrong wrong")
            assert visitor.status == 403
        mark = familiar_name(here)
        headers = {"Cookie": f"{BROWSER}={visitor.cookie(BROWSER)}; {mark}=1.\udcff.\udcff"}
        await visitor.send("/desk/signin", person=FENG, password="wrong wrong wrong", headers=headers)
        assert visitor.status in (400, 403)


def familiar_name(here: DeskHouse) -> str:
    return f"wuyou-known-{here.store.keys.blind('desk browser of', FENG).hex()[:12]}"
