"""A worker's hand: the letters it has leased, and which of their calls may begin now. Rules only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.limits import Limits, Window
from bot.store.leases import Account, Leased

#: Between two calls of one account, as a part of its interval. A stall is made good by going this little faster, never
#: in a burst: 29 a second becomes 29.9.
_GAP = 0.97


class Hand:
    """What one worker has leased: `idle` until a letter's call begins, then `open` until it has ended.

    The letters of an account leave in the order in which they were leased, also when the worker has fallen behind: the
    lease has dealt the turns of the lanes, and what has waited in the backlog for long must not pass them here.
    """

    def __init__(self, limits: Mapping[str, Limits], most: int) -> None:
        self._limits, self._most = limits, most
        self._idle: dict[Account, list[tuple[datetime, int, Leased]]] = {}
        self._letters: Counter[Account] = Counter()
        self._gates: dict[Account, datetime] = {}  #: No call of the account before.
        self._windows: dict[Account, Window] = {}

    @property
    def idle(self) -> list[int]:
        """Letters whose call has not begun, by their rows."""
        return [row for idle in self._idle.values() for _, row, _ in idle]

    def takes(self, letters: Iterable[Leased]) -> None:
        for letter in letters:
            self._letters[letter.account] += 1
            heappush(self._idle.setdefault(letter.account, []), (letter.at, letter.parcel.id, letter))

    def room(self) -> dict[Account, int]:
        """How many more letters of each account it may hold. Those whose call has not begun are few: if the worker
        falls behind, or dies, they are better in somebody else's hand."""
        found = {}
        for account, letters in self._letters.items():
            rate, free = self._limits[account[0]].bot, self._most - letters
            found[account] = free if rate is None else min(free, rate.burst - len(self._idle.get(account, ())))
        return found

    def first(self) -> tuple[datetime, Account] | None:
        """The instant at which the next call may begin, and its account; None while none waits."""
        firsts = [(max(idle[0][0], self._gates.get(of, idle[0][0])), of) for of, idle in self._idle.items() if idle]
        return min(firsts, default=None)

    def begins(self, now: datetime) -> Leased | None:
        """A letter whose call begins now; None when none may."""
        for account, idle in self._idle.items():
            if not idle or idle[0][0] > now:
                continue
            limits, window = self._limits[account[0]], self._windows.get(account)
            if window is None and limits.server is not None:
                window = self._windows[account] = Window(*limits.server)
            gate = self._gates.get(account, now)
            gate = gate if window is None else max(gate, window.free_at(now))
            if gate > now:
                self._gates[account] = gate
                continue
            if limits.bot is not None:
                self._gates[account] = now + limits.bot.interval * _GAP
            _, row, letter = heappop(idle)
            if window is not None:
                window.began(row, now)
            return letter
        return None

    def answered(self, letter: Leased, now: datetime) -> None:
        """The app has answered, or never will."""
        if letter.account in self._windows:
            self._windows[letter.account].ended(letter.parcel.id, now)

    def done(self, letter: Leased) -> None:
        """What came of it is booked."""
        self._letters[letter.account] -= 1

    def lets_go(self, account: Account | None = None) -> list[Leased]:
        """Gives up the letters whose call has not begun; whoever asks puts them back."""
        idle = []
        for of in list(self._idle):
            if account in (None, of):
                idle += [letter for _, _, letter in self._idle.pop(of)]
        for letter in idle:
            self._letters[letter.account] -= 1
        return idle

    def set_back(self, by: timedelta) -> None:
        """The clock was set back: all instants are so much earlier now."""
        self._idle = {of: [(at - by, row, letter) for at, row, letter in idle] for of, idle in self._idle.items()}
        self._gates = {account: at - by for account, at in self._gates.items()}
        for window in self._windows.values():
            window.set_back(by)
