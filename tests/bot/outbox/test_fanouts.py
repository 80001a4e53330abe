"""Fan-outs as a whole: paused, resumed, cancelled, corrected and taken back, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import Fate
from bot.limits import TELEGRAM
from bot.messages import Address, Fanout, FanoutOrder, FanoutVerb, Lane, Letter, Recall
from bot.store import bookings
from bot.store.database import Database
from bot.store.fanout_reads import Count, Progress, TakenBack, progress, unreached
from bot.store.leases import Leased, Terms, lease
from bot.store.letter_rows import FanoutState, Post
from tests.bot.outbox.app import NOON, App, Time, group, letter, rows, says, states
from tests.bot.outbox.conftest import House

GROUPS = [group(number) for number in range(1, 11)]
PAUSE, RESUME, CANCEL = (FanoutOrder("a1", verb) for verb in FanoutVerb)


def alert(text: str = "missing", groups: list[Address] = GROUPS, tag: str = "1", **more: Any) -> Fanout:
    facts: dict[str, Any] = {"lane": Lane.ALERT, "case": "a1", "slot": "a1:alert", "photos": ("face",)}
    return Fanout(Letter(group(), text, **facts | more), tuple(groups), tag)


def recall(text: str = "found", **more: Any) -> Recall:
    facts: dict[str, Any] = {"lane": Lane.ALERT, "case": "a1", "photos": ("neutral",)}
    return Recall(Letter(group(), text, **facts | more))


def told(app: App, text: str) -> int:
    return sum(message.text == text for message in app.messages.values())


def faces(app: App) -> set[str]:
    """The chats in which the face can be seen."""
    return {message.chat for message in app.messages.values() if message.picture == "face"}


async def some_arrive(house: House, count: int, name: str = "one") -> None:
    """A worker sends so many and is stopped, with nothing in its hand."""
    worker = house.worker(name, TELEGRAM)
    house.app.stops_after(count)
    running = asyncio.create_task(worker.run())
    await house.app.stopped.wait()
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    house.app.goes_on()
    await stopping
    await running


def far(house: House) -> Progress:
    return house.db.read_now(lambda c: progress(c, "a1", {"telegram": TELEGRAM}, house.time.now))


# --- what may be said at all


@pytest.mark.parametrize("wrong", [{"case": ""}, {"slot": ""}, {"photos": ("a", "b")}])
def test_what_could_not_be_found_again_is_not_sent_with_a_tag(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="tag"):
        alert(**wrong)


@pytest.mark.parametrize("wrong", [{"case": ""}, {"photos": ("a", "b")}])
def test_a_recall_knows_what_it_takes_back(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="recall"):
        recall(**wrong)


# --- stopping


async def test_a_paused_fanout_stands_still_over_a_restart_and_goes_on_where_it_was(
    house: House, db: Database, app: App
) -> None:
    says(db, alert())
    await some_arrive(house, 4)
    sent = told(app, "missing")
    says(db, PAUSE)
    assert await house.sends(name="after a restart")
    assert told(app, "missing") == sent < 10
    assert far(house).state == FanoutState.PAUSED
    assert far(house).parts == {"1": Count(sent=sent, held=10 - sent)}
    says(db, RESUME)
    assert await house.sends(name="another")
    assert [app.reads(each.chat) for each in GROUPS] == [["missing"]] * 10


async def test_other_letters_pass_a_paused_fanout(house: House, db: Database, app: App) -> None:
    says(db, alert(), letter("to the approver", group(1), case="a1"), PAUSE)
    assert await house.sends()
    assert app.reads("-1") == ["to the approver"]
    assert app.reads("-2") == []


async def test_a_cancelled_fanout_never_leaves_and_what_was_sent_stays(house: House, db: Database, app: App) -> None:
    says(db, alert())
    await some_arrive(house, 4)
    sent = told(app, "missing")
    says(db, CANCEL)
    says(db, RESUME, PAUSE)
    says(db, alert("ring two", [group(20)], "2"))
    assert await house.sends()
    assert (told(app, "missing"), app.reads("-20")) == (sent, [])
    assert far(house).parts == {"1": Count(sent=sent, withdrawn=10 - sent), "2": Count(withdrawn=1)}
    assert far(house).state == FanoutState.CANCELLED


@pytest.mark.parametrize(("order", "ends"), [(PAUSE, Post.HELD), (CANCEL, Post.WITHDRAWN), (recall(), Post.WITHDRAWN)])
async def test_a_call_that_fails_after_the_order_does_not_go_again(
    house: House, db: Database, app: App, order: Any, ends: Post
) -> None:
    says(db, alert(groups=[group(1)]))
    app.is_offline()
    app.hangs()
    working = asyncio.create_task(house.sends())
    await app.is_called()
    says(db, order)
    app.goes_on()
    assert await working
    assert app.messages == {}
    assert rows(db)[0]["state"] == ends
    assert states(db)[Post.WAITING] == 0


async def test_what_is_corrected_while_it_stands_still_goes_out_once_and_right(
    house: House, db: Database, app: App
) -> None:
    says(db, alert(), PAUSE)
    says(db, alert("corrected", tag="fix1"))
    assert await house.sends()
    assert app.calls == []
    says(db, RESUME)
    assert await house.sends(name="two")
    assert [app.reads(each.chat) for each in GROUPS] == [["corrected"]] * 10
    assert len(app.calls) == 10
    assert far(house).parts == {"1": Count(sent=10), "fix1": Count(sent=10)}


async def test_an_order_that_came_twice_or_out_of_turn_changes_nothing(house: House, db: Database, app: App) -> None:
    says(db, RESUME)
    says(db, alert(), RESUME, PAUSE, PAUSE)
    assert states(db) == {Post.HELD: 10}
    says(db, recall())
    says(db, RESUME)
    assert states(db) == {Post.WITHDRAWN: 10}


# --- taking back


async def test_a_recall_changes_what_was_sent_and_withdraws_the_rest(house: House, db: Database, app: App) -> None:
    says(db, alert())
    await some_arrive(house, 4)
    sent = {message.chat for message in app.messages.values()}
    says(db, recall())
    assert await house.sends()
    assert {message.chat for message in app.messages.values()} == sent
    assert {(message.text, message.picture) for message in app.messages.values()} == {("found", "neutral")}
    assert far(house).taken_back == TakenBack(gone=len(sent))
    assert far(house).parts == {"1": Count(sent=len(sent), withdrawn=10 - len(sent))}
    assert far(house).last_at is None


async def test_a_recall_passes_a_pause_and_ends_it(house: House, db: Database, app: App) -> None:
    says(db, alert())
    await some_arrive(house, 4)
    says(db, PAUSE)
    says(db, recall())
    assert await house.sends()
    assert faces(app) == set()
    says(db, RESUME)
    says(db, alert("a ring that comes late", [group(30)], "2"))
    assert await house.sends(name="two")
    assert app.reads("-30") == []


async def test_what_is_in_flight_is_taken_back_as_soon_as_it_is_booked(house: House, db: Database, app: App) -> None:
    says(db, alert(groups=[group(1)]))
    app.hangs()
    working = asyncio.create_task(house.sends())
    await app.is_called()
    says(db, recall())
    app.goes_on()
    assert await working
    assert app.reads("-1") == ["found"]
    assert faces(app) == set()
    assert [call.edits for call in app.calls] == ["", "1"]


async def test_where_nobody_knows_whether_it_arrived_words_follow_and_it_stays_listed(
    house: House, db: Database, app: App
) -> None:
    app.loses_answer(chat="-1")
    says(db, alert(groups=[group(1), group(2)]))
    assert await house.sends()
    says(db, recall())
    assert await house.sends(name="two")
    assert app.reads("-1") == ["missing", "found"]
    assert app.reads("-2") == ["found"]
    assert far(house).taken_back == TakenBack(gone=1, words=1)
    [left] = db.read_now(lambda c: unreached(c, "a1"))
    assert (left.to, left.state, left.tag, left.recall) == (group(1), Post.UNKNOWN, "1", False)


async def test_a_group_that_never_got_it_hears_of_no_recall(house: House, db: Database, app: App) -> None:
    app.refuses(chat="-1")
    app.kicks("-2")
    says(db, alert(groups=[group(1), group(2), group(3)]))
    assert await house.sends()
    says(db, recall())
    assert await house.sends(name="two")
    assert [app.reads(f"-{number}") for number in (1, 2, 3)] == [[], [], ["found"]]


@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.GONE])
async def test_a_recall_that_waits_for_a_letter_in_flight_goes_with_it(
    house: House, db: Database, app: App, fate: Fate
) -> None:
    says(db, alert(groups=[group(1)]))
    app.fails(fate)
    app.hangs()
    working = asyncio.create_task(house.sends())
    await app.is_called()
    says(db, recall())
    app.goes_on()
    assert await working
    assert app.messages == {}
    assert states(db) == {Post(fate): 1, Post.WITHDRAWN: 1}


async def test_where_a_message_cannot_be_changed_the_words_are_counted_apart(
    house: House, db: Database, app: App
) -> None:
    says(db, alert(groups=[group(1), group(2)]))
    assert await house.sends()
    app.fails(Fate.SEND_ANEW, chat="-1")
    says(db, recall())
    assert await house.sends(name="two")
    assert app.reads("-1") == ["missing", "found"]
    assert [message.picture for message in app.messages.values() if message.text == "found"] == ["neutral", ""]
    assert far(house).taken_back == TakenBack(gone=1, words=1)


async def test_a_recall_of_unknown_fate_is_repeated_until_it_is_known(house: House, db: Database, app: App) -> None:
    says(db, alert(groups=[group(1)]))
    assert await house.sends()
    app.loses_answer(3)
    says(db, recall())
    assert await house.sends(name="two")
    assert states(db) == {Post.SENT: 2}
    assert [call.edits for call in app.calls] == ["", "1", "1", "1", "1"]


async def test_a_recall_goes_to_the_group_under_its_new_id(house: House, db: Database, app: App) -> None:
    says(db, alert(groups=[group(1)]))
    assert await house.sends()
    app.moves("-1", "-1001")
    says(db, recall())
    assert await house.sends(name="two")
    assert app.reads("-1001") == ["found"]
    assert far(house).taken_back == TakenBack(words=1)


async def test_a_group_that_threw_the_bot_out_is_shown_as_not_taken_back(house: House, db: Database, app: App) -> None:
    says(db, alert(groups=[group(1)]))
    assert await house.sends()
    app.kicks("-1")
    says(db, recall())
    assert await house.sends(name="two")
    assert far(house).taken_back == TakenBack(failed=1)
    [left] = db.read_now(lambda c: unreached(c, "a1"))
    assert (left.to, left.recall) == (group(1), True)


async def test_a_recall_said_twice_is_one_and_said_otherwise_changes_the_words(
    house: House, db: Database, app: App
) -> None:
    says(db, alert(groups=[group(1)]))
    assert await house.sends()
    for _ in range(2):
        says(db, recall(), cause="click:1")
    assert states(db) == {Post.SENT: 1, Post.WAITING: 1}
    says(db, recall("found, thank you"))
    assert await house.sends(name="two")
    assert app.reads("-1") == ["found, thank you"]
    assert len(app.calls) == 2


async def test_nobody_sends_an_alert_once_more_after_it_was_taken_back(house: House, db: Database, app: App) -> None:
    app.loses_answer(chat="-1")
    says(db, alert(groups=[group(1)]))
    assert await house.sends()
    says(db, recall())
    [left] = db.read_now(lambda c: unreached(c, "a1"))
    assert not db.write_now(lambda c: bookings.resolve(c, left.letter, NOON, resend=True))
    assert db.write_now(lambda c: bookings.resolve(c, left.letter, NOON, resend=False))


# --- late news


def in_hand(db: Database, worker: str = "one") -> Leased:
    [leased] = db.write_now(lambda c: lease(c, terms(worker), NOON, {})).letters
    return leased


def terms(worker: str) -> Terms:
    return Terms(worker, {"telegram": TELEGRAM}, frozenset({"telegram"}))


def test_a_letter_that_turns_out_to_have_arrived_is_taken_back_late(db: Database) -> None:
    """Its worker hung; its lease ran out; the recall came, found nothing to change and said it in words."""
    says(db, alert(groups=[group(1)]))
    late = in_hand(db)
    after = NOON + timedelta(seconds=30)
    db.write_now(lambda c: bookings.expired(c, terms("two"), after, lambda *_: False))
    says(db, recall(), now=after)
    words = db.write_now(lambda c: lease(c, terms("two"), after, {})).letters[0]
    assert (words.parcel.edits, words.parcel.photos, words.parcel.recalls) == ("", (), True)
    db.write_now(lambda c: bookings.sent(c, terms("two"), words, "m2", after))

    db.write_now(lambda c: bookings.sent(c, terms("one"), late, "m1", after))
    last = db.write_now(lambda c: lease(c, terms("two"), after, {})).letters[0]
    assert (last.parcel.edits, last.parcel.text, last.parcel.photos) == ("m1", "found", ("neutral",))


def test_a_dead_workers_letter_of_a_fanout_that_is_over_is_shown_and_not_sent_again(db: Database) -> None:
    says(db, alert(groups=[group(1)], lane=Lane.UPDATE))
    in_hand(db)
    says(db, CANCEL)
    after = NOON + timedelta(seconds=30)
    db.write_now(lambda c: bookings.expired(c, terms("two"), after, lambda *_: True))
    assert states(db) == {Post.UNKNOWN: 1}


# --- how far


async def test_progress_by_ring_and_an_estimate_that_holds(house: House, db: Database, app: App, time: Time) -> None:
    """Chatter waits before it, urgent letters beside it; the last group has it when it was said."""
    app.counts()
    first, second = [group(n) for n in range(100, 200)], [group(n) for n in range(200, 260)]
    says(db, *(letter("chatter", each, lane=Lane.CHATTER) for each in first))
    says(db, *(letter("card", group(n), lane=Lane.DUTY) for n in range(300, 320)))
    says(db, alert(groups=first), alert(groups=second, tag="2"))
    before = far(house)
    assert before.parts == {"1": Count(waiting=100), "2": Count(waiting=60)}
    assert before.last_at is not None
    assert await house.sends()
    last = max(call.at for call in app.calls if call.text == "missing")
    assert abs((before.last_at - last).total_seconds()) < 0.5
    assert before.latest_at is not None
    assert last < before.latest_at < last + (before.last_at - NOON) / 4
    assert far(house).parts == {"1": Count(sent=100), "2": Count(sent=60)}
    assert far(house).all == Count(sent=160)
    assert far(house).last_at is None


async def test_the_estimate_knows_of_a_group_that_was_silenced(house: House, db: Database, app: App) -> None:
    app.floods(3600, chat="-1")
    says(db, alert(groups=[group(1), group(2)]))
    running = asyncio.create_task((worker := house.worker()).run())
    await house.until(lambda: len(app.calls) >= 2)
    await worker.stop()
    await running
    last_at = far(house).last_at
    assert last_at is not None
    assert timedelta(minutes=59) < last_at - NOON < timedelta(minutes=61)


def test_nobody_can_say_when_an_app_is_off_or_while_it_stands_still(house: House, db: Database) -> None:
    says(db, alert())
    assert db.read_now(lambda c: progress(c, "a1", {}, NOON)).last_at is None
    says(db, PAUSE)
    assert far(house).last_at is None
    assert far(house).parts == {"1": Count(held=10)}
    assert db.read_now(lambda c: progress(c, "another", {}, NOON)) == Progress()
