"""How fast letters may leave: rates (GCRA), limits per channel, whose turn it is, what a 429 speaks of, and when goes
again what has failed. Rules only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import Lane

_MICRO = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `burst` at once and one per `interval` in the long run, by the generic cell rate algorithm (ITU-T I.371).

    The whole state is one instant, `tat`, at which the bucket would be full again ("theoretical arrival time"). Of any
    window of length W it lets through at most `burst + floor(W / interval)`, both ends included.
    """

    interval: timedelta
    burst: int = 1

    @classmethod
    def within(cls, count: int, window: timedelta, burst: int, slack: timedelta = timedelta(0)) -> Rate:
        """Returns the fastest rate that no sliding window of `count` per `window` will ever refuse.

        From the bound above: burst + window / interval <= count, so interval = (window + slack) / (count - burst).
        `slack` is for the way: a letter that left at second 0 may be counted at second 2, its successors at once.
        Raises ValueError when the burst alone fills the window.
        """
        if not 0 < burst < count:
            raise ValueError(f"a burst of {burst} does not fit into {count} per {window.total_seconds():g} s")
        micros = -(-((window + slack) // _MICRO) // (count - burst))  # rounded up
        return cls(micros * _MICRO, burst)

    @classmethod
    def per_second(cls, count: float, burst: int = 1) -> Rate:
        return cls(timedelta(microseconds=-(-1_000_000 // count)), burst)

    def ready(self, tat: datetime | None, now: datetime, cost: int = 1) -> datetime:
        """The instant from which `cost` messages (an album has several) may leave at once; `now` if they may now.

        An album larger than the burst waits until the bucket has been full for the difference. A `tat` further ahead
        than any take can put it comes from a clock that was set back, and is not believed.
        """
        if tat is None:
            return now
        tat = min(tat, now + self.interval * (self.burst + 2 * max(cost, 10)))
        return max(now, tat + self.interval * (cost - self.burst))

    def paced(self, tat: datetime | None, now: datetime, cost: int = 1) -> datetime:
        """The instant at which `cost` messages leave when they are spread instead of sent in a burst."""
        return Rate(self.interval).ready(tat, now, cost)

    def ahead(self, tat: datetime | None, now: datetime) -> int:
        """How many single messages may be handed out now, to leave one interval apart: 0 to `burst`."""
        return (now + self.interval * self.burst - self.paced(tat, now)) // self.interval

    def ahead_at(self, tat: datetime | None, now: datetime, count: int) -> datetime:
        """From when on `ahead` is at least `count`."""
        return max(now, self.paced(tat, now) - self.interval * (self.burst - count))

    def take(self, tat: datetime | None, at: datetime, cost: int = 1) -> datetime:
        """The new `tat` once `cost` messages leave at `at`."""
        return (at if tat is None else max(at, tat)) + self.interval * cost


@dataclass(frozen=True, slots=True)
class Limits:
    """What one channel lets through, for each of its bot accounts. None is no limit.

    `bot.burst` is how far ahead of the clock letters may be leased, not how many leave in one moment: within a lease
    the calls stand one interval apart. So the account's burst costs no 429 although 8 + 29 is more than 30 a second,
    and a lease that comes a little late loses no time.
    """

    bot: Rate | None = None
    server: tuple[int, timedelta] | None = None  #: What the app counts for an account: so many in any such span.
    group: Rate | None = None
    private: Rate | None = None
    is_private: Callable[[str], bool] = str.isdigit
    #: How long after the first, second ... failure of a letter its next call comes; after one more, nothing goes to
    #: that chat any more. Empty: `backoff`, and it is the letter that is given up.
    schedule: tuple[timedelta, ...] = ()

    def pause(self, failures: int, dice: float, least: float = 0.0) -> timedelta | None:
        """How long after so many failures (from 1) the next call comes, at least so many seconds; None: no further
        one. `dice` is 0 to 1."""
        if failures > (len(self.schedule) or MOST_FAILURES - 1):
            return None
        usual = self.schedule[failures - 1] * (1 + dice / 10) if self.schedule else backoff(failures, dice)
        return max(usual, timedelta(seconds=least))

    def chat(self, chat: str) -> Rate | None:
        return self.private if self.is_private(chat) else self.group


#: core.telegram.org/bots/faq: 30 a second over all chats, 20 a minute in a group, 1 a second in a chat with short
#: bursts. Group ids are negative. A group: burst 5, then one in 4.2 s (5 + 63 / 4.2 = 20).
TELEGRAM = Limits(
    bot=Rate.per_second(29, burst=8),
    server=(30, timedelta(seconds=1)),
    group=Rate.within(20, timedelta(minutes=1), burst=5, slack=timedelta(seconds=3)),
    private=Rate(timedelta(seconds=1), burst=4),
)

#: An app may call each method 20 times a second (the standard edition); a custom robot may write 20 times a minute and
#: is deaf for ten minutes after that, so every group gets 15. Whoever is neither a group nor such a robot is a person.
DINGTALK = Limits(
    bot=Rate.per_second(18, burst=6),
    server=(20, timedelta(seconds=1)),
    group=Rate.within(15, timedelta(minutes=1), burst=5, slack=timedelta(seconds=3)),
    private=Rate(timedelta(seconds=1), burst=4),
    is_private=lambda chat: not chat.startswith(("cid", "robot-")),
)

#: Standard Webhooks 1.0.0, "Deliverability and reliability": ten attempts over three days.
HOOKS = Limits(
    schedule=(
        timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
        timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
    )
)  # fmt: skip

UNLIMITED = Limits()


class Window:
    """Keeps one worker's calls within `count` in any `span` as the *server* counts them, whatever the way does.

    Calls that leave evenly can arrive in a bunch: after a stall here, on the way or there. When a call was counted is
    not known, but it was before its answer came, less the time that the answer needs at least. A call that may have
    been counted late keeps its place in the window so much longer; while nothing stalls, nothing is held back.
    """

    #: A call without an answer is taken as counted so long after it should have been: uploads may take their time.
    GRACE = timedelta(seconds=2)

    def __init__(self, count: int, span: timedelta) -> None:
        self.count, self.span = count, span
        self.way: timedelta | None = None  #: The quickest answer so far.
        self._open: dict[int, datetime] = {}  #: Call -> when it began.
        self._ended: deque[datetime] = deque()

    def began(self, call: int, now: datetime) -> None:
        self._open[call] = now

    def ended(self, call: int, now: datetime) -> None:
        took = now - self._open.pop(call)
        self.way = took if self.way is None else max(timedelta(0), min(self.way, took))
        self._ended.append(now)

    def set_back(self, by: timedelta) -> None:
        """The clock was set back by so much."""
        self._open = {call: began - by for call, began in self._open.items()}
        self._ended = deque(at - by for at in self._ended)

    def free_at(self, now: datetime) -> datetime:
        """From when on one more call fits; `now` if it does."""
        way = self.way or timedelta(0)
        while self._ended and self._ended[0] <= now + way - self.span:
            self._ended.popleft()
        answers = [max(began + way, min(now, began + way + self.GRACE)) for began in self._open.values()]
        latest = sorted((*self._ended, *answers), reverse=True)
        if len(latest) < self.count:
            return now
        return max(now, latest[self.count - 1] - way + self.span)


_ALERT_FIRST = (Lane.ALERT, Lane.DUTY, Lane.REPLY, Lane.UPDATE, Lane.NOTICE, Lane.CHATTER)
#: Two sends in ten are kept for lane 1 and then 2, while something waits there.
_KEPT = {
    4: (Lane.DUTY, Lane.REPLY, Lane.ALERT, Lane.UPDATE, Lane.NOTICE, Lane.CHATTER),
    9: (Lane.REPLY, Lane.DUTY, Lane.ALERT, Lane.UPDATE, Lane.NOTICE, Lane.CHATTER),
}
#: While no alert waits they go further down, so that a flood of cards starves neither replies nor updates.
_NO_ALERT = {
    4: (Lane.REPLY, Lane.DUTY, Lane.UPDATE, Lane.NOTICE, Lane.CHATTER),
    9: (Lane.UPDATE, Lane.REPLY, Lane.DUTY, Lane.NOTICE, Lane.CHATTER),
}


def order(turn: int, *, alert: bool) -> tuple[Lane, ...]:
    """In which order the lanes are asked for the account's send number `turn`; `alert`: one is waiting to leave."""
    return (_KEPT if alert else _NO_ALERT).get(turn % 10, _ALERT_FIRST)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A 429. Telegram's does not say whether the chat or the whole account is meant."""

    at: datetime
    chat: str
    until: datetime


#: So many chats refused within so short a time: the account is meant.
MANY, AT_ONCE = 3, timedelta(seconds=1)


def account_until(refusals: Iterable[Refusal], now: datetime) -> datetime | None:
    """Until when a 429 means the whole account, or None when it means its chat alone.

    The rule: three different chats refused within one second mean the account, because chats reach their own limits
    one by one (and by our books hardly ever), while the account's limit hits whatever is under way. It is believed
    for the shortest of their waits: a chat among them may be banned for an hour, the others must not share it.
    """
    recent = [refusal for refusal in refusals if refusal.at > now - AT_ONCE]
    if len({refusal.chat for refusal in recent}) < MANY:
        return None
    return min(refusal.until for refusal in recent)


#: Of unknown fate and sent again: a copy of these is harmless, it carries the same case number. An alert twice, or a
#: digest twice, is not: a person decides.
RESENT = frozenset({Lane.DUTY, Lane.REPLY, Lane.UPDATE})


def resent(lane: Lane, failures: int, *, harmless: bool) -> bool:
    """Whether a letter of unknown fate goes again: where a copy does no harm, and not for ever."""
    return failures < MOST_FAILURES and (harmless or lane in RESENT)


#: Calls that fail before a letter is refused. With the back-off below: about an hour without a network.
MOST_FAILURES = 64
#: Between two calls for one letter, at most.
LONGEST = timedelta(seconds=60)


def backoff(failures: int, dice: float) -> timedelta:
    """How long after the n-th failure (from 1) the next call comes: 1, 2, 4 ... 60 s, each between half and all of it
    as `dice` (0 to 1) falls, so that those who failed together do not come again together."""
    return min(LONGEST, timedelta(seconds=2 ** min(failures - 1, 10))) * (0.5 + dice / 2)
