"""Who may be written to, and what a bot hears of what people do."""

from __future__ import annotations

import pytest
import telegram
import telegram.error

from tests.servers.bot_api import BotApi
from tests.servers.bot_api_chats import Chat
from tests.servers.bot_api_clients import picture, refusal, updates
from tests.servers.bot_api_people import Person
from tests.servers.gram import aiogram


async def test_a_bot_cannot_write_first(server: BotApi, ptb: telegram.Bot, alice: Person, group: Chat) -> None:
    stranger = server.user("Bob")
    assert await refusal(ptb.send_message(stranger.id, "x")) == "Chat not found"
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot can't initiate conversation with a user"
    alice.starts(server.bot, "k3_-")
    await ptb.send_message(alice.id, "now")
    assert alice.texts == ["now"]
    with pytest.raises(ValueError, match="payload"):
        alice.starts(server.bot, "not allowed")


async def test_people_who_block_or_leave_cannot_be_written_to(server: BotApi, ptb: telegram.Bot, alice: Person) -> None:
    alice.starts(server.bot)
    alice.blocks(server.bot)
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot was blocked by the user"
    heard = await updates(server, ptb)
    change = heard[-1].my_chat_member
    assert change is not None
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    assert change.chat.type == "private"
    alice.starts(server.bot)
    await ptb.send_message(alice.id, "again")
    server.deactivates(alice)
    said = await refusal(ptb.send_message(alice.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: user is deactivated"


async def test_groups_that_are_closed_to_the_bot_say_why(server: BotApi, ptb: telegram.Bot, group: Chat) -> None:
    assert await refusal(ptb.send_message(-1001, "x")) == "Chat not found"
    server.mutes(server.bot, group)
    assert "not enough rights to send text messages" in (await refusal(ptb.send_message(group.id, "x"))).lower()
    assert await ptb.leave_chat(group.id)
    said = await refusal(ptb.send_message(group.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot is not a member of the supergroup chat"
    small = server.group("small", kind="group", bots=[server.bot])
    server.removes_bot(small)
    said = await refusal(ptb.send_message(small.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: bot was kicked from the group chat"
    gone = server.group("gone", kind="group", bots=[server.bot])
    server.deletes_group(gone)
    said = await refusal(ptb.send_message(gone.id, "x"), telegram.error.Forbidden)
    assert said == "Forbidden: the group chat was deleted"


async def test_a_group_that_became_a_supergroup_names_its_new_id(
    server: BotApi, ptb: telegram.Bot, alice: Person
) -> None:
    small = server.group("small", [alice], kind="group", bots=[server.bot])
    before = await ptb.send_message(small.id, "before")
    new = server.migrate(small)
    with pytest.raises(telegram.error.ChatMigrated) as moved:
        await ptb.send_message(small.id, "x")
    assert moved.value.new_chat_id == new.id
    assert await refusal(before.edit_text("after")) == "Message can't be edited"
    sent = await ptb.send_message(new.id, "after")
    assert sent.message_id == 2  # numbers start anew; 1 is the service message
    heard = [update.message for update in await updates(server, ptb)]
    assert [m.migrate_to_chat_id or m.migrate_from_chat_id for m in heard if m] == [new.id, small.id]
    alice.writes(small, "/help@wuyou_bot")  # people are carried over
    assert new.everything[-1].shown == "/help@wuyou_bot"


async def test_topics_must_exist(server: BotApi, ptb: telegram.Bot, alice: Person, group: Chat) -> None:
    forum = server.group("forum", [alice], bots=[server.bot], forum=True)
    thread = server.topic(forum, "repairs")
    sent = await ptb.send_message(forum.id, "x", message_thread_id=thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    for wrong in (1, 99):
        said = await refusal(ptb.send_message(forum.id, "x", message_thread_id=wrong))
        assert said == "Message thread not found"
    await ptb.send_message(group.id, "a plain group ignores it", message_thread_id=99)


async def test_privacy_hides_talk_that_is_not_meant_for_the_bot(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    asked = await ptb.send_message(group.id, "where?")
    other = server.new_bot("other_bot", privacy=False)
    server.stands(other, group, "member")
    alice.writes(group, "did you see the match?")
    alice.writes(group, "@wuyou_bot rubbish")
    alice.writes(group, "烟🔥 @WuYou_bot")
    alice.writes(group, "at the bridge", reply_to=group.kept[asked.message_id])
    alice.writes(group, "/help@wuyou_bot")
    alice.writes(group, "/help@other_bot")
    alice.writes(group, "/help")
    alice.writes(group, "mail me@wuyou_bot.example")
    alice.sends_photo(group, picture(), caption="@wuyou_bot here")
    alice.sends_photo(group, picture())
    alice.leaves(group)
    heard = [update.message for update in await updates(server, ptb)]
    assert [m.text or m.caption or (m.left_chat_member and "she left") for m in heard if m] == [
        "@wuyou_bot rubbish", "烟🔥 @WuYou_bot", "at the bridge", "/help@wuyou_bot", "/help", "@wuyou_bot here",
        "she left",
    ]  # fmt: skip
    assert heard[2] is not None
    assert heard[2].reply_to_message is not None
    assert len(other.updates.pending) == 12  # privacy off: its own arrival, and everything but what the other bot said


async def test_an_administrator_bot_hears_everything(
    server: BotApi, ptb: telegram.Bot, group: Chat, alice: Person
) -> None:
    server.promotes(server.bot, group)
    alice.writes(group, "talk")
    change, talk = await updates(server, ptb)
    assert change.my_chat_member is not None
    assert change.my_chat_member.new_chat_member.status == "administrator"
    assert talk.message is not None
    assert talk.message.text == "talk"
    administrators = await ptb.get_chat_administrators(group.id)
    assert {member.status for member in administrators} == {"creator", "administrator"}
    assert (await ptb.get_chat_member(group.id, alice.id)).status == "member"
    assert (await ptb.get_chat(group.id)).title == "3rd village"


async def test_joining_a_group_is_told_twice(server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot) -> None:
    server.adds_bot(server.group("new"))
    server.removes_bot(server.adds_bot(server.group("other")).chat)
    heard = await gram.get_updates()
    assert [update.event_type for update in heard] == ["my_chat_member", "message"] * 2 + ["my_chat_member"]
    assert heard[1].message is not None
    assert heard[1].message.new_chat_members is not None
    assert heard[1].message.new_chat_members[0].id == server.bot.id


async def test_people_send_places_voices_stickers_albums_and_edits(
    server: BotApi, ptb: telegram.Bot, gram: aiogram.Bot, alice: Person
) -> None:
    place = alice.sends_location(server.bot, 30.18, 120.26, live=900)
    alice.moves(place, 30.19, 120.27)
    alice.sends_voice(server.bot)
    alice.sends_sticker(server.bot)
    alice.sends_document(server.bot, b"%PDF")
    alice.sends_photo(server.bot, picture(), caption="1", album="a")
    alice.sends_photo(server.bot, picture("red"), album="a")
    alice.edits(alice.writes(server.bot, "brigde"), "bridge")
    by_aiogram = await gram.get_updates()
    server.clock.forward(4)
    for heard in (by_aiogram, await updates(server, ptb)):
        assert len(heard) == 9
        assert heard[1].edited_message is not None
        assert heard[1].edited_message.location is not None
        assert heard[1].edited_message.location.latitude == 30.19
        assert heard[2].message is not None
        assert heard[2].message.voice is not None
        assert heard[2].message.voice.mime_type == "audio/ogg"
        assert heard[5].message is not None
        assert heard[6].message is not None
        assert heard[5].message.media_group_id == heard[6].message.media_group_id is not None
        assert heard[8].edited_message is not None
        assert heard[8].edited_message.text == "bridge"
