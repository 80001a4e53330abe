"""What no table of lines can say: presses at one moment, restarts, poison, huge and strange texts, what is on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.messages import Inbound, Kind, Sender
from bot.store.tables import CASE, INBOX, RESIDENT, STEP
from bot.texts import Texts
from nlu.model import Model
from routing.case import State, Verb
from tests import town
from tests.rig import Rig, rig

LAMP = "@bot 柳岸路3号门口的路灯坏了"


async def steps_of(house: Rig) -> list[Verb]:
    case = await house.newest()
    return [step.verb for step in (await house.store.scene_for_case(case.number)).steps]


async def test_two_who_accept_at_the_same_moment_and_one_has_it(house: Rig) -> None:
    await house.says("alice", "willow", LAMP)
    number = (await house.newest()).number
    await house.says("feng", "private", f"/case {number}")
    for who in ("li", "feng"):
        await house.presses(who, house.last(who, "card.case"), "accept", settle=False)
    await house.settles()
    case = await house.newest()
    assert case.state is State.ACCEPTED
    assert case.holder in ("li", "feng")
    assert (await steps_of(house)).count(Verb.ACCEPT) == 1
    other = "feng" if case.holder == "li" else "li"
    assert not house.last(other, "card").has("accept"), "the other one's card shows how it stands"


async def test_taking_back_and_accepting_at_the_same_moment(house: Rig) -> None:
    await house.says("alice", "willow", LAMP)
    await house.presses("li", house.last("li", "card.case"), "accept", settle=False)
    await house.presses("alice", house.last("willow"), "withdraw", settle=False)
    await house.settles()
    steps = await steps_of(house)
    assert (Verb.ACCEPT in steps) != (Verb.WITHDRAW in steps), "one of them won, not both"


async def test_many_at_once_get_a_case_each(house: Rig) -> None:
    people = [f"resident{index}" for index in range(20)]
    for who in people:
        await house.says(who, "willow", LAMP, settle=False)
    await house.settles()
    assert await house.store.db.read(lambda c: c.scalar(select(func.count()).select_from(CASE))) == 20


async def test_the_same_press_delivered_five_times_is_one(house: Rig) -> None:
    await house.says("alice", "willow", LAMP)
    pressed = await house.presses("li", house.last("li", "card.case"), "accept")
    for _ in range(4):
        await house.comes(pressed)
    assert (await steps_of(house)).count(Verb.ACCEPT) == 1


async def test_a_press_is_answered_at_once(house: Rig) -> None:
    await house.says("alice", "willow", LAMP)
    pressed = await house.presses("li", house.last("li", "card.case"), "accept")
    assert house.app.answered == [pressed.key]


async def test_a_talk_in_a_persons_hands_survives_a_restart(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "private", "转人工")
        await house.presses("feng", house.last("feng", "card.case"), "x", data=f"take:{(await house.newest()).number}")
        clock, app, keys = house.clock, house.app, house.keys
    clock.forward(hours=1)
    async with rig(tmp_path, model, clock=clock, app=app) as house:
        house.keys = keys
        before = len(app.chat(town.user_of("alice")))
        await house.says("alice", "private", "居住证怎么办")
        assert house.last("feng").text.startswith("card.more")
        assert len(app.chat(town.user_of("alice"))) == before, "the bot keeps silent"
        await house.says("feng", "private", "带身份证来窗口")
        assert house.last("alice").text.startswith("case.word")


async def test_a_message_that_always_fails_is_parked_and_the_chat_goes_on(
    house: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = house.intake.handle

    async def breaks(inbound: Inbound, absorbs: tuple[str, ...] = ()) -> None:
        if "毒" in inbound.text:
            raise ZeroDivisionError("poison")
        await decide(inbound, absorbs)

    async def at_once(seconds: float) -> None:
        await real(0)

    real = asyncio.sleep
    monkeypatch.setattr(house.intake, "handle", breaks)
    monkeypatch.setattr("bot.intake.asyncio.sleep", at_once)
    await house.says("alice", "willow", "@bot 毒", settle=False)
    await house.says("bob", "willow", LAMP, settle=False)
    await house.settles()
    parked = await house.store.parked()
    assert [(each.tries, each.inbound.text) for each in parked] == [(3, "毒")]
    assert parked[0].error.startswith("ZeroDivisionError in ")
    assert "poison" not in parked[0].error, "a fault's own words may be somebody's"
    assert house.last("willow").text.startswith("case.status"), "bob is answered"


@pytest.mark.parametrize(
    "text",
    [
        "柳岸路3号门口的路灯坏了" * 400_000,  # 5 MB
        "\0柳岸路3号\0门口的路灯坏了\0",
        "\u202e柳岸路3号门口的路灯坏了\u202c\u2066\u200f",
        "路" * 4096,
        "👵🏽" * 3000,
        "\ud83d",
        "{number} {0} %s ${x} <b>路灯坏了</b>",
        "\n\n\n",
        "\u200b" * 50,
    ],
    ids=["5MB", "NUL", "bidi", "4096", "emoji", "half a surrogate", "braces", "lines", "zero width"],
)
async def test_strange_texts_are_taken_or_left_but_never_break_anything(house: Rig, text: str) -> None:
    await house.says("alice", "private", text)
    await house.says("alice", "willow", "@bot " + text)
    assert await house.store.parked() == []
    for message in house.app.messages:
        assert not {"\0", "\u202e", "\u2066"} & set(message.text)


async def test_five_megabytes_are_kept_short(house: Rig) -> None:
    await house.says("alice", "private", "柳岸路3号门口的路灯坏了。" * 400_000)
    assert len((await house.newest()).words) <= 20_000
    assert len(house.last("li", "card.case").text) < 1024


async def test_no_letter_of_a_long_case_is_longer_than_a_caption(house: Rig) -> None:
    """Rendered for real, with everything on the card as long as it gets."""
    texts = Texts.load()
    letters: list[str] = []
    real = house.store._render

    def render(letter: object) -> object:
        letters.append(texts.render(letter).text)  # type: ignore[arg-type]
        return real(letter)  # type: ignore[arg-type]

    house.store._render = render  # type: ignore[assignment]
    await house.says("alice", "private", "柳岸路3号门口的路灯坏了")
    await house.says("alice", "private", "很长的话" * 900, photos=("p",))
    card = house.last("li", "card.case")
    await house.presses("li", card, "accept")
    await house.says("alice", "private", "再补充" * 1000)
    await house.presses("li", card, "finish")
    await house.says("li", "private", "换好了" * 2000)
    await house.presses("alice", house.last("alice", "case.done"), "unsolved")
    assert max(map(len, letters)) <= 1024


async def test_neighbours_talk_leaves_an_id_and_nothing_else(house: Rig) -> None:
    said = await house.says("bob", "willow", "我家钥匙藏在门口花盆下面")
    row = await house.store.db.read(lambda c: c.execute(select(INBOX.c.cause, INBOX.c.payload)).one())
    assert (row.cause, row.payload) == (said.cause, None)
    assert await house.store.db.read(lambda c: c.scalar(select(func.count()).select_from(RESIDENT))) == 0


async def test_a_neighbour_who_presses_somebody_elses_button_is_not_kept(house: Rig) -> None:
    await house.says("alice", "willow", LAMP)
    await house.presses("bob", house.last("willow"), "withdraw")
    assert await house.store.db.read(lambda c: c.scalar(select(func.count()).select_from(RESIDENT))) == 1


async def test_what_people_wrote_is_not_readable_on_disk(tmp_path: Path, model: Model) -> None:
    async with rig(tmp_path, model) as house:
        await house.says("alice", "private", "柳岸路3号门口的路灯坏了,我电话13812345678,我叫爱丽丝")
        await house.says("alice", "private", "/language en")
        case = await house.newest()
        assert "13812345678" not in case.words
        assert "138****5678" in case.words
        assert not any("13812345678" in line for line in house.app.log)
    assert not any(b"13812345678" in data for data in _on_disk(tmp_path))
    # Letters on paper hold the words of the card until they are forgotten; the case's own row never does in the clear.
    async with rig(tmp_path, model) as house:
        row = await house.store.db.read(lambda c: c.execute(select(CASE)).mappings().one())
        assert not any("爱丽丝" in str(value) for value in row.values())
        step = await house.store.db.read(lambda c: c.execute(select(STEP)).mappings().first())
        assert step is not None
        assert not any("爱丽丝" in str(value) for value in step.values())


async def test_another_language_stays_with_the_person(house: Rig) -> None:
    await house.says("alice", "private", "柳岸路3号门口的路灯坏了")
    await house.says("alice", "private", "/language en")
    thread = await house.store.known_thread(
        Inbound(
            "q", house.at("alice", "private"), Kind.MESSAGE, house.clock(), True, sender=Sender(town.user_of("alice"))
        )
    )
    assert thread is not None
    assert thread.resident.language == "en"


def _on_disk(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("town.db*")]
