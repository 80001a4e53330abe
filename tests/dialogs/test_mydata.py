"""What we hold of somebody: told to them alone, put right, taken out, erased with one question."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.consent import VERSIONS, Agreed, Consent, Purpose
from bot.desks.mydata import LINK_LIVES
from bot.store import accounts_audit, erasure, held, links
from bot.store.accounts_audit import Deed
from bot.store.rows import key_of
from nlu.model import Model
from tests.databases import Servers
from tests.dialogs.play import Dialog, dialogs, play
from tests.rig import Rig, rig

ASKED = """
# what we hold is told alone, with what can be done about it
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice in willow: @bot 我的数据
  willow: mine.written (reply) !mydata.held
  alice: mydata.held mydata.app.telegram mydata.since mydata.nobody_looked "alice" [my_file my_name erase_me]
alice alone: 我的资料
  alice: mydata.held [my_file my_name erase_me]
alice alone: /mydata
  alice: mydata.held [my_file my_name erase_me]

# where the bot may not write first nothing is said in the group
given not first
alice in willow: /mydata
  willow: mine.in_private_only
alice alone: 删除我的数据
  alice: mydata.sure [erase_sure keep_me]
alice in willow: /mydata
  willow: mine.written
  alice: mydata.held

# a name is put right in words and what is no name changes nothing
alice alone: 改称呼 王阿姨
  alice: mydata.named "王阿姨"
alice alone: 我的数据
  alice: mydata.held "王阿姨"
alice presses my_name
  alice: mydata.how_to_name "王阿姨"
alice alone: 改称呼 138
  alice: mydata.how_to_name "王阿姨"
alice alone: /name
  alice: mydata.how_to_name
alice alone: 改名怎么办
  alice*
  feng*

# plain words ask for it as well
alice alone: 你们都存了我哪些信息？
  alice: mydata.held
alice alone: 谁看过我的资料
  alice: mydata.held
alice alone: 请把我的资料都删了吧
  alice: mydata.sure [erase_sure keep_me]
alice alone: what do you know about me?
  alice: mydata.held
alice alone: 有人偷了我的资料到处乱发,柳岸路3号的网吧里,你们管不管呀,我都急死了,快点派人来看看吧
  alice*
  li*
  feng*

# somebody thinks twice about being erased
alice alone: 注销
  alice: mydata.sure !mydata.open [erase_sure keep_me]
alice presses keep_me
  alice: mydata.kept
alice alone: 我的数据
  alice: mydata.held

# who has matters open hears what becomes of them before they are erased
alice in willow: @bot 柳岸路3号门口的路灯坏了
  willow: head.received
  li: card.case
alice alone: 删除我的资料
  alice: mydata.sure mydata.open [erase_sure keep_me]
alice presses erase_sure
  alice: mydata.erasing []
alice alone: 我的数据
  alice: mydata.erased_soon

# nobody presses another's buttons
alice alone: 我的数据
  alice: mydata.held
bob forges mydata:sure in willow
  willow: mine.written
alice alone: 我的数据
  alice: mydata.held
