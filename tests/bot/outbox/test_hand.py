"""What a worker holds leaves in the order of its lease, account by account, and never faster than the limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Parcel
from bot.hand import Hand
from bot.limits import TELEGRAM
from bot.messages import Lane
from bot.store.leases import Leased
from tests.bot.outbox.app import NOON, group
from tests.bot.outbox.test_limits import most_in

MS = timedelta(milliseconds=1)


def leased(row: int, at: datetime, bot: str = "b", lane: Lane = Lane.REPLY) -> Leased:
    return Leased(Parcel(row, group(row, bot), "x"), lane, at, row)


def begun(hand: Hand, now: datetime, seconds: float) -> list[tuple[datetime, int]]:
    """(instant, row) of the calls that begin while the clock runs; each is answered at once."""
    calls, end = [], now + timedelta(seconds=seconds)
    while now < end:
        while letter := hand.begins(now):
            calls.append((now, letter.parcel.id))
            hand.answered(letter, now)
            hand.done(letter)
        now += MS
    return calls


def test_what_waited_long_in_the_backlog_does_not_pass_a_reply_in_the_same_hand() -> None:
    """A worker that has fallen behind holds a reply with a new row, and gets ever more chatter with old rows."""
    hand = Hand({"telegram": TELEGRAM}, 64)
    hand.takes([leased(1, NOON), leased(9000, NOON + 34 * MS)])
    late = NOON + timedelta(seconds=2)
    order = []
    for number in range(2, 8):
        hand.takes([leased(number, late, lane=Lane.CHATTER)])
        order += begun(hand, late, 0.04)
        late += timedelta(milliseconds=40)
    assert [row for _, row in order][:3] == [1, 9000, 2]


def test_an_account_that_must_wait_holds_up_no_other() -> None:
    hand = Hand({"telegram": TELEGRAM}, 64)
    hand.takes([leased(number, NOON) for number in range(10)] + [leased(100 + n, NOON, "b2") for n in range(2)])
    calls = begun(hand, NOON, 0.05)
    assert {row for _, row in calls} >= {0, 100, 101}
    assert hand.room()["telegram", "b2"] == 8


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["b", "b2"])), min_size=1, max_size=60),
    st.integers(0, 3000),
)
def test_no_second_has_more_calls_than_the_app_takes_and_all_leave_in_order(
    letters: list[tuple[int, str]], stall: int
) -> None:
    hand = Hand({"telegram": TELEGRAM}, 64)
    all_ = [leased(1000 - row, NOON + at * MS, bot) for row, (at, bot) in enumerate(letters)]
    hand.takes(all_)
    assert sorted(hand.idle) == sorted(letter.parcel.id for letter in all_)
    calls = begun(hand, NOON + stall * MS, 5)
    for bot in ("b", "b2"):
        mine = {letter.parcel.id: letter for letter in all_ if letter.account[1] == bot}
        of = [(at, row) for at, row in calls if row in mine]
        assert [row for _, row in of] == sorted(mine, key=lambda row: (mine[row].at, row))
        assert most_in([at for at, _ in of], timedelta(seconds=1)) <= 30
    assert hand.first() is None
    assert hand.lets_go() == []


def test_what_it_lets_go_of_makes_room() -> None:
    hand = Hand({"telegram": TELEGRAM}, 64)
    hand.takes([leased(1, NOON), leased(2, NOON, "b2")])
    assert [letter.parcel.id for letter in hand.lets_go(("telegram", "b"))] == [1]
    assert hand.idle == [2]
    assert hand.room() == {("telegram", "b"): 8, ("telegram", "b2"): 7}
