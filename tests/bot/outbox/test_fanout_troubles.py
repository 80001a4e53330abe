"""A fan-out and what can go wrong with groups, accounts, apps and clocks: nothing is lost, nobody else waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from bot.channels.base import Fate, Parcel
from bot.messages import Address, Lane
from bot.store.database import Database
from bot.store.fanout_reads import unreached
from bot.store.letter_reads import gone_chats
from bot.store.letter_rows import Post
from tests.bot.outbox.app import NOON, App, Time, fanout, group, letter, person, rows, says, states
from tests.bot.outbox.conftest import House
from tests.bot.outbox.test_fanouts import alert, far

HOUR = timedelta(hours=1)


def last_call(app: App, text: str = "missing") -> timedelta:
    return max(call.at for call in app.calls if call.text == text) - NOON


async def test_three_accounts_are_three_times_as_quick_and_keep_their_own_limits(
    house: House, db: Database, app: App
) -> None:
    app.counts()
    groups = [group(number, bot=f"b{number % 3}") for number in range(1, 301)]
    says(db, alert(groups=groups))
    foretold = far(house).last_at
    assert await house.sends()
    assert Counter(call.bot for call in app.calls) == {"b0": 100, "b1": 100, "b2": 100}
    assert timedelta(seconds=3) < last_call(app) < timedelta(seconds=100 / 29 + 0.5)
    assert app.windows is not None
    assert app.windows.refusals == 0
    assert foretold is not None
    assert abs(foretold - NOON - last_call(app)) < timedelta(seconds=0.5)


async def test_an_account_that_is_silenced_keeps_the_others_going(house: House, db: Database, app: App) -> None:
    """Several of its chats are refused at once: it is the account, for an hour; nothing of it is lost."""
    quick = [group(number, bot="b2") for number in range(1, 61)]
    for chat in ("-501", "-502", "-503"):
        app.floods(3600, chat=chat)
    slow = [group(number) for number in range(501, 521)]
    says(db, alert(groups=[*slow, *quick]))
    assert await house.sends()
    assert len(app.messages) == 80
    late = [call for call in app.calls if call.bot == "b2"]
    assert max(call.at for call in late) - NOON < timedelta(seconds=4)
    assert last_call(app) >= HOUR


async def test_a_few_refusals_among_calls_that_get_through_hold_up_their_chats_alone(
    house: House, db: Database, app: App
) -> None:
    """Two workers were a little too quick together: three of thirty calls are refused within a second."""
    for number in (5, 12, 19):
        app.floods(20, chat=f"-{number}")
    says(db, alert(groups=[group(number) for number in range(1, 41)]))
    assert await house.sends()
    others = [call.at - NOON for call in app.calls if call.chat not in ("-5", "-12", "-19")]
    assert max(others) < timedelta(seconds=2)
    assert len(app.messages) == 40


async def test_a_group_silenced_for_an_hour_gets_it_after_that_hour_and_the_others_now(
    house: House, db: Database, app: App
) -> None:
    app.floods(3600, chat="-7")
    says(db, alert(groups=[group(number) for number in range(1, 41)]))
    assert await house.sends()
    first = {call.chat: call.at - NOON for call in app.calls if call.chat != "-7"}
    assert max(first.values()) < timedelta(seconds=3)
    assert (app.reads("-7"), last_call(app) >= HOUR) == (["missing"], True)


async def test_a_group_that_answers_403_for_ever_is_asked_once_for_each_alert_and_shown(
    house: House, db: Database, app: App
) -> None:
    app.kicks("-3")
    groups = [group(number) for number in range(1, 6)]
    for ring in ("1", "2"):
        says(db, alert(f"missing {ring}", groups, ring, slot=f"slot{ring}"))
        assert await house.sends(name=ring)
    assert [call.chat for call in app.calls].count("-3") == 2
    assert house.gone == [group(3), group(3)], "the address book hears of it"
    assert gone_chats_of(db) == [group(3)]
    assert {(each.to, each.tag, each.state) for each in db.read_now(lambda c: unreached(c, "a1"))} == {
        (group(3), "1", Post.GONE), (group(3), "2", Post.GONE)
    }  # fmt: skip
    assert [len(app.reads(each.chat)) for each in groups] == [2, 2, 0, 2, 2]


def gone_chats_of(db: Database) -> list[Address]:
    return db.read_now(gone_chats)


async def test_a_group_that_moved_half_way_gets_it_under_its_new_id_and_its_correction_too(
    house: House, db: Database, app: App
) -> None:
    groups = [group(number) for number in range(1, 6)]
    app.moves("-2", "-1002")
    says(db, alert(groups=groups))
    assert await house.sends()
    assert house.moved == [(group(2), group("1002"))]
    says(db, alert("corrected", [group("1002") if each == group(2) else each for each in groups], "fix1"))
    assert await house.sends(name="two")
    assert app.reads("-1002") == ["corrected"]
    assert app.reads("-2") == []


async def test_lost_answers_are_shown_and_sent_again_only_by_a_persons_word(
    house: House, db: Database, app: App
) -> None:
    app.loses_answer(times=5)
    says(db, alert(groups=[group(number) for number in range(1, 21)]))
    assert await house.sends()
    assert len(app.calls) == 20
    assert len(db.read_now(lambda c: unreached(c, "a1"))) == 5
    assert far(house).parts["1"].unknown == 5


async def test_without_a_network_everything_arrives_later(house: House, db: Database, app: App) -> None:
    app.fails(Fate.RETRY, times=60)
    says(db, alert(groups=[group(number) for number in range(1, 31)]))
    assert await house.sends()
    assert states(db) == {Post.SENT: 30}


class Jumping(App):
    """The clock is changed while the tenth call is under way."""

    by = timedelta(0)

    def _answer(self, parcel: Parcel) -> str:
        if len(self.calls) == 10:
            self.time.is_turned(self.by)
        return super()._answer(parcel)


@pytest.mark.parametrize("by", [-HOUR, HOUR, timedelta(days=-400), timedelta(days=400)])
async def test_a_clock_that_jumps_costs_no_letter_no_copy_and_no_hour(
    house: House, db: Database, time: Time, by: timedelta
) -> None:
    app = Jumping(time)
    app.by = by
    house.app = app
    groups = [group(number) for number in range(1, 101)]
    says(db, letter("card", group(1), lane=Lane.DUTY), *(letter("x", person(1), lane=Lane.REPLY) for _ in range(6)))
    says(db, alert(groups=groups))
    assert await house.sends()
    assert states(db) == {Post.SENT: 107}
    assert len(app.calls) == 107
    assert abs(app.calls[-1].at - NOON - by) < timedelta(seconds=30)


async def test_a_clock_set_back_while_nobody_ran_keeps_nothing_waiting(house: House, db: Database, app: App) -> None:
    """Written, and handed to a worker that died, by a clock that was a day ahead."""
    tomorrow = NOON + timedelta(days=1)
    house.time.now = tomorrow
    says(db, *(letter("before", group(3)) for _ in range(3)), now=tomorrow)
    assert await house.sends(name="yesterday's")
    says(db, letter("first", group(1)), fanout("notice", [group(2)], lane=Lane.UPDATE), now=tomorrow)
    db.write_now(lambda c: c.exec_driver_sql(f"UPDATE queue SET ready_at = ready_at + {3600 * 10**6}"))
    house.time.now = NOON
    assert await house.sends()
    assert timedelta(0) <= app.calls[-1].at - NOON < timedelta(minutes=3)
    assert (app.reads("-1"), app.reads("-2")) == (["first"], ["notice"])
    assert rows(db, "SELECT * FROM queue") == []