"""


@dialogs(ASKED)
async def test_asked(dialog: Dialog, tmp_path: Path, model: Model) -> None:
    await play(dialog, tmp_path, model)


async def _resident(house: Rig) -> str:
    thread = await house.store.known_thread(house.last_in)  # type: ignore[arg-type]
    assert thread is not None
    return thread.resident.id


def _look(house: Rig, resident: str, reason: str) -> object:
    store = house.store

    def write(connection: Connection) -> None:
        key = key_of(connection, store.keys, resident)
        now = house.clock()
        accounts_audit.write(connection, store.house, "feng", Deed.UNMASK, "38164275", now, reason, key)

    return store.db.write(write)


async def test_who_looked_and_why_is_shown_to_whom_they_looked_at(house: Rig) -> None:
    await house.says("alice", "private", "你好")
    await _look(house, await _resident(house), "核实地址")  # type: ignore[misc]
    await house.says("bob", "private", "我的数据")
    assert "核实地址" not in house.last("bob", "mydata.held").text
    await house.says("alice", "private", "我的数据")
    said = house.last("alice", "mydata.held").text
    assert "mydata.look role.desk" in said
    await house.says("feng", "private", "我的数据")
    found = await house.store.db.read(
        lambda c: held.held(c, house.store.keys, house.store.house, "nobody"),
    )
    assert found.looks == ()


async def test_consent_is_given_to_a_version_taken_back_and_asked_again(
    house: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.desks import mydata

    await house.says("alice", "private", "我的数据")
    message = house.last("alice", "mydata.held")
    await house.presses("alice", message, "", data="mydata:agree:tenancy:1")
    assert "mydata.agreed mydata.purpose.tenancy" in house.last("alice").text
    await house.says("alice", "private", "我的数据")
    assert "mydata.consent_given" in house.last("alice").text
    given = await house.store.db.read(lambda c: held.consents(c, _id(house, c)))
    assert given == [Consent(given[0].resident, Purpose.TENANCY, 1, house.clock(), Agreed.SELF)]
    await house.presses("alice", house.last("alice"), "withdraw_consent")
    assert "mydata.withdrawn" in house.last("alice").text
    await house.says("alice", "private", "我的数据")
    assert "mydata.consent_withdrawn" in house.last("alice").text
    assert not house.last("alice").has("withdraw_consent")
    monkeypatch.setitem(VERSIONS, Purpose.LOCATION, 1)
    monkeypatch.setattr(mydata, "VERSIONS", {**VERSIONS, Purpose.TENANCY: 1, Purpose.FAMILY: 1})
    await house.presses("alice", message, "", data="mydata:agree:family:7")
    assert "consent.ask consent.family.v1" in house.last("alice").text, "other words than those in force: asked anew"
    await house.presses("alice", message, "", data="mydata:agree:nothing:1")
    assert len(await house.store.db.read(lambda c: held.consents(c, _id(house, c)))) == 1


def _id(house: Rig, connection: Connection) -> str:
    from bot.store.tables import RESIDENT

    return str(connection.execute(RESIDENT.select()).first()[0])  # type: ignore[index]


@pytest.fixture
def url(engine: str, servers: Servers) -> Iterator[str]:
    if engine == "sqlite":
        yield ""
    else:
        url = servers.postgres()
        yield url
        servers.drop(url)


async def test_whoever_asks_to_be_erased_is_so_within_minutes_and_hears_it_first(
    tmp_path: Path, model: Model, url: str
) -> None:
    async with rig(tmp_path, model, url=url) as house:
        await house.says("alice", "private", "柳岸路3号门口的路灯坏了")
        number, resident = (await house.newest()).number, await _resident(house)
        await house.says("alice", "private", "注销")
        await house.presses("alice", house.last("alice"), "erase_sure", settle=False)
        await house.intake.idle()
        assert await house.data.erase_wanted() == 0, "the last letter has not left"
        await house.settles()
        assert "mydata.erasing" in house.last("alice").text
        assert await house.data.erase_wanted() == 1
        assert await house.data.erase_wanted() == 0
        assert not await house.data.erase(resident)
        assert (await house.case(number)).words == ""
        assert await house.data.as_json(resident) is None
        assert await house.data.as_pdf(resident, "zh") is None
        await house.says("alice", "private", "我的数据")
        assert await _resident(house) != resident, "who writes again is somebody new"
        await house.presses("li", house.last("li", "card.case"), "accept")
        assert (await house.case(number)).holder == "li", "the matter goes on"


async def test_a_letter_that_never_leaves_holds_nobody_back_for_ever(house: Rig) -> None:
    await house.says("alice", "private", "注销")
    await house.presses("alice", house.last("alice"), "erase_sure", settle=False)
    await house.intake.idle()
    store = house.store
    house.clock.forward(minutes=9)
    assert await store.db.read(lambda c: erasure.wanted(c, store.keys, house.clock())) == []
    house.clock.forward(minutes=2)
    assert await house.data.erase_wanted() == 1
    await house.settles()
    assert not [message for message in house.chat("alice") if "mydata.erasing" in message.text]


async def test_a_file_is_fetched_by_a_link_that_opens_for_minutes(house: Rig) -> None:
    await house.says("alice", "willow", "@bot 柳岸路3号门口的路灯坏了", photos=("f1",))
    await house.says("alice", "private", "我的数据")
    await house.presses("alice", house.last("alice"), "my_file")
    event = house.app.events[-1]
    (way,) = event.urls
    assert way.startswith("https://wuyou.example/my/")
    token, store = way.rpartition("/")[2], house.store
    link = await store.db.read(lambda c: links.read(c, store.keys, token, house.clock()))
    assert link is not None and (link.purpose, link.resident) == ("mydata", await _resident(house))
    later = house.clock() + LINK_LIVES
    assert await store.db.read(lambda c: links.read(c, store.keys, token, later)) is None


async def test_what_is_taken_out_is_all_of_theirs_and_nothing_of_others(house: Rig) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(out, "JPEG")
    house.app.pictures["f1"] = out.getvalue()
    await house.says("bob", "willow", "@bot 桂花苑1幢1单元楼下垃圾堆了好几天没人清运")
    await house.says("alice", "private", "柳岸路3号门口的路灯坏了😀<b>", photos=("f1",))
    await house.presses("li", house.last("li", "card.case"), "accept")
    resident = (await house.newest()).reporter
    await _look(house, resident, "核实地址")  # type: ignore[misc]
    body = await house.data.as_json(resident)
    assert body is not None
    told = json.loads(body)
    assert told["person"]["name"] == "alice" and told["person"]["user_id"]
    (matter,) = told["matters"]
    assert "路灯坏了" in matter["words"] and len(matter["photos"]) == 1
    assert [step["what"] for step in matter["steps"]][:2] == ["receive", "dispatch"]
    assert told["looked_at"][0]["reason"] == "核实地址"
    assert "垃圾" not in body.decode() and "feng" not in body.decode()
    for language in ("zh", "en"):
        pdf = await house.data.as_pdf(resident, language)
        assert pdf is not None and pdf.startswith(b"%PDF-1") and b"STSong-Light" in pdf and b"/DCTDecode" in pdf
