"""Leases: which letters may leave now, handed out with the tokens they need.

`lease` marks the letters and takes the tokens in one transaction, which is on disk before anybody calls an app. What
came of a letter is booked in bookings.py; who crashes in between leaves a row whose lease runs out, and `expired`
there finds it.

Several workers may share a database. The account's row in `rate_state` is locked while its letters are handed out, so
the limits hold over all workers and no two of them write into one chat; a worker that finds it locked comes back soon.
Rows of `queue` and `outbox` that somebody else is writing are passed over: a lease waits for nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, literal_column, select, tuple_, update

from bot.channels.base import Parcel, RenderedButton
from bot.limits import Limits, order
from bot.messages import Address, Lane
from bot.store import pilots
from bot.store.columns import Big, Utc, Words
from bot.store.letter_rows import IS_LEASED, IS_WAITING, LETTERS, PAYLOADS, QUEUE, RATES, SLOTS, Post
from bot.store.ready import Both, Ready, Row

Account = tuple[str, str]
"""(channel, bot)"""

#: When to come back to what somebody else has locked.
SOON = timedelta(milliseconds=20)

#: The queue of one (chat, lane).
_Line = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter in a worker's hand."""

    parcel: Parcel
    lane: Lane
    at: datetime  #: When the call may begin.
    body: int  #: The payload's id.
    failures: int = 0
    case: str = ""
    slot: str = ""
    pilot: bool = False  #: Brings its picture to the app first; others that show it wait for it.

    @property
    def account(self) -> Account:
        return (self.parcel.to.channel, self.parcel.to.bot)

    @property
    def harmless(self) -> str:
        """Why a second copy would do no harm: it edits the same message, or says once more that all is over."""
        return self.parcel.edits or ("recall" if self.parcel.recalls else "")


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a worker gets letters."""

    worker: str
    limits: Mapping[str, Limits]  #: Channel -> limits. Letters of other channels stay where they are.
    editing: frozenset[str] = frozenset()  #: Channels that can edit; in others a slot is sent anew.
    lease: timedelta = timedelta(seconds=20)  #: Past it the letter's fate is unknown.
    uploading: frozenset[str] = frozenset()  #: Channels that know a picture again: one letter brings it first.


@dataclass(frozen=True, slots=True)
class Haul:
    """What a lease brought, and from when on each account may have more. An account that is missing there has more
    only after something was written or booked."""

    letters: tuple[Leased, ...] = ()
    next_at: Mapping[Account, datetime] = field(default_factory=dict)


def account_key(account: Account) -> str:
    return "/".join(account)


def chat_key(account: Account, chat: str) -> str:
    return f"{account[0]}/{account[1]}/{chat}"


def lease(connection: Connection, terms: Terms, now: datetime, room: Mapping[Account, int], most: int = 64) -> Haul:
    """Hands out what may leave now: to each account at most `room`, or `most` where that says nothing."""
    letters: list[Leased] = []
    next_at: dict[Account, datetime] = {}
    for account in list(_accounts(connection)):
        left = room.get(account, most)
        if account[0] not in terms.limits or left <= 0:
            continue
        counter = _Counter(connection, terms, account, now)
        when = counter.serve(left)
        letters += counter.served
        if when is not None:
            next_at[account] = when
    return Haul(tuple(letters), next_at)


def _accounts(connection: Connection) -> Iterator[Account]:
    """The accounts for which something waits: leaps from one to the next in the index."""
    last: Account = ("", "")
    while (row := _NEXT_ACCOUNT.first(connection, {"at_channel": last[0], "at_bot": last[1]})) is not None:
        last = (row[0], row[1])
        yield last


class _Counter:
    """Serves one account once."""

    def __init__(self, connection: Connection, terms: Terms, account: Account, now: datetime) -> None:
        self.connection, self.terms, self.account, self.now = connection, terms, account, now
        self.here = {"at_channel": account[0], "at_bot": account[1]}
        self.limits = terms.limits[account[0]]
        self.until = now + terms.lease
        self.served: list[Leased] = []
        self.tat: datetime | None = None
        self.turn = 0

    def serve(self, room: int) -> datetime | None:
        """Fills `served`. Returns when to come again, or None when only news can bring more."""
        state = self._locked()
        if state is None:
            return self.now + SOON
        if state.blocked_until is not None and state.blocked_until > self.now:
            return state.blocked_until  # type: ignore[no-any-return]
        self.tat, self.turn = state.tat, state.turn
        when = self._serve(room)
        if self.served:
            after = {"row": account_key(self.account), "new_tat": self.tat, "new_turn": self.turn}
            _ACCOUNT_AFTER.count(self.connection, after)
        return when

    def _serve(self, room: int) -> datetime | None:
        rate, wide = self.limits.bot, 1
        while len(self.served) < room:
            firsts = _FIRST_READY.rows(self.connection, self.here)[0]
            first = {lane: at for lane, at in zip(Lane, firsts, strict=True) if at is not None}
            ready = [lane for lane, at in first.items() if at <= self.now]
            if not ready:
                return min(first.values(), default=None)
            tokens = room if rate is None else rate.ahead(self.tat, self.now)
            if rate is not None and tokens < 1:  # half a burst at a time: a transaction for each would be dear
                return rate.ahead_at(self.tat, self.now, max(1, rate.burst // 2))
            before = len(self.served)
            if not self._deal(ready, min(room - before, tokens), wide):
                return self.now + SOON
            # Where all of them wait for one picture, hundreds are looked at for nothing: more at once then.
            wide = wide * 4 if len(self.served) == before else 1
        return None

    def _locked(self) -> Any | None:
        """The account's row, or None while another worker has it."""
        key = {"key": account_key(self.account)}
        rows = _ACCOUNT.named(self.connection, key)
        # Asked before it is inserted: on PostgreSQL, ON CONFLICT would wait for who has the row.
        if not rows and not _IS_KNOWN.rows(self.connection, key):
            _NEW_ACCOUNT.count(self.connection, key | {"turn": 0})
            rows = _ACCOUNT.named(self.connection, key)
        return rows[0] if rows else None

    def _deal(self, ready: list[Lane], count: int, wide: int = 1) -> bool:
        """Hands out up to `count` letters from the lines that are ready, of which it looks at `wide` times as many;
        puts right the instants of lines that were not. Returns False when nothing could be done at all."""
        lines: dict[Lane, list[str]] = {}
        for lane in ready:  # locks the lines; what is read after this sees all that was added to them
            asked = self.here | {"at_lane": int(lane), "now": self.now, "most": count * wide}
            lines[lane] = [row[0] for row in _LINES.rows(self.connection, asked)]
        chats = {chat for line in lines.values() for chat in line}
        if not chats:
            return False
        # Also where the lease has run out: until `expired` has dealt with it, that call may be under way.
        leased = _BUSY.rows(self.connection, self.here)
        busy = {chat: max(lease_until, self.now + SOON) for chat, lease_until in leased}
        keys = [chat_key(self.account, chat) for chat in chats]
        rates = {row.key: row for row in _CHAT_RATES.named(self.connection, {"keys": keys})}
        heads = {(chat, lane): head for chat, lane, head in self._heads(chats)}
        ids = [head for head in heads.values() if head is not None]
        letters: dict[int, Any] = {row.id: row for row in _LETTERS.named(self.connection, {"ids": ids})}

        pictures = self._awaited(letters.values())
        later: dict[_Line, datetime] = {}
        done: list[_Line] = []
        usable: dict[Lane, deque[Any]] = {lane: deque() for lane in Lane}
        for lane, line in lines.items():
            for chat in line:
                head = heads.get((chat, int(lane)))
                letter = letters.get(head or 0)
                if head is None:
                    done.append((chat, int(lane)))
                elif letter is not None:  # else it is being changed at this moment
                    rate = rates.get(chat_key(self.account, chat))
                    at = max(busy.get(chat, self.now), self._open_at(letter, rate))
                    if at > self.now:
                        later[chat, int(lane)] = at
                    else:
                        usable[lane].append(letter)

        taken: dict[str, Any] = {}
        while len(taken) < count:
            turn = order(self.turn, alert=bool(usable[Lane.ALERT]))
            queue = next((usable[each] for each in turn if usable[each]), None)
            if queue is None:
                break
            first = queue[0]
            picture = pilots.new_picture(first)
            if first.chat not in taken and pictures.get(picture) is not None:
                later[first.chat, first.lane] = pictures[picture]  # type: ignore[assignment]
                queue.popleft()
                continue
            if first.chat not in taken:
                if not self._take(first, pilot=picture in pictures):
                    break  # an album: its turn comes when so many tokens are there
                taken[first.chat] = first
                if picture in pictures:
                    pictures[picture] = pilots.took_off(self.connection, self.account, picture, first.id, self.until)
            later[first.chat, first.lane] = self.until
            queue.popleft()
        self._book(list(taken.values()), rates, later, done)
        return bool(taken or later or done)

    def _heads(self, chats: Iterable[str]) -> Iterable[Row]:
        return _HEADS.rows(self.connection, self.here | {"chats": list(chats)})

    def _awaited(self, letters: Iterable[Any]) -> dict[str, datetime | None]:
        """The pictures that the account has not uploaded yet; until when the letter that does so now has time."""
        wanted = {pilots.new_picture(letter) for letter in letters} - {""}
        if not wanted or self.account[0] not in self.terms.uploading:
            return {}
        return pilots.waited_for(self.connection, self.account, wanted, self.now)

    def _open_at(self, letter: Any, rate: Any | None) -> datetime:
        """From when on the chat takes this letter."""
        at: datetime = max(letter.due, self.now)
        if rate is not None and rate.blocked_until is not None:
            at = max(at, rate.blocked_until)
        limit = self.limits.chat(letter.chat)
        if limit is not None and rate is not None:
            at = max(at, limit.ready(rate.tat, self.now, _cost(letter)))
        return at

    def _take(self, letter: Any, *, pilot: bool) -> bool:
        """Takes the account's tokens and serves the letter, or returns False."""
        at, rate = self.now, self.limits.bot
        if rate is not None:
            at = rate.paced(self.tat, self.now, _cost(letter))
            if at > self.now + rate.interval * (rate.burst - 1):
                return False
            self.tat = rate.take(self.tat, at, _cost(letter))
        self.turn += 1
        edits = "" if letter.fresh or letter.channel not in self.terms.editing else letter.shown or ""
        self.served.append(_leased(letter, at, edits, pilot))
        return True

    def _book(self, taken: list[Any], rates: dict[str, Any], later: dict[_Line, datetime], done: list[_Line]) -> None:
        if taken:
            mine = self.served[-len(taken) :]
            leased = [{"row": each.parcel.id, "until": self.until, "by": self.terms.worker, "of": each.parcel.edits}
                      for each in mine]  # fmt: skip
            _LEASE.many(self.connection, leased)
            used = []
            for letter, each in zip(taken, mine, strict=True):
                limit = self.limits.chat(letter.chat)
                if limit is not None:
                    key = chat_key(self.account, letter.chat)
                    tat = rates[key].tat if key in rates else None
                    used.append({"key": key, "tat": limit.take(tat, each.at, _cost(letter)), "turn": 0})
            _USE.many(self.connection, sorted(used, key=lambda row: str(row["key"])))
        _LATER.many(
            self.connection,
            [self.here | {"at_chat": chat, "at_lane": lane, "at": at} for (chat, lane), at in later.items()],
        )
        _DONE.many(self.connection, [self.here | {"at_chat": chat, "at_lane": lane} for chat, lane in done])


