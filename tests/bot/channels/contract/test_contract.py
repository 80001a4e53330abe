"""What every chat app keeps, as far as it can: one suite of black-box tests, played on each app's stage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import Can, Channel, Fate, RenderedButton, SendError
from bot.messages import Kind, MediaKind
from tests.bot.channels.contract.stages import STAGES, Shown, Stage
from tests.servers.bot_api_clients import picture

ROWS = ((RenderedButton("对", "place:1:yes"), RenderedButton("不对", "place:1:no")),)
LINK = ((RenderedButton("看看", url="https://wuyou.example/c/1"),),)
REMOTE = ("telegram", "dingtalk")  #: A server stands between us and people.


def stages(able: Callable[[Can], bool] = lambda can: True, names: tuple[str, ...] = tuple(STAGES)) -> Any:
    """Plays the test on the stages of the apps that can."""
    found = [name for name in names if able(STAGES[name][0].can)]
    assert found, "nobody plays it"
    return pytest.mark.parametrize("stage", found, indirect=True)


@pytest.fixture
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with STAGES[request.param][1](tmp_path) as opened:
        yield opened


async def fails(call: Any, fate: Fate) -> SendError:
    with pytest.raises(SendError) as caught:
        await call
    assert caught.value.fate is fate, caught.value.reason
    return caught.value


# --- letters


@stages()
async def test_words_arrive_in_a_group(stage: Stage) -> None:
    await stage.channel.send(stage.letter("收到。\n第二行"))
    assert await stage.shown() == [Shown("收到。\n第二行")]
    assert await stage.shown(alone=True) == []


@stages(lambda can: can.private)
async def test_words_arrive_alone(stage: Stage) -> None:
    await stage.channel.send(stage.letter("收到。", alone=True))
    assert await stage.shown(alone=True) == [Shown("收到。")]
    assert await stage.shown() == []


@stages()
async def test_every_message_has_a_name_of_its_own(stage: Stage) -> None:
    names = [await stage.channel.send(stage.letter("收到")) for _ in range(3)]
    assert len(set(names)) == 3
    assert all(names)


@stages()
async def test_letters_arrive_in_the_order_in_which_they_were_sent(stage: Stage) -> None:
    for word in ("一", "二", "三"):
        await stage.channel.send(stage.letter(word))
    assert [each.text for each in await stage.shown()] == ["一", "二", "三"]


@stages()
@pytest.mark.parametrize(
    "words", ["1 < 2 & 3 > 2", "*粗* _斜_ [链](https://e.example)", "😀👨‍👩‍👧", "a\\nb 'c' \"d\"", "<b>x</b>"]
)
async def test_odd_words_arrive_as_they_are(stage: Stage, words: str) -> None:
    await stage.channel.send(stage.letter(words))
    assert [each.text for each in await stage.shown()] == [words]


@stages()
async def test_words_that_are_too_many_arrive_all_the_same(stage: Stage) -> None:
    await stage.channel.send(stage.letter("很长的一句话。" * 2500))
    assert (await stage.shown())[0].text.startswith("很长的一句话。" * 100)


@stages()
async def test_a_place_arrives(stage: Stage) -> None:
    assert await stage.channel.send(stage.letter("在这里", location=(30.25, 120.15)))
    assert "在这里" in (await stage.shown())[0].text


@stages()
async def test_an_answer_to_something_that_is_gone_arrives(stage: Stage) -> None:
    await stage.channel.send(stage.letter("收到", reply_to="424242"))
    assert [each.text for each in await stage.shown()] == ["收到"]


# --- buttons and edits


@stages(lambda can: can.buttons)
async def test_buttons_stand_under_the_words_in_their_order(stage: Stage) -> None:
    await stage.channel.send(stage.letter("在哪里？", buttons=ROWS))
    assert await stage.shown() == [Shown("在哪里？", ("对", "不对"))]


@stages(lambda can: can.buttons)
async def test_a_button_may_lead_somewhere(stage: Stage) -> None:
    await stage.channel.send(stage.letter("看这里", buttons=LINK))
    assert await stage.shown() == [Shown("看这里", ("看看",))]


@stages(lambda can: can.buttons and can.edit)
async def test_a_message_is_edited_in_place(stage: Stage) -> None:
    ref = await stage.channel.send(stage.letter("在哪里？", buttons=ROWS))
    await stage.channel.send(stage.letter("已派出", buttons=LINK, edits=ref))
    assert await stage.shown() == [Shown("已派出", ("看看",))]


@stages(lambda can: can.buttons and can.edit)
async def test_an_edit_takes_the_buttons_away(stage: Stage) -> None:
    ref = await stage.channel.send(stage.letter("在哪里？", buttons=ROWS))
    await stage.channel.send(stage.letter("已派出", edits=ref))
    assert await stage.shown() == [Shown("已派出")]


@stages(lambda can: can.buttons and can.edit)
async def test_an_edited_message_is_edited_again_under_the_same_name(stage: Stage) -> None:
    ref = await stage.channel.send(stage.letter("一", buttons=ROWS))
    again = await stage.channel.send(stage.letter("二", buttons=ROWS, edits=ref))
    await stage.channel.send(stage.letter("三", edits=again))
    assert await stage.shown() == [Shown("三")]


@stages(lambda can: can.buttons and can.edit)
async def test_an_edit_that_changes_nothing_is_no_failure(stage: Stage) -> None:
    ref = await stage.channel.send(stage.letter("在哪里？", buttons=ROWS))
    await stage.channel.send(stage.letter("在哪里？", buttons=ROWS, edits=ref))
    assert len(await stage.shown()) == 1


@stages(lambda can: can.buttons and can.edit)
async def test_an_edit_of_what_is_gone_asks_for_a_new_message(stage: Stage) -> None:
    ref = await stage.channel.send(stage.letter("在哪里？", buttons=ROWS))
    await stage.loses()
    await fails(stage.channel.send(stage.letter("已派出", buttons=ROWS, edits=ref)), Fate.SEND_ANEW)


# --- taking back


@stages(lambda can: can.recall)
async def test_a_message_is_taken_back(stage: Stage) -> None:
    letter = stage.letter("寻人")
    ref = await stage.channel.send(letter)
    await stage.channel.send(stage.letter("别的"))
    await stage.channel.recall(letter.to, ref)  # type: ignore[attr-defined]
    assert [each.text for each in await stage.shown()] == ["别的"]


@stages(lambda can: can.recall)
async def test_taking_back_twice_is_no_failure(stage: Stage) -> None:
    letter = stage.letter("寻人", alone=True)
    ref = await stage.channel.send(letter)
    for _ in range(2):
        await stage.channel.recall(letter.to, ref)  # type: ignore[attr-defined]
    assert await stage.shown(alone=True) == []


# --- pictures


@stages()
async def test_a_picture_arrives_with_its_words(stage: Stage) -> None:
    stage.drawer.pictures["p.jpg"] = picture()
    await stage.channel.send(stage.letter("看这里", photos=("p.jpg",)))
    shown = await stage.shown()
    assert sum(each.photos for each in shown) == 1
    assert "看这里" in [each.text for each in shown]


@stages()
async def test_two_pictures_arrive(stage: Stage) -> None:
    stage.drawer.pictures |= {"p.jpg": picture(), "q.jpg": picture()}
    await stage.channel.send(stage.letter("看这里", photos=("p.jpg", "q.jpg")))
    assert sum(each.photos for each in await stage.shown()) == 2


@stages(names=REMOTE)
async def test_a_picture_that_is_no_longer_kept_does_not_keep_the_words(stage: Stage) -> None:
    await stage.channel.send(stage.letter("看这里", photos=("gone.jpg",)))
    assert "看这里" in [each.text for each in await stage.shown()]


@stages()
async def test_a_picture_that_was_sent_is_fetched(stage: Stage) -> None:
    sent = picture()
    await stage.says("路灯坏了", photo=sent)
    (heard,) = await stage.hears()
    (media,) = heard.media
    assert media.kind is MediaKind.PHOTO
    assert await stage.channel.fetch(heard.at, media.ref) == sent


@stages()
@pytest.mark.parametrize("ref", ["", "no-such-file"])
async def test_a_picture_that_is_not_there_is_gone(stage: Stage, ref: str) -> None:
    await fails(stage.channel.fetch(stage.letter().to, ref), Fate.GONE)


# --- what comes in


@stages()
async def test_what_is_said_to_the_bot_in_a_group_is_heard(stage: Stage) -> None:
    await stage.says("路灯坏了")
    (heard,) = await stage.hears()
    assert (heard.kind, heard.text, heard.at.chat) == (Kind.MESSAGE, "路灯坏了", stage.group)
    assert (heard.private, heard.addressed, heard.title) == (False, True, "3rd village")
    assert heard.sender is not None
    assert (heard.sender.user_id, heard.sender.name) == (stage.alice, "Alice")
    assert heard.sent_at.tzinfo is not None


@stages(lambda can: can.private)
async def test_what_is_said_alone_is_heard_and_answered_there(stage: Stage) -> None:
    await stage.says("你好", alone=True)
    (heard,) = await stage.hears()
    assert (heard.private, heard.addressed, heard.at.chat) == (True, True, stage.alone)
    await stage.channel.send(stage.letter("在", chat=heard.at.chat))
    assert [each.text for each in await stage.shown(alone=True)] == ["在"]


@stages()
async def test_a_command_is_known(stage: Stage) -> None:
    await stage.says("/help me", alone=True)
    (heard,) = await stage.hears()
    assert (heard.command, heard.argument) == ("help", "me")


@stages()
async def test_each_message_has_a_cause_of_its_own(stage: Stage) -> None:
    for word in ("一", "二", "三"):
        await stage.says(word)
    heard = await stage.hears(3)
    assert [each.text for each in heard] == ["一", "二", "三"]
    assert len({each.cause for each in heard}) == 3
    assert len({each.message_id for each in heard}) == 3


@stages(lambda can: can.buttons)
@pytest.mark.parametrize("alone", [False, True])
async def test_a_press_says_what_where_and_who(stage: Stage, alone: bool) -> None:
    ref = await stage.channel.send(stage.letter("在哪里？", buttons=ROWS, alone=alone))
    await stage.presses("不对", alone=alone)
    (heard,) = await stage.hears()
    assert heard.kind is Kind.PRESS
    assert heard.press is not None
    assert (heard.press.data, heard.press.message_id) == ("place:1:no", ref)
    assert (heard.private, heard.at.chat) == (alone, stage.alone if alone else stage.group)
    assert heard.sender is not None
    assert heard.sender.user_id == stage.alice
    await stage.channel.answer(heard)


@stages(names=REMOTE)
async def test_what_was_not_acknowledged_comes_again_as_the_same(stage: Stage) -> None:
    await stage.says("路灯坏了")
    (heard,) = await stage.hears()
    await stage.hangs_up()
    (again,) = await stage.hears()
    assert again == heard


@stages(names=REMOTE)
async def test_what_was_acknowledged_does_not_come_again(stage: Stage) -> None:
    await stage.says("一")
    await stage.hears()
    await stage.says("二")
    await stage.hears()  # Asking for it acknowledged the first.
    await stage.hangs_up()
    assert [each.text for each in await stage.hears()] == ["二"]


# --- refusals


@stages()
async def test_a_chat_that_nobody_has_is_gone(stage: Stage) -> None:
    await fails(stage.channel.send(stage.letter("收到", chat=stage.nobody)), Fate.GONE)


@stages(names=REMOTE)
async def test_an_account_that_is_not_configured_is_gone(stage: Stage) -> None:
    stage.account = "nobody"
    await fails(stage.channel.send(stage.letter("收到")), Fate.GONE)


@stages(names=REMOTE)
async def test_a_group_that_threw_the_bot_out_is_gone(stage: Stage) -> None:
    stage.goes_wrong("gone")
    await fails(stage.channel.send(stage.letter("收到")), Fate.GONE)


@stages(names=REMOTE)
async def test_an_app_that_is_busy_says_for_how_long(stage: Stage) -> None:
    stage.goes_wrong("busy")
    assert (await fails(stage.channel.send(stage.letter("收到")), Fate.WAIT)).after > 0
    await stage.channel.send(stage.letter("再来"))
    assert [each.text for each in await stage.shown()] == ["再来"]


@stages(names=REMOTE)
async def test_a_lost_answer_leaves_open_whether_it_arrived(stage: Stage) -> None:
    stage.goes_wrong("lost")
    await fails(stage.channel.send(stage.letter("收到")), Fate.UNKNOWN)
    assert [each.text for each in await stage.shown()] == ["收到"]


@stages(names=REMOTE)
async def test_without_a_connection_nothing_was_sent_and_it_goes_later(stage: Stage) -> None:
    await stage.stops()
    await fails(stage.channel.send(stage.letter("收到")), Fate.RETRY)


@stages(names=REMOTE)
async def test_no_reason_holds_a_secret(stage: Stage) -> None:
    await stage.stops()
    error = await fails(stage.channel.send(stage.letter("收到")), Fate.RETRY)
    assert not [word for word in ("AAF", "secret-of", "token=") if word in error.reason]


@stages(lambda can: can.idempotent)
async def test_a_letter_that_comes_twice_is_one_message(stage: Stage) -> None:
    letter = stage.letter("收到")
    assert await stage.channel.send(letter) == await stage.channel.send(letter)
    assert len(await stage.shown()) == 1


@pytest.mark.parametrize("name", STAGES)
def test_a_channel_is_called_as_groups_csv_calls_it(name: str) -> None:
    channel: type[Channel] = STAGES[name][0]
    assert channel.name == name
    assert channel.can.writes_first("somebody") is channel.can.first
