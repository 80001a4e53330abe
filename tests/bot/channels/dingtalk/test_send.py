"""Letters to DingTalk, against the strict fake: what arrives, what is edited, what a refusal means."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Fate, RenderedButton, SendError
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.dingtalk_words import MOST_PARAM, markdown, text_param
from tests.bot.channels.conftest import Drawer
from tests.bot.channels.dingtalk.conftest import Letter, credentials
from tests.servers.dingtalk import DingTalk
from tests.servers.dingtalk_cast import Group, Person

YES = ((RenderedButton("对", "place:1:yes"), RenderedButton("更多", url="https://wuyou.example/r7Kd2x")),)
SEND, BATCH, CARD = "/groupMessages/send", "/oToMessages/batchSend", "/instances/createAndDeliver"


async def refused(call: object, fate: Fate) -> SendError:
    with pytest.raises(SendError) as caught:
        await call  # type: ignore[misc]
    assert caught.value.fate is fate, caught.value.reason
    return caught.value


# --- new messages


async def test_words_arrive_in_a_group(dingtalk: DingTalkChannel, group: Group, letter: Letter) -> None:
    key = await dingtalk.send(letter("收到。\n第二行"))

    assert (group.messages[0].key, group.texts) == (key, ["收到。\n第二行"])


async def test_words_arrive_alone(dingtalk: DingTalkChannel, alice: Person, letter: Letter) -> None:
    await dingtalk.send(letter("收到。", chat=alice.staff_id))

    assert alice.texts == ["收到。"]


async def test_buttons_make_a_card(dingtalk: DingTalkChannel, group: Group, letter: Letter) -> None:
    number = await dingtalk.send(letter("在哪里？", buttons=YES))

    card = group.messages[0]
    assert (card.kind, card.key, card.text, card.labels) == ("card", number, "在哪里？", ["对", "更多"])
    assert card.button("更多")["url"] == "https://wuyou.example/r7Kd2x"


async def test_a_card_arrives_alone(dingtalk: DingTalkChannel, alice: Person, letter: Letter) -> None:
    await dingtalk.send(letter("新任务", chat=alice.staff_id, buttons=YES))

    assert alice.messages[0].labels == ["对", "更多"]


async def test_words_in_a_card_are_words_and_no_markdown(
    dingtalk: DingTalkChannel, group: Group, letter: Letter
) -> None:
    await dingtalk.send(letter("# 大字\n[点我](https://evil.example) *粗* <b>", buttons=YES))

    text = group.texts[0]
    assert not set("#[]*<>") & set(text)
    assert "  \n" in text, "lines stay lines"
    assert markdown("柳岸路3号") == "柳岸路3号"


async def test_a_picture_goes_first_and_is_uploaded_once(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["p.jpg"] = b"jpeg"

    await dingtalk.send(letter("看这里", photos=("p.jpg",)))
    await dingtalk.send(letter("再看", photos=("p.jpg",)))

    assert [message.kind for message in group.messages] == ["picture", "text", "picture", "text"]
    assert server.media[group.messages[0].picture] == b"jpeg"
    assert len(server.called("/media/upload")) == 1


async def test_a_recording_is_a_file(dingtalk: DingTalkChannel, group: Group, drawer: Drawer, letter: Letter) -> None:
    drawer.pictures["v.ogg"] = b"OggS"

    await dingtalk.send(letter("有人说", photos=("v.ogg",)))

    assert [message.kind for message in group.messages] == ["file", "text"]


async def test_a_picture_that_is_gone_does_not_keep_the_words(
    dingtalk: DingTalkChannel, group: Group, letter: Letter
) -> None:
    await dingtalk.send(letter("看这里", photos=("gone.jpg",)))

    assert group.texts == ["看这里"]


async def test_a_picture_that_is_gone_and_no_words_is_refused(dingtalk: DingTalkChannel, letter: Letter) -> None:
    await refused(dingtalk.send(letter("", photos=("gone.jpg",))), Fate.REFUSED)


async def test_an_empty_letter_is_refused(dingtalk: DingTalkChannel, letter: Letter) -> None:
    await refused(dingtalk.send(letter("")), Fate.REFUSED)


async def test_a_place_is_an_address_that_opens_a_map(dingtalk: DingTalkChannel, group: Group, letter: Letter) -> None:
    await dingtalk.send(letter("在这里", location=(30.25, 120.15)))

    assert "position=120.150000,30.250000&coordinate=wgs84" in group.texts[0]


@pytest.mark.parametrize("words", ["第一句。" * 5000, '"\n\\' * 9000, "😀" * 9000, "长" * 30_000])
async def test_words_that_are_too_many_are_cut_and_arrive(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter, words: str
) -> None:
    await dingtalk.send(letter(words))
    await dingtalk.send(letter(words, buttons=YES))

    assert group.texts[0].endswith("…")
    assert len(server.called(SEND)[0].values["msgParam"].encode()) <= MOST_PARAM
    assert len(text_param(words).encode()) > MOST_PARAM / 2


async def test_what_went_half_way_is_not_begun_again(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["p.jpg"] = b"jpeg"
    parcel = letter("看这里", photos=("p.jpg",), buttons=YES)
    server.refuse_next(403, "Forbidden.AccessDenied.QpsLimitForApi", path=CARD)

    await refused(dingtalk.send(parcel), Fate.WAIT)
    ref = await dingtalk.send(parcel)

    assert [message.kind for message in group.messages] == ["picture", "card"]
    assert ref == ",".join(message.key for message in reversed(group.messages))


# --- edits and recalls


async def test_a_card_is_edited_in_place(dingtalk: DingTalkChannel, group: Group, letter: Letter) -> None:
    number = await dingtalk.send(letter("在哪里？", buttons=YES))

    assert await dingtalk.send(letter("已派出", edits=number)) == number

    assert (group.texts, group.messages[0].labels, group.messages[0].edits) == (["已派出"], [], 1)


async def test_words_cannot_be_edited_and_go_anew(dingtalk: DingTalkChannel, letter: Letter) -> None:
    key = await dingtalk.send(letter("收到"))

    await refused(dingtalk.send(letter("改", edits=key)), Fate.SEND_ANEW)


async def test_a_card_that_is_gone_goes_anew(dingtalk: DingTalkChannel, server: DingTalk, letter: Letter) -> None:
    number = await dingtalk.send(letter("在哪里？", buttons=YES))
    server.cards.clear()

    await refused(dingtalk.send(letter("改", edits=number)), Fate.SEND_ANEW)


async def test_a_card_whose_answer_was_lost_is_sent_again_and_is_one_card(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    parcel = letter("在哪里？", buttons=YES)
    server.lose_next(path=CARD)

    await refused(dingtalk.send(parcel), Fate.RETRY)
    number = await dingtalk.send(parcel)

    assert [message.key for message in group.messages] == [number]


async def test_a_card_that_was_made_and_not_delivered_is_delivered(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    parcel, bots = letter("在哪里？", buttons=YES), group.bots
    group.bots = []
    await refused(dingtalk.send(parcel), Fate.GONE)
    group.bots = bots

    await dingtalk.send(parcel)

    assert group.texts == ["在哪里？"]


async def test_cards_of_another_database_are_other_cards(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, drawer: Drawer, letter: Letter
) -> None:
    parcel = letter("在哪里？", buttons=YES)
    other = DingTalkChannel(
        {"one": credentials(server.app)}, drawer, mark="m2", base_url=server.url, oapi_url=server.url
    )
    assert await dingtalk.send(parcel) != await other.send(parcel)
    await other.close()
    assert len(group.messages) == 2


async def test_a_message_and_its_picture_are_taken_back(
    dingtalk: DingTalkChannel, group: Group, drawer: Drawer, letter: Letter
) -> None:
    drawer.pictures["p.jpg"] = b"jpeg"
    parcel = letter("寻人", photos=("p.jpg",))
    ref = await dingtalk.send(parcel)

    await dingtalk.recall(parcel.to, ref)
    await dingtalk.recall(parcel.to, ref)

    assert all(message.recalled for message in group.messages)


async def test_what_was_said_alone_is_taken_back(dingtalk: DingTalkChannel, alice: Person, letter: Letter) -> None:
    parcel = letter("寻人", chat=alice.staff_id)

    await dingtalk.recall(parcel.to, await dingtalk.send(parcel))

    assert alice.texts == []


async def test_a_card_is_not_taken_back_and_says_so(dingtalk: DingTalkChannel, letter: Letter) -> None:
    parcel = letter("寻人", buttons=YES)

    await refused(dingtalk.recall(parcel.to, await dingtalk.send(parcel)), Fate.REFUSED)


async def test_after_a_day_nothing_is_taken_back(dingtalk: DingTalkChannel, server: DingTalk, letter: Letter) -> None:
    parcel = letter("寻人")
    ref = await dingtalk.send(parcel)
    server.clock.forward(25 * 3600)

    await refused(dingtalk.recall(parcel.to, ref), Fate.REFUSED)


# --- the token


async def test_many_letters_at_once_fetch_one_token(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    await asyncio.gather(*(dingtalk.send(letter(str(number))) for number in range(10)))

    assert len(server.called("/oauth2/accessToken")) == 1
    assert len(group.texts) == 10


async def test_a_token_is_renewed_before_its_end(dingtalk: DingTalkChannel, server: DingTalk, letter: Letter) -> None:
    await dingtalk.send(letter("1"))
    server.clock.forward(6901)
    await dingtalk.send(letter("2"))

    assert len(server.called("/oauth2/accessToken")) == 2
    assert not [call for call in server.calls if call.status == 401]


@pytest.mark.parametrize("photos", [(), ("p.jpg",)])
async def test_a_refused_token_is_fetched_anew_once(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, drawer: Drawer, letter: Letter, photos: tuple[str, ...]
) -> None:
    drawer.pictures["p.jpg"] = b"jpeg"
    await dingtalk.send(letter("1"))
    server.forget_tokens()
    await dingtalk.send(letter("2", photos=photos))

    assert [text for text in group.texts if text] == ["1", "2"]
    assert len(server.called("/oauth2/accessToken")) == 2


async def test_a_token_that_stays_refused_keeps_the_letter(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    server.refuse_next(401, "InvalidAuthentication", times=5, path=SEND)

    await refused(dingtalk.send(letter("1")), Fate.RETRY)

    assert len(server.called(SEND)) == 2


async def test_a_wrong_secret_keeps_the_letter(dingtalk: DingTalkChannel, server: DingTalk, letter: Letter) -> None:
    server.app.secret = "another"

    error = await refused(dingtalk.send(letter("1")), Fate.RETRY)

    assert "secret-of" not in error.reason


async def test_an_answer_without_a_token_keeps_the_letter(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    server.refuse_next(200, 0, path="/oauth2/accessToken")

    await refused(dingtalk.send(letter("1")), Fate.RETRY)


async def test_an_answer_without_a_key_is_an_answer_all_the_same(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    server.refuse_next(200, 0, path=SEND)

    assert await dingtalk.send(letter("1")) == ""


# --- refusals


@pytest.mark.parametrize(
    ("status", "code", "fate"),
    [
        (429, "Throttling.Api", Fate.WAIT),
        (403, "Forbidden.AccessDenied.QpsLimitForApi", Fate.WAIT),
        (200, 90018, Fate.WAIT),
        (200, 90019, Fate.WAIT),
        (200, 90002, Fate.WAIT),
        (403, "Forbidden.AccessDenied.ApiCountLimitForOrg", Fate.WAIT),
        (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", Fate.RETRY),
        (400, "invalidParameter.robotCode.auth", Fate.RETRY),
        (400, "invalidParameter.robotCode.notExsit", Fate.GONE),
        (400, "invalid.openConversationId", Fate.GONE),
        (400, "bot.stopped", Fate.GONE),
        (400, "invalidParameter.msgParam.invalid", Fate.REFUSED),
        (400, "param.contentUnsafe", Fate.REFUSED),
        (500, "ServiceUnavailable", Fate.RETRY),
        (503, "ServiceUnavailable", Fate.RETRY),
        (504, "GatewayTimeout", Fate.UNKNOWN),
    ],
)
async def test_a_refusal_says_what_becomes_of_the_letter(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter, status: int, code: str | int, fate: Fate
) -> None:
    server.refuse_next(status, code, path=SEND)

    await refused(dingtalk.send(letter("hello")), fate)


async def test_a_month_without_calls_left_asks_once_an_hour(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    server.refuse_next(403, "Forbidden.AccessDenied.ApiCountLimitForOrg", path=SEND)

    assert (await refused(dingtalk.send(letter("hello")), Fate.WAIT)).after == 3600


async def test_a_page_instead_of_an_answer_silences_everybody_for_five_minutes(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    await dingtalk.send(letter("1"))
    server.html_next(path=SEND)
    assert (await refused(dingtalk.send(letter("2")), Fate.WAIT)).after == 300
    calls = len(server.calls)
    server.clock.forward(100)
    assert (await refused(dingtalk.send(letter("3", bot="two")), Fate.WAIT)).after == 200
    assert len(server.calls) == calls, "nobody knocks meanwhile"
    server.clock.forward(201)
    await dingtalk.send(letter("4"))
    assert group.texts == ["1", "4"]


async def test_a_crowd_that_names_its_seconds_is_believed(
    dingtalk: DingTalkChannel, server: DingTalk, letter: Letter
) -> None:
    server.busy_next(7, path=SEND)

    assert (await refused(dingtalk.send(letter("1")), Fate.WAIT)).after == 7


async def test_no_connection_is_retried_and_a_lost_answer_is_unknown(
    dingtalk: DingTalkChannel, server: DingTalk, group: Group, letter: Letter
) -> None:
    await dingtalk.send(letter("1"))
    server.lose_next(path=SEND)
    await refused(dingtalk.send(letter("2")), Fate.UNKNOWN)
    assert group.texts == ["1", "2"]
    await server.stop()
    await refused(dingtalk.send(letter("3")), Fate.RETRY)
    await server.start()


async def test_nobody_of_that_id_takes_nothing(dingtalk: DingTalkChannel, letter: Letter) -> None:
    await refused(dingtalk.send(letter("1", chat="nobody")), Fate.GONE)
    await refused(dingtalk.send(letter("1", chat="nobody", buttons=YES)), Fate.GONE)


async def test_a_person_who_gets_too_much_waits(
    dingtalk: DingTalkChannel, server: DingTalk, alice: Person, letter: Letter
) -> None:
    server.flow_controlled.add(alice.staff_id)

    await refused(dingtalk.send(letter("1", chat=alice.staff_id)), Fate.WAIT)


async def test_an_app_that_is_not_in_the_configuration_sends_nothing(dingtalk: DingTalkChannel, letter: Letter) -> None:
    await refused(dingtalk.send(letter("1", bot="nobody")), Fate.GONE)