def _cost(letter: Any) -> int:
    """An album counts as the messages in it; an edit as one."""
    return max(1, len(letter.photos)) if not letter.shown or letter.fresh else 1


def _leased(row: Any, at: datetime, edits: str, pilot: bool) -> Leased:
    parcel = Parcel(
        id=row.id,
        to=Address(row.channel, row.bot, row.chat),
        text=row.text,
        buttons=tuple(tuple(RenderedButton(*button) for button in line) for line in row.buttons),
        photos=() if row.recalls and not edits else tuple(row.photos),
        location=None if row.location is None else (row.location[0], row.location[1]),
        reply_to=row.reply_to,
        edits=edits,
        had_photo=bool(edits and row.shown_photo),
        shows=row.picture or "" if edits else "",
        recalls=row.recalls,
        whole=bool(row.tag),
    )
    return Leased(parcel, Lane(row.lane), at, row.payload_id, row.attempt, row.case, row.slot, pilot)


# --- statements, compiled once

_O, _Q = LETTERS.c, QUEUE.c
_CHANNEL, _BOT = bindparam("at_channel", type_=Words()), bindparam("at_bot", type_=Words())
_CHAT, _LANE = bindparam("at_chat", type_=Words()), bindparam("at_lane", type_=Big)

_NEXT_ACCOUNT = Ready(
    select(_Q.channel, _Q.bot)
    .where(tuple_(_Q.channel, _Q.bot) > tuple_(_CHANNEL, _BOT))
    .order_by(_Q.channel, _Q.bot)
    .limit(1)
)
_ACCOUNT = Ready(select(RATES).where(RATES.c.key == bindparam("key", type_=Words())).with_for_update(skip_locked=True))
_IS_KNOWN = Ready(select(RATES.c.turn).where(RATES.c.key == bindparam("key", type_=Words())))
_NEW_ACCOUNT = Ready(Both(lambda new: new(RATES).inline().on_conflict_do_nothing(index_elements=["key"])))
_ACCOUNT_AFTER = Ready(
    update(RATES)
    .where(RATES.c.key == bindparam("row", type_=Words()))
    .values(tat=bindparam("new_tat", type_=Utc()), turn=bindparam("new_turn", type_=Big))
)
_MY_QUEUE = and_(_Q.channel == _CHANNEL, _Q.bot == _BOT)
_FIRST_READY = Ready(
    select(
        *(
            select(func.min(_Q.ready_at, type_=Utc()))
            .where(_MY_QUEUE, _Q.lane == literal_column(str(int(lane))))
            .scalar_subquery()
            .label(lane.name)
            for lane in Lane
        )
    )
)
_LINES = Ready(
    select(_Q.chat)
    .where(_MY_QUEUE, _Q.lane == _LANE, _Q.ready_at <= bindparam("now", type_=Utc()))
    .order_by(_Q.ready_at)
    .limit(bindparam("most", type_=Big))
    .with_for_update(skip_locked=True)
)
_BUSY = Ready(select(_O.chat, _O.lease_until).where(IS_LEASED, _O.channel == _CHANNEL, _O.bot == _BOT))
_CHAT_RATES = Ready(select(RATES).where(RATES.c.key.in_(bindparam("keys", expanding=True))))
_HEADS = Ready(
    select(
        _Q.chat,
        _Q.lane,
        select(func.min(_O.id))
        .where(IS_WAITING, _O.channel == _Q.channel, _O.bot == _Q.bot, _O.chat == _Q.chat, _O.lane == _Q.lane)
        .scalar_subquery()
        .label("head"),
    ).where(_MY_QUEUE, _Q.chat.in_(bindparam("chats", expanding=True)))
)
_SHOWN = and_(
    SLOTS.c.channel == _O.channel,
    SLOTS.c.bot == _O.bot,
    SLOTS.c.chat == _O.chat,
    SLOTS.c.slot == _O.slot,
    _O.slot != literal_column("''"),
)
_LETTERS = Ready(
    select(
        *(_O[name] for name in ("id", "channel", "bot", "chat", "lane", "slot", "fresh", "due", "attempt", "reply_to")),
        *(_O.case, _O.payload_id, _O.tag, _O.recalls),
        *(PAYLOADS.c[name] for name in ("text", "buttons", "photos", "location")),
        SLOTS.c.ref.label("shown"),
        SLOTS.c.photo.label("shown_photo"),
        SLOTS.c.picture,
    )
    .select_from(LETTERS.join(PAYLOADS, PAYLOADS.c.id == _O.payload_id).outerjoin(SLOTS, _SHOWN))
    .where(_O.id.in_(bindparam("ids", expanding=True)), IS_WAITING)
    .with_for_update(of=LETTERS, skip_locked=True)
)
_LEASE = Ready(
    update(LETTERS)
    .where(_O.id == bindparam("row", type_=Big))
    .values(
        state=Post.LEASED,
        lease_until=bindparam("until", type_=Utc()),
        worker=bindparam("by", type_=Words()),
        edits=bindparam("of", type_=Words()),
    )
)
_LATER = Ready(
    update(QUEUE).where(_MY_QUEUE, _Q.chat == _CHAT, _Q.lane == _LANE).values(ready_at=bindparam("at", type_=Utc()))
)
_DONE = Ready(delete(QUEUE).where(_MY_QUEUE, _Q.chat == _CHAT, _Q.lane == _LANE))


def _use(statement: Any) -> Any:
    return statement.on_conflict_do_update(index_elements=["key"], set_={"tat": statement.excluded.tat})


_USE = Ready(Both(lambda new: _use(new(RATES).inline())))
