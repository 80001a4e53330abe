"""Recorded Telegram updates and what they are in our words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram_read import Me, read
from bot.channels.words import plain
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted, Sender

FOLDER = Path(__file__).parents[2] / "updates" / "telegram"
NOW = datetime(2026, 9, 21, 8, tzinfo=UTC)
ME = Me("bot1", 7_000_000_001, "wuyou_bot")

GROUP = "-1002000000003"
TITLE = "三村平安群"
ALICE = Sender("700000101", "李阿丽", language="zh")
HEAD = Sender("700000100", "王村长", language="zh")
ASKED = Quoted("95", mine=True, user_id="7000000001", text="在什么地方？")


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def chat(number: str) -> Address:
    return Address("telegram", "bot1", number)


def photo(number: str) -> tuple[Media, ...]:
    """The largest of its four sizes."""
    ref = f"AgACAgUAAxkBAAI{number}eQAALbvzEbgQ0pVqSCAAGZ3N7wAQADAgADeQAAM2BA"
    return (Media(MediaKind.PHOTO, ref, f"AQAD{number}28xG4ENKVZ-", 167204),)


def group(number: int, text: str = "", **fields: Any) -> Inbound:
    """A message in the group; its second is its number."""
    at = datetime.fromtimestamp(1_790_000_000 + number, UTC)
    new = Inbound("", chat(GROUP), Kind.MESSAGE, at, sender=ALICE, message_id=str(number), text=text, title=TITLE)
    return replace(new, **fields)


def private(number: int, text: str = "", **fields: Any) -> Inbound:
    return group(number, text, **{"at": chat("700000101"), "private": True, "addressed": True, "title": "", **fields})


def standing(kind: Kind, **fields: Any) -> Inbound:
    return group(200, kind=kind, sender=HEAD, message_id="", **fields)


def ignored(where: str = GROUP) -> Inbound:
    return Inbound("", chat(where), Kind.IGNORED, NOW)


def pressed(message: str) -> Inbound:
    data = Press("place:r7Kd2x:yes", message)
    return group(0, kind=Kind.PRESS, sent_at=NOW, message_id=message, addressed=True, press=data)


RECORDED: dict[str, Inbound] = {
    "text": group(101, "昨晚的球赛看了吗？"),
    "mention": group(102, "桥头有一堆垃圾，🔥怕着火", addressed=True),
    "mention_after_emoji": group(103, "🔥🔥 桥头冒烟", addressed=True),
    "text_mention": group(104, "桥头有垃圾", addressed=True),
    "bot_command": group(105, "/mycases@wuyou_bot", addressed=True, command="mycases"),
    "start_with_payload": private(106, "/start r7Kd_2-x", command="start", argument="r7Kd_2-x"),
    "private_text": private(107, "三村12幢的路灯不亮了"),
    "mention_replies_to_photo": group(
        108,
        "帮他报一下",
        sender=Sender("700000102", "Bob", language="en"),
        quoted=Quoted("90", user_id="700000101", text="桥头的垃圾没人管", media=photo("aa")),
        addressed=True,
    ),
    "reply_to_bot": group(109, "在桥头", quoted=ASKED, addressed=True),
    "album_1": group(110, "树倒了", media=photo("b1"), addressed=True, album="13900000000000042"),
    "album_2": group(110, message_id="111", media=photo("b2"), album="13900000000000042"),
    "album_3": group(110, message_id="112", media=photo("b3"), album="13900000000000042"),
    "photo": group(113, media=photo("c1")),
    "caption_1024": group(114, "很" * 1013, media=photo("c2"), addressed=True),
    "text_4096": group(115, "长" * 4085, addressed=True),
    "location": group(116, location=(30.183642, 120.264531), quoted=ASKED, addressed=True),
    "venue": group(117, "三村菜场 桥头路1号", location=(30.183642, 120.264531)),
    "voice": private(119, media=(Media(MediaKind.VOICE, "AwACAgUAAxkBAAIBd2cVoice0001", "AgAD4xEAAkVoice", 25344),)),
    "voice_replies_to_bot": group(
        120,
        media=(Media(MediaKind.VOICE, "AwACAgUAAxkBAAIBd2cVoice0002", "AgAD4xEBAkVoice", 15120),),
        quoted=ASKED,
        addressed=True,
    ),
    "sticker": group(121, media=(Media(MediaKind.STICKER, "CAACAgUAAxkBAAIBeGcSticker", "AgADSticker1", 18944),)),
    "video": group(
        122,
        "看视频",
        media=(Media(MediaKind.VIDEO, "BAACAgUAAxkBAAIBeWcVideo", "AgADVideo1", 1203344),),
        addressed=True,
    ),
    "document_picture": private(123, media=(Media(MediaKind.PHOTO, "BQACAgUAAxkBAAIBemcDoc", "AgADDoc1", 3203344),)),
    "callback_query": pressed("96"),
    "callback_query_inaccessible": pressed("12"),
    "bot_added": standing(Kind.JOINED),
    "bot_added_service": ignored(),
    "bot_promoted": standing(Kind.PROMOTED),
    "bot_demoted": standing(Kind.PROMOTED),
    "bot_restricted": standing(Kind.PROMOTED),
    "bot_removed": standing(Kind.LEFT),
    "bot_left": standing(Kind.LEFT),
    "bot_blocked": replace(private(200), kind=Kind.LEFT, message_id="", addressed=False),
    "bot_unblocked": ignored("700000101"),
    "member_joined": ignored(),
    "member_left": ignored(),
    "title_changed": ignored(),
    "group_created": ignored("-4000007"),
    "migrate_to_chat_id": group(
        135,
        at=chat("-4000007"),
        kind=Kind.MIGRATED,
        sender=None,
        message_id="",
        title="四村平安群",
        migrated_to="-1002000000044",
    ),
    "migrate_from_chat_id": ignored("-1002000000044"),
    "forum_topic_created": ignored("-1002000000009"),
    "forum_topic_message": group(137, "电梯坏了", at=chat("-1002000000009"), title="五村平安群", addressed=True),
    "channel_post": ignored("-1001999999999"),
    "channel_post_forwarded_into_group": ignored(),
    "anonymous_administrator": group(141, "路面塌了", sender=Sender(GROUP, "村务", admin=True), addressed=True),
    "from_another_bot": ignored(),
    "unknown_content": ignored(),
    "unknown_kind": ignored(""),
    "bidi_zero_width_and_nul": group(144, "\u202e垃圾\u200b在\u200d桥\ufeff头\u2066!\u2069\x07 完", addressed=True),
    "name_with_bidi": private(145, "帮忙", sender=Sender("700000101", "ecilA 李", language="zh")),
    "via_bot": group(146, "https://a.cn/x"),
    "forwarded_message": private(147, "三村桥头昨晚起火"),
    "forwarded_from_hidden_user": private(148, "转一下", media=photo("d1")),
    "poll": group(149, media=(Media(MediaKind.FILE, ""),)),
    "poll_update": ignored(""),
    "contact": private(150, "阿丽 +8613800000000"),
    "telephone_in_group": group(151, "我电话 13800000000，身份证 330109199001010010"),
    "quote_reply": group(
        152,
        "对，就是那个角落",
        quoted=Quoted("90", user_id="700000102", text="桥头东边角落里有一堆垃圾，好几天了"),
        addressed=True,
    ),
    "dice": group(153, media=(Media(MediaKind.STICKER, ""),)),
    "pinned": ignored(),
    "text_with_newlines_and_formatting": group(155, "test\n\n- 一\n- 二", addressed=True),
    "edited_message": group(160, "桥头有一堆垃圾（东侧）", message_id="102", kind=Kind.EDITED, addressed=True),
    "live_location_edit": ignored(),
    "live_location_edit_in_private": private(178, message_id="118", kind=Kind.MOVED, location=(30.1839, 120.2651)),
    "message_reaction": ignored(),
}


def test_every_recorded_payload_stands_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(RECORDED)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_a_recorded_update_is_read_as_the_table_says(name: str) -> None:
    update = recorded(name)

    assert read(update, ME, NOW) == replace(RECORDED[name], key=str(update["update_id"]))


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_an_update_with_pieces_missing_is_never_a_crash(name: str) -> None:
    def without(value: Any, place: list[Any]) -> None:
        """Takes away, one after the other, every part of it, and reads what is left."""
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
        for key in keys:
            if value is update and key == "update_id":
                continue
            kept = value[key]
            for instead in (None, "x", 7, [], {}):
                value[key] = instead
                found = read(update, ME, NOW)
                assert found is not None
                assert found.key == str(update["update_id"])
            value[key] = kept
            if len(place) < 4:
                without(kept, [*place, key])

    update = recorded(name)
    without(update, [])


@pytest.mark.parametrize("update", [{}, {"update_id": "7"}, {"update_id": None, "message": {}}, {"update_id": 1.5}])
def test_what_has_no_number_is_no_update(update: dict[str, Any]) -> None:
    assert read(update, ME, NOW) is None


# --- when the bot is meant


def says(text: str, **message: Any) -> Inbound:
    update = recorded("text")
    update["message"] |= {"text": text, **message}
    found = read(update, ME, NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@wuyou_bot 桥塌了", "桥塌了"),
        ("@WuYou_Bot，桥塌了", "桥塌了"),
        ("桥塌了@wuyou_bot快来", "桥塌了快来"),
        ("＠wuyou_bot 桥塌了", "桥塌了"),
        ("请 @wuyou_bot 看看 @wuyou_bot", "请 看看"),
        ("@wuyou_bot", ""),
    ],
)
def test_the_bot_is_called_by_its_name_even_where_the_app_marks_nothing(text: str, left: str) -> None:
    found = says(text)

    assert (found.addressed, found.text) == (True, left)


@pytest.mark.parametrize("text", ["@wuyou_bot2 好", "a@wuyou_bot.cn", "https://t.me/@wuyou_bot", "wuyou_bot", "@wuyou"])
def test_a_name_that_only_looks_like_ours_is_not_ours(text: str) -> None:
    assert says(text).addressed is False


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("/help", "help", ""),
        ("/HELP@Wuyou_Bot", "help", ""),
        ("/hears@wuyou_bot listen", "hears", "listen"),
        ("@wuyou_bot /case 38164275", "case", "38164275"),
        ("/case@wuyou_bot 1\n2", "case", "1\n2"),
        ("/weather@wuyou_bot", "weather", ""),
    ],
)
def test_a_command_for_us_is_heard(text: str, command: str, argument: str) -> None:
    found = says(text)

    assert (found.addressed, found.command, found.argument) == (True, command, argument)


def test_a_command_for_another_bot_is_ignored() -> None:
    assert says("/help@other_bot").kind is Kind.IGNORED


def test_an_unknown_command_without_a_name_in_a_group_may_be_another_bots() -> None:
    found = says("/weather 杭州")

    assert (found.kind, found.addressed, found.command) == (Kind.MESSAGE, False, "")


def test_a_path_is_no_command() -> None:
    assert says("/usr/bin").command == ""


def test_a_change_to_what_was_not_said_to_the_bot_stays_the_neighbours_own() -> None:
    update = recorded("edited_message")
    update["edited_message"] |= {"text": "算了", "entities": []}

    found = read(update, ME, NOW)

    assert found is not None
    assert found.kind is Kind.IGNORED
    assert found.text == ""


def test_in_a_topic_the_message_that_opened_it_is_nothing_that_was_replied_to() -> None:
    found = says(
        "电梯坏了",
        message_thread_id=77,
        is_topic_message=True,
        reply_to_message={
            "message_id": 77,
            "from": {"id": ME.id, "is_bot": True, "first_name": "无忧", "username": "wuyou_bot"},
            "chat": recorded("text")["message"]["chat"],
            "date": 1_790_000_000,
            "forum_topic_created": {"name": "电梯", "icon_color": 7322096},
        },
    )

    assert (found.quoted, found.addressed) == (None, False)


def test_somebody_who_writes_in_a_channels_name_is_that_channel() -> None:
    found = says(
        "@wuyou_bot 停水",
        **{"from": {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}},
        sender_chat={"id": -1001999999999, "type": "channel", "title": "街道通告"},
    )

    assert found.sender == Sender("-1001999999999", "街道通告")


# --- letters that break things


def test_half_a_pair_of_surrogates_breaks_nothing() -> None:
    found = says("@wuyou_bot 桥\ud83d塌\udd25了", entities=[{"type": "mention", "offset": 0, "length": 10}])

    assert found.text == "桥?塌?了"
    assert says("\ud83d", entities=recorded("text_mention")["message"]["entities"]).addressed


def test_five_megabytes_of_text_are_read_in_no_time() -> None:
    assert len(says("@wuyou_bot " + "垃圾@" * 1_700_000).text) == 5_100_000


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u202eecilA", "ecilA"),
        ("李\u200b\u200d丽", "李丽"),
        ("\u2066\u2069", ""),
        ("\u3164\u2800", ""),
        ("a\0b\nc\ud800", "ab c?"),
        ("王" * 200, "王" * 64),
        ("José 🌸", "José 🌸"),
    ],
)
def test_a_name_is_shown_without_what_turns_or_hides(name: str, shown: str) -> None:
    assert plain(name) == shown


@pytest.mark.parametrize(
    ("code", "language"), [("zh-hans", "zh"), ("zh", "zh"), ("en-GB", "en"), ("ru", ""), ("", ""), (None, "")]
)
def test_the_language_is_the_apps(code: str | None, language: str) -> None:
    update = recorded("private_text")
    update["message"]["from"]["language_code"] = code

    found = read(update, ME, NOW)

    assert found is not None and found.sender is not None
    assert found.sender.language == language
