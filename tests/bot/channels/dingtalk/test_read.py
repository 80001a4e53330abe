"""Payloads as DingTalk's stream brings them -> Inbound."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.dingtalk_read import Push, Unreadable, is_group, read, session_of
from bot.messages import Address, Inbound, Kind, Media, MediaKind, Press, Quoted, Sender

FOLDER = Path(__file__).parents[3] / "updates" / "dingtalk"
NOW = datetime(2026, 9, 21, 16, tzinfo=UTC)
SENT = datetime.fromtimestamp(1_790_000_000, UTC)
GROUP, NUMBER = "cid6KeBBLoveMJOGXoYKF5x7EeiodoA==", "msgB5nQUpEyMzM2C1bkNF5Dlw=="
ALICE, CAROL = Sender("alice0101", "李阿丽"), Sender("$:LWCP_v1:$carol", "卡罗尔")


def push(name: str) -> Push:
    frame = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return Push(frame["headers"]["topic"], frame["headers"]["messageId"], frame["data"])


def here(text: str = "", **fields: object) -> Inbound:
    """Something said to the robot in the group."""
    said = {"sender": ALICE, "message_id": NUMBER, "text": text, "addressed": True, "title": "三村平安群"}
    return Inbound(NUMBER, Address("dingtalk", "app1", GROUP), Kind.MESSAGE, SENT, **(said | fields))  # type: ignore[arg-type]


def alone(text: str = "", chat: str = "alice0101", **fields: object) -> Inbound:
    said = {"private": True, "sender": ALICE, "message_id": NUMBER, "text": text, "addressed": True}
    return Inbound(NUMBER, Address("dingtalk", "app1", chat), Kind.MESSAGE, SENT, **(said | fields))  # type: ignore[arg-type]


def pressed(name: str, user: str, chat: str, data: str, *, private: bool) -> Inbound:
    return Inbound(
        f"p:f_{name}", Address("dingtalk", "app1", chat), Kind.PRESS, NOW, private=private, sender=Sender(user),
        message_id="wuyou-0f1e2d", addressed=True, press=Press(data, "wuyou-0f1e2d"),
    )  # fmt: skip


D1 = (Media(MediaKind.PHOTO, "d1"),)
READ: dict[str, Inbound | None] = {
    "text_in_group": here("桥塌了"),
    "text_alone": alone("你好"),
    "text_of_an_outsider": here("楼道灯不亮", sender=CAROL),
    "outsider_alone": alone("有人吗", CAROL.user_id, sender=CAROL),
    "command": here("/help  me", command="help", argument="me"),
    "not_called": here("今天天气好", addressed=False),
    "administrator": here(
        "/hears mention", sender=Sender("head", "王村长", admin=True), command="hears", argument="mention"
    ),
    "rich_text": here("路灯坏了", media=(*D1, Media(MediaKind.PHOTO, "d2"))),
    "picture_alone": alone(media=D1),
    "audio_written_down": alone("柳岸路三号路灯坏了"),
    "audio": alone(media=(Media(MediaKind.VOICE, "d1"),)),
    "video": alone(media=(Media(MediaKind.VIDEO, "d1"),)),
    "file": alone(media=(Media(MediaKind.FILE, "d1"),)),
    "unknown_kind": alone(media=(Media(MediaKind.FILE, ""),)),
    "reply_to_bot": here("在桥头", quoted=Quoted("query17=", mine=True, text="在什么地方？")),
    "reply_to_neighbour": here(
        "帮他报一下", quoted=Quoted("msgBob==", user_id="$:LWCP_v1:$bob", text="井盖没了")
    ),
    "bidi_name_and_nul": here("水管爆了", sender=Sender("alice0101", "ecilA")),
    "press_in_group": pressed("press_in_group", "alice0101", GROUP, "place:38164275:yes", private=False),
    "press_alone": pressed("press_alone", "li0007", "li0007", "accept:38164275", private=True),
    "press_of_another_card": None,
    "event": None,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_a_payload_is_read(name: str) -> None:
    assert read(push(name), "app1", NOW) == READ[name]


@pytest.mark.parametrize("name", sorted(READ))
def test_a_payload_without_one_of_its_fields_is_read_or_said_to_be_unreadable(name: str) -> None:
    whole = push(name)
    data = json.loads(whole.data)
    for field in data:
        for broken in ({**data, field: None}, {key: data[key] for key in data if key != field}, {**data, field: 7}):
            odd = Push(whole.topic, whole.id, json.dumps(broken))
            with suppress(Unreadable):
                inbound = read(odd, "app1", NOW)
                assert inbound is None or (inbound.key and inbound.key != "None")
            session_of(odd)


def test_what_is_unreadable_is_told_without_its_words() -> None:
    with pytest.raises(Unreadable) as caught:
        read(replace(push("text_in_group"), data=push("text_in_group").data[:-1]), "app1", NOW)
    assert "桥" not in str(caught.value)


def test_the_webhook_is_kept_for_outsiders_who_write_alone() -> None:
    assert session_of(push("outsider_alone"))[:2] == (
        CAROL.user_id,
        "https://oapi.dingtalk.com/robot/sendBySession?session=1f2e",
    )
    assert session_of(push("text_of_an_outsider"))[0] == ""
    assert session_of(push("text_alone"))[0] == ""


@pytest.mark.parametrize(
    ("chat", "group"), [(GROUP, True), ("alice0101", False), ("cid", False), ("cidney01", False), ("$:x", False)]
)
def test_a_group_is_known_by_its_id(chat: str, group: bool) -> None:
    assert is_group(chat) is group
