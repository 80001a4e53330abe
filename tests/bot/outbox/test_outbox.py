"""The outbox from end to end: what is written arrives, once, in order, in its slot."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.limits import RESENT, UNLIMITED
from bot.messages import Lane
from bot.store.bookings import resolve
from bot.store.database import Database
from bot.store.letter_reads import (
    backlog,
    case_of,
    forget,
    gone_chats,
    message,
    tally,
    troubles,
    unknown,
    waiting_by_lane,
)
from bot.store.letter_rows import Post
from tests.bot.outbox.app import NOON, App, Time, fanout, group, letter, person, rows, says, states
from tests.bot.outbox.conftest import House


async def test_a_letter_arrives_and_is_known_by_its_message(house: House, db: Database, app: App) -> None:
    says(db, letter("hello", case="38164275", slot="c:card"))
    assert await house.sends()
    assert app.reads("-1") == ["hello"]
    [row] = rows(db)
    assert (row["state"], row["ref"]) == (Post.SENT, "1")
    assert db.read_now(lambda c: case_of(c, group(1), "1")) == "38164275"
    assert db.read_now(lambda c: message(c, group(1), "1")) == ("c:card", "38164275")
    assert db.read_now(lambda c: case_of(c, group(2), "1")) == ""


async def test_the_same_key_written_twice_is_one_letter(house: House, db: Database, app: App) -> None:
    for _ in range(2):
        says(db, letter("a"), letter("b", dedupe="k"), fanout("c", [group(1), group(2)]), cause="telegram:b:41")
    says(db, letter("b again", dedupe="k"))
    await house.sends()
    says(db, letter("b after it was sent", dedupe="k"))
    await house.sends()
    assert sorted(app.reads("-1") + app.reads("-2")) == ["a", "b", "c", "c"]


async def test_letters_of_one_chat_and_lane_keep_their_order(house: House, db: Database, app: App) -> None:
    for number in range(12):
        says(db, letter(str(number), person(1)))
    app.is_offline(times=3)
    await house.sends()
    assert app.reads("1") == [str(number) for number in range(12)]


async def test_one_body_serves_all_groups(house: House, db: Database, app: App) -> None:
    groups = [group(number) for number in range(1, 101)]
    says(db, fanout("missing", groups, slot="a1"))
    assert rows(db, "SELECT count(*) AS n FROM payload") == [{"n": 1}]
    await house.sends()
    assert states(db) == {Post.SENT: 100}


# --- slots


async def test_a_later_letter_takes_the_place_of_one_that_waits(house: House, db: Database, app: App) -> None:
    says(db, letter("old card", slot="s", stops="sign", case="c"), letter("after it"))
    says(db, letter("new card", slot="s", stops="dispatch", case="c"))
    assert rows(db)[0]["stops"] == "sign dispatch"
    await house.sends()
    assert app.reads("-1") == ["new card", "after it"]
    assert states(db) == {Post.SENT: 2, Post.MERGED: 1}


async def test_a_later_letter_edits_what_was_sent(house: House, db: Database, app: App) -> None:
    says(db, letter("received", slot="s", lane=Lane.DUTY))
    await house.sends()
    says(db, letter("accepted", slot="s", lane=Lane.UPDATE))
    assert rows(db)[-1]["lane"] == Lane.DUTY, "an edit takes its original's lane"
    await house.sends()
    says(db, letter("done", slot="s", lane=Lane.UPDATE))
    await house.sends()
    assert app.reads("-1") == ["done"]
    assert [call.edits for call in app.calls] == ["", "1", "1"]


async def test_a_later_letter_waits_for_the_one_in_flight_and_edits_it(
    house: House, db: Database, app: App, time: Time
) -> None:
    says(db, letter("first", slot="s"))
    app.hangs()
    worker = house.worker()
    draining = asyncio.create_task(worker.drain(20))
    await app.is_called()
    says(db, letter("second", slot="s"))
    says(db, letter("third", slot="s"))
    app.goes_on()
    await draining
    assert [(call.text, call.edits) for call in app.calls] == [("first", ""), ("third", "1")]


async def test_a_fresh_letter_leaves_the_old_message_alone(house: House, db: Database, app: App) -> None:
    says(db, letter("reminder", slot="s"))
    await house.sends()
    says(db, letter("reminder again", slot="s", fresh=True))
    await house.sends()
    says(db, letter("settled", slot="s"))
    await house.sends()
    assert app.reads("-1") == ["reminder", "settled"]


async def test_a_fresh_letter_that_was_replaced_is_still_sent_anew(house: House, db: Database, app: App) -> None:
    says(db, letter("one", slot="s"))
    await house.sends()
    says(db, letter("two", slot="s", fresh=True))
    says(db, letter("three", slot="s"))
    await house.sends()
    assert app.reads("-1") == ["one", "three"]


async def test_where_editing_fails_the_slot_is_sent_anew(house: House, db: Database, app: App) -> None:
    says(db, letter("one", slot="s"))
    await house.sends()
    app.cannot_edit()
    says(db, letter("two", slot="s"))
    await house.sends()
    says(db, letter("three", slot="s"))
    await house.sends()
    assert [(call.text, call.edits) for call in app.calls] == [("one", ""), ("two", "1"), ("two", ""), ("three", "2")]
    assert [row["attempt"] for row in rows(db)] == [0, 0, 0]


async def test_the_caption_of_a_photo_is_edited(house: House, db: Database, app: App) -> None:
    says(db, letter("with photo", slot="s", photos=("p1",)))
    await house.sends()
    says(db, letter("only words", slot="s"))
    await house.sends()
    says(db, letter("more words", slot="s"))
    await house.sends()  # the app asserts that it is told of the photo each time
    assert app.reads("-1") == ["more words"]


async def test_what_was_replaced_while_its_call_failed_is_not_sent_late(house: House, db: Database, app: App) -> None:
    says(db, letter("first", slot="s"))
    app.is_offline()
    app.hangs()
    draining = asyncio.create_task(house.worker().drain(20))
    await app.is_called()
    says(db, letter("second", slot="s", case="c"))
    app.goes_on()
    await draining
    assert app.reads("-1") == ["second"]
    assert states(db) == {Post.SENT: 1, Post.MERGED: 1}


async def test_a_fanout_corrects_what_was_sent_and_replaces_what_was_not(
    house: House, db: Database, app: App, time: Time
) -> None:
    groups = [group(1), group(2), group(3)]
    time.stands = True
    app.floods(3600, chat="-2")
    says(db, fanout("missing", groups, slot="a1"))
    worker = house.worker(limits=UNLIMITED)
    running = asyncio.create_task(worker.run())
    await house.until(lambda: states(db)[Post.SENT] == 2)
    await worker.stop()
    await running
    time.stands = False
    says(db, fanout("found", groups, slot="a1"))
    says(db, fanout("found", groups, slot="a1", dedupe="x"))
    assert states(db)[Post.MERGED] == 1 + 3
    await house.sends()
    assert [app.reads(each.chat) for each in groups] == [["found"]] * 3
    assert {call.edits for call in app.calls if call.text == "found"} == {"", "1", "2"}
    assert len([call for call in app.calls if call.chat == "-2"]) == 2


# --- what can happen to a call


async def test_without_a_network_it_is_tried_again_later_each_time(house: House, db: Database, app: App) -> None:
    app.is_offline(times=4)
    says(db, letter("hello"))
    await house.sends()
    waits = [(after.at - before.at).total_seconds() for before, after in zip(app.calls, app.calls[1:], strict=False)]
    assert waits == [1, 2, 4, 8]
    assert app.reads("-1") == ["hello"]


async def test_what_never_gets_through_is_refused_and_shown(house: House, db: Database, app: App) -> None:
    app.is_offline(times=1000)
    says(db, letter("hello", case="c9"))
    assert await house.sends()
    [trouble] = db.read_now(troubles)
    assert (trouble.state, trouble.case) == (Post.REFUSED, "c9")
    app.moods.clear()
    db.write_now(lambda c: resolve(c, trouble.id, NOON, resend=True))
    await house.sends()
    assert app.reads("-1") == ["hello"]


async def test_a_refused_letter_does_not_hold_up_the_next(house: House, db: Database, app: App) -> None:
    app.refuses()
    says(db, letter("too long"), letter("short"))
    await house.sends()
    assert app.reads("-1") == ["short"]
    assert states(db) == {Post.REFUSED: 1, Post.SENT: 1}


async def test_a_reply_of_unknown_fate_is_sent_again_and_an_alert_is_shown(
    house: House, db: Database, app: App
) -> None:
    for chat, lane in enumerate(Lane, start=1):
        app.loses_answer(chat=f"-{chat}")
        says(db, letter("words", group(chat), lane=lane))
    await house.sends()
    copies = {lane: len(app.reads(f"-{chat}")) for chat, lane in enumerate(Lane, start=1)}
    assert copies == {lane: 2 if lane in RESENT else 1 for lane in Lane}
    assert {each.lane for each in db.read_now(unknown)} == set(Lane) - RESENT >= {Lane.ALERT, Lane.CHATTER}


async def test_an_edit_of_unknown_fate_is_simply_repeated(house: House, db: Database, app: App) -> None:
    says(db, letter("missing", slot="a", lane=Lane.ALERT))
    await house.sends()
    app.loses_answer()
    says(db, letter("found", slot="a", lane=Lane.ALERT))
    await house.sends()
    assert app.reads("-1") == ["found"]
    assert states(db) == {Post.SENT: 2}


async def test_a_person_decides_on_an_alert_of_unknown_fate(house: House, db: Database, app: App) -> None:
    app.loses_answer(times=2)
    says(db, letter("one", group(1), lane=Lane.ALERT), letter("two", group(2), lane=Lane.ALERT))
    await house.sends()
    second, first = db.read_now(unknown)
    assert db.write_now(lambda c: resolve(c, first.id, NOON, resend=True))
    assert db.write_now(lambda c: resolve(c, second.id, NOON, resend=False))
    assert not db.write_now(lambda c: resolve(c, second.id, NOON, resend=True)), "it is recorded as sent"
    await house.sends()
    assert (app.reads("-1"), app.reads("-2")) == (["one", "one"], ["two"])


async def test_a_mistake_in_a_channel_parks_the_letter(house: House, db: Database, app: App) -> None:
    app.breaks()
    says(db, letter("hello"), letter("next"))
    await house.sends()
    [trouble] = db.read_now(unknown)
    assert "ZeroDivisionError" in trouble.error
    assert app.reads("-1") == ["next"]


async def test_a_chat_that_threw_the_bot_out_gets_nothing_more(house: House, db: Database, app: App) -> None:
    app.kicks("-1")
    says(db, letter("one"), letter("two", lane=Lane.UPDATE), letter("three"), letter("hi", group(2)))
    await house.sends()
    assert len(app.calls) == 2
    assert house.gone == [group(1)]
    assert db.read_now(gone_chats) == [group(1)]
    assert states(db) == {Post.GONE: 3, Post.SENT: 1}
    app.kicked.clear()
    says(db, letter("we are back"))
    await house.sends()
    assert app.reads("-1") == ["we are back"]


async def test_a_group_that_moved_gets_all_its_letters_in_order(house: House, db: Database, app: App) -> None:
    says(db, letter("card", slot="s"))
    await house.sends()
    app.moves("-1", "-1001")
    says(db, letter("card, changed", slot="s"), letter("two"), letter("three", lane=Lane.UPDATE))
    await house.sends()
    assert app.reads("-1001") == ["card, changed", "two", "three"]
    assert house.moved == [(group(1), group(1001))]
    says(db, letter("card, done", slot="s", to=group(1001)))
    await house.sends()
    assert app.reads("-1001") == ["card, done", "two", "three"]


# --- 429


async def test_a_429_keeps_one_chat_waiting_and_nobody_else(house: House, db: Database, app: App) -> None:
    app.floods(3600, chat="-1")
    says(db, letter("one"), letter("two"), letter("elsewhere", group(2)))
    await house.sends()
    first = {call.text: call.at for call in app.calls[::-1]}
    assert first["elsewhere"] - NOON < timedelta(seconds=1)
    assert app.calls[-2].at - NOON >= timedelta(hours=1)
    assert [call.text for call in app.calls if call.chat == "-1"] == ["one", "one", "two"]
    assert [row["attempt"] for row in rows(db)] == [0, 0, 0]


async def test_many_429s_at_once_mean_the_account(house: House, db: Database, app: App) -> None:
    for number in range(101, 105):
        app.floods(30, chat=f"-{number}")
    says(db, fanout("alert", [group(number) for number in range(101, 141)]))
    says(db, letter("another account", group(1, bot="other")))
    await house.sends()
    early = [call for call in app.calls if call.at < NOON + timedelta(seconds=29)]
    assert len([call for call in early if call.bot == "b"]) < 8, "the account falls silent after a few"
    assert any(call.bot == "other" for call in early)
    assert len(app.messages) == 41


async def test_no_429_from_a_server_that_counts(house: House, db: Database, app: App) -> None:
    windows = app.counts()
    says(db, fanout("alert", [group(number) for number in range(1, 101)]))
    for number in range(60):
        says(db, letter(f"reply {number}", group(1)))
    for number in range(20):
        says(db, letter(f"hello {number}", person(7)))
    await house.sends()
    assert windows.refusals == 0
    assert states(db) == {Post.SENT: 180}
    assert app.reads("-1")[1:] == [f"reply {number}" for number in range(60)]


async def test_an_album_counts_as_its_photos(house: House, db: Database, app: App, time: Time) -> None:
    says(db, *(letter(f"album {number}", photos=("p",) * 5) for number in range(5)))
    await house.sends()
    minute = [call for call in app.calls if call.at < NOON + timedelta(minutes=1)]
    assert len(minute) * 5 <= 20


# --- lanes


async def test_an_alert_overtakes_and_two_in_ten_are_kept(house: House, db: Database, app: App) -> None:
    for number in range(100, 140):
        says(db, letter("chatter", group(number), lane=Lane.CHATTER))
    says(db, *(letter("reply", person(number), lane=Lane.REPLY) for number in range(1, 6)))
    says(db, *(letter("card", person(number), lane=Lane.DUTY) for number in range(11, 16)))
    says(db, fanout("alert", [group(number) for number in range(1, 41)]))
    await house.sends()
    order = [call.text for call in app.calls]
    assert order[:10] == ["alert"] * 4 + ["card"] + ["alert"] * 4 + ["reply"]
    assert order[:50].count("alert") == 40
    assert "chatter" not in order[:50]


async def test_an_urgent_letter_passes_its_own_chats_chatter(house: House, db: Database, app: App) -> None:
    says(db, *(letter(f"chatter {number}", lane=Lane.CHATTER) for number in range(5)))
    says(db, letter("alert", lane=Lane.ALERT))
    await house.sends()
    assert app.reads("-1")[0] == "alert"


# --- what others ask


async def test_the_lanes_say_how_much_waits_and_how_long(db: Database) -> None:
    says(db, letter("a", lane=Lane.DUTY), letter("b", lane=Lane.DUTY), now=NOON)
    says(db, letter("c", lane=Lane.CHATTER, case="k"), now=NOON + timedelta(seconds=5))
    assert db.read_now(waiting_by_lane) == {Lane.DUTY: 2, Lane.CHATTER: 1}
    assert db.read_now(backlog)[Lane.DUTY].oldest == NOON
    assert db.read_now(lambda c: tally(c, "k")) == {Post.WAITING: 1}


async def test_forgetting_empties_what_was_sent_and_nothing_else(house: House, db: Database) -> None:
    says(db, letter("sent"))
    await house.sends(limits=UNLIMITED)
    says(db, letter("waits"))
    assert db.write_now(lambda c: forget(c, NOON + timedelta(days=1))) == 1
    assert [row["text"] for row in rows(db, "SELECT text FROM payload ORDER BY id")] == ["", "waits"]
    assert db.write_now(lambda c: forget(c, NOON + timedelta(days=1))) == 0


async def test_a_letter_of_a_channel_that_is_off_waits_and_is_seen(house: House, db: Database) -> None:
    says(db, letter("hello", group(1, channel="dingtalk")))
    assert await house.sends()
    assert db.read_now(waiting_by_lane) == {Lane.REPLY: 1}
