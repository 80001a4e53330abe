"""Bookings: what became of each leased letter, written down.

For a letter in hand exactly one of `sent`, `again`, `ended`, `gone`, `moved` is called. Each does nothing when the
letter is no longer in this worker's hand (its lease ran out and somebody else has dealt with it), with one exception:
that it was sent is believed at any time, so that it is not sent once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, literal_column, or_, select, update

from bot.channels.base import Parcel
from bot.messages import Address, Lane
from bot.store import fanouts, pilots
from bot.store.columns import Big, Utc, Words
from bot.store.leases import Account, Leased, Terms, account_key, chat_key
from bot.store.letter_rows import (
    IS_HELD,
    IS_LEASED,
    IS_WAITING,
    LETTERS,
    QUEUE,
    RATES,
    SLOTS,
    Post,
    both,
    here,
    in_chat,
    queue_up,
)
from bot.store.ready import Both, Ready
from bot.store.tables import ClockRow

_CLOCKS = ClockRow.metadata.tables["clock"]

#: Telegram answers 0 for a message it will send by itself later: nothing that could be edited.
_NO_MESSAGE = ("", "0")

Resend = Callable[[Lane, str, str, int], bool]
"""(lane, channel, what makes a copy harmless or "", failures so far) -> whether a letter of unknown fate goes again."""


def sent(connection: Connection, terms: Terms, letter: Leased, ref: str, now: datetime) -> bool:
    """The app took it and calls it `ref`. Its slot shows it from now on, and the clocks it stops have stopped. Returns
    whether more waits for this chat."""
    row = _row(connection, letter)
    _landed(connection, letter, now)
    if row.state in (Post.SENT, Post.MERGED) or (row.state == Post.LEASED and row.worker != terms.worker):
        return True
    known = "" if ref in _NO_MESSAGE else ref
    if letter.slot and known:
        _show(connection, letter, known)
    if row.payload_id != letter.body:
        return True  # The row was put back as unknown and has new words since: they will edit what was sent.
    _SENT.count(connection, {"row": row.id, "as": known, "now": now})
    if row.stops and row.case:
        _STOP.count(connection, {"of": row.case, "kinds": row.stops.split(), "now": now})
    if row.tag and not row.recalls:
        fanouts.taken_back_late(connection, row, now)
    return _free(connection, terms, _to(row), now)


def again(
    connection: Connection,
    terms: Terms,
    letter: Leased,
    now: datetime,
    *,
    due: datetime,
    error: str = "",
    failed: bool = True,
    anew: bool = False,
    unsure: bool = False,
) -> None:
    """Back to its place in the queue, not before `due`; `anew`: as a message of its own instead of an edit; `unsure`:
    it may have arrived."""
    row = _row(connection, letter)
    _landed(connection, letter, now)
    if _in_hand(row, terms):
        _put_back(connection, row, due=due, error=error, failed=failed, anew=anew, unsure=unsure)
        _free(connection, terms, _to(row), now)


def blocked(connection: Connection, letter: Leased, until: datetime, account_until: datetime | None) -> None:
    """Nothing to this chat before `until`, nor from the account before `account_until`. Comes before `again`, in the
    same transaction."""
    blocks = [{"key": chat_key(letter.account, letter.parcel.to.chat), "blocked_until": until, "turn": 0}]
    if account_until is not None:
        blocks.append({"key": account_key(letter.account), "blocked_until": account_until, "turn": 0})
    _BLOCK.many(connection, blocks)


def ended(connection: Connection, terms: Terms, letter: Leased, now: datetime, state: Post, error: str) -> None:
    """It will not be sent by itself any more: REFUSED, or UNKNOWN until a person decides. Both are listed."""
    row = _row(connection, letter)
    _landed(connection, letter, now)
    if _in_hand(row, terms):
        _change(connection, row.id, state=state, error=error, lease_until=None)
        if row.tag and not row.recalls:
            fanouts.let_be(connection, _to(row), row.slot)
        _free(connection, terms, _to(row), now)


def gone(connection: Connection, terms: Terms, letter: Leased, error: str, now: datetime) -> None:
    """The chat takes nothing from us any more: this letter and all that wait for it are gone."""
    row, to = _row(connection, letter), letter.parcel.to
    _landed(connection, letter, now)
    if _in_hand(row, terms):
        _change(connection, row.id, state=Post.GONE, error=error, lease_until=None)
        if row.tag and not row.recalls:
            fanouts.let_be(connection, to, row.slot)
    lanes = _lanes(connection, here(to))
    waiting = update(LETTERS).where(in_chat(LETTERS), or_(IS_WAITING, IS_HELD)).values(state=Post.GONE, error=error)
    connection.execute(waiting, here(to))
    _empty(connection, to, lanes)


def moved(connection: Connection, terms: Terms, letter: Leased, chat: str, now: datetime) -> None:
    """The group has a new id: this letter and all that wait for it go there. Message ids start anew in the new chat, so
    what would have edited is sent as a new message there."""
    row, to = _row(connection, letter), letter.parcel.to
    _landed(connection, letter, now)
    if _in_hand(row, terms):
        _put_back(connection, row, due=now, error="", failed=False, anew=False)
    relocate(connection, to, chat, now)


def relocate(connection: Connection, to: Address, chat: str, now: datetime) -> None:
    """All that waits for this chat waits for the chat with the new id. (Also when the app says so by itself.)"""
    lanes = _lanes(connection, here(to))
    unsent = update(LETTERS).where(in_chat(LETTERS), or_(IS_WAITING, IS_HELD))
    rows = unsent.values(chat=bindparam("new_chat", type_=Words()))
    connection.execute(rows, here(to) | {"new_chat": chat})
    _empty(connection, to, lanes)
    queue_up(connection, [(to.channel, to.bot, chat, lane) for lane in lanes], now)


# --- leases that ran out


def expired(
    connection: Connection, terms: Terms, now: datetime, resend: Resend, *, mine: bool = False, most: int = 200
) -> int:
    """Deals with letters whose worker died: sent again or shown to a person, as `resend` says. `mine`: also those
    that this worker's name still holds although it has just started, or has died. Returns how many there were."""
    asked = {"now": now, "most": most} | ({"by": terms.worker} if mine else {})
    rows = (_OVER_OR_MINE if mine else _OVER).named(connection, asked)
    for row in rows:
        error = f"{row.worker} died or hung while sending it"
        pilots.landed(connection, row.id, now)
        if resend(Lane(row.lane), row.channel, row.edits or ("recall" if row.recalls else ""), row.attempt + 1):
            _put_back(connection, row, due=now, error=error, failed=True, anew=False, unsure=True)
        else:
            _change(connection, row.id, state=Post.UNKNOWN, error=error, attempt=row.attempt + 1, lease_until=None)
        _free(connection, terms, _to(row), now)
    return len(rows)


def workers(connection: Connection) -> list[str]:
    """Those who hold letters."""
    return [row[0] for row in _WORKERS.rows(connection, {})]


def renew(connection: Connection, terms: Terms, ids: Sequence[int], until: datetime) -> None:
    """The worker lives and its calls are still under way."""
    _RENEW.many(connection, [{"row": each, "by": terms.worker, "until": until} for each in ids])


def resolve(connection: Connection, row_id: int, now: datetime, *, resend: bool) -> bool:
    """A person's decision on a letter that is UNKNOWN, REFUSED or GONE: send it once more, or take it as sent. Returns
    False when it was in none of these states, or would be sent after its fan-out was cancelled or taken back."""
    rows = _ROW.named(connection, {"row": row_id})
    if not rows or rows[0].state not in (Post.UNKNOWN, Post.REFUSED, Post.GONE):
        return False
    row = rows[0]
    if not resend:
        _change(connection, row.id, state=Post.SENT, sent_at=now)
        return True
    stands = _stands(connection, row)
    if stands is Post.WITHDRAWN:
        return False
    _change(connection, row.id, state=stands, due=now, attempt=0, edits="")
    queue_up(connection, [(row.channel, row.bot, row.chat, row.lane)], now)
    return True


def mend(connection: Connection, now: datetime) -> int:
    """Opens lines for waiting letters that have none; returns how many. There are none, short of a mistake or rows
    written by hand, and a letter must not lie there for ever because of one."""
    lost = exists().where(
        _Q.channel == _O.channel, _Q.bot == _O.bot, _Q.chat == _O.chat, _Q.lane == _O.lane
    )  # fmt: skip
    lines = select(_O.channel, _O.bot, _O.chat, _O.lane).where(IS_WAITING, ~lost).distinct()
    found = [(row.channel, row.bot, row.chat, row.lane) for row in connection.execute(lines)]
    queue_up(connection, found, now)
    return len(found)


# --- pieces


def _row(connection: Connection, letter: Leased) -> Any:
    (row,) = _ROW.named(connection, {"row": letter.parcel.id})
    return row


def _lanes(connection: Connection, chat: dict[str, Any]) -> list[int]:
    return [row[0] for row in _LANES.rows(connection, chat)]


def _in_hand(row: Any, terms: Terms) -> bool:
    return bool(row.state == Post.LEASED and row.worker == terms.worker)


def _to(row: Any) -> Address:
    """Where the letter goes now: its group may have got a new id while it was in flight."""
    return Address(row.channel, row.bot, row.chat)


def _change(connection: Connection, row: int, **values: Any) -> None:
    connection.execute(update(LETTERS).where(LETTERS.c.id == row).values(values))


def _landed(connection: Connection, letter: Leased, now: datetime) -> None:
    if letter.pilot:
        pilots.landed(connection, letter.parcel.id, now)


def _stands(connection: Connection, row: Any) -> Post:
    """How a letter is to stand that is put back: what its fan-out was told meanwhile holds for it too."""
    return fanouts.stands(connection, row.case) if row.tag and not row.recalls else Post.WAITING


def _put_back(
    connection: Connection, row: Any, *, due: datetime, error: str, failed: bool, anew: bool, unsure: bool = False
) -> None:
    stands = _stands(connection, row)
    values: dict[str, Any] = {
        "state": stands, "due": due, "error": error, "edits": "", "lease_until": None,
        "attempt": row.attempt + int(failed), "fresh": row.fresh or anew,
    }  # fmt: skip
    if stands is Post.WITHDRAWN:
        # It never leaves again. Perhaps it did arrive, though: then it is shown, and a recall finds it.
        _change(connection, row.id, **values | {"state": Post.UNKNOWN if unsure else stands})
        fanouts.let_be(connection, _to(row), row.slot)
        return
    if row.slot:
        slot = here(_to(row)) | {"at_slot": row.slot, "row": row.id}
        # What was written meanwhile takes over this row, and keeps its place.
        for newer in (_NEWER_HELD if stands is Post.HELD else _NEWER).named(connection, slot):
            values |= {
                "payload_id": newer.payload_id, "stops": both(row.stops, newer.stops), "case": newer.case or row.case,
                "fresh": values["fresh"] or newer.fresh, "reply_to": newer.reply_to or row.reply_to,
            }  # fmt: skip
            _change(connection, newer.id, state=Post.MERGED, merged_into=row.id)
    _change(connection, row.id, **values)
    queue_up(connection, [(row.channel, row.bot, row.chat, row.lane)], due)


def _show(connection: Connection, letter: Leased, ref: str) -> None:
    parcel: Parcel = letter.parcel
    row = {
        "channel": parcel.to.channel, "bot": parcel.to.bot, "chat": parcel.to.chat,
        "slot": letter.slot, "ref": ref, "lane": int(letter.lane),
        "photo": bool(parcel.photos) or (bool(parcel.edits) and parcel.had_photo),
        "picture": parcel.photos[0] if len(parcel.photos) == 1 else "" if parcel.photos else parcel.shows,
    }  # fmt: skip
    _SHOW.count(connection, row)


def _empty(connection: Connection, to: Address, lanes: Sequence[int]) -> None:
    """Clears lines away whose letters have left. Only such as were locked before the letters were looked for: one that
    is being opened at this moment belongs to a letter that was not seen."""
    _EMPTY.many(connection, [here(to) | {"at_lane": lane} for lane in lanes])


def _free(connection: Connection, terms: Terms, to: Address, now: datetime) -> bool:
    """No call to this chat is under way any more: its lines are ready as soon as its limits let them, or empty. Returns
    whether a letter waits in one of them."""
    chat = here(to)
    lanes = _lanes(connection, chat)  # Locked first, then read: see `lease`.
    heads = {lane: _HEAD_DUE.first(connection, chat | {"at_lane": lane}) for lane in lanes}
    for lane, head in heads.items():
        if head is None:
            _EMPTY.count(connection, chat | {"at_lane": lane})
    dues = {lane: head[0] for lane, head in heads.items() if head is not None}
    if not dues:
        return False
    account: Account = (to.channel, to.bot)
    rate = _RATE.first(connection, {"key": chat_key(account, to.chat)})
    limits = terms.limits.get(to.channel)
    limit = limits.chat(to.chat) if limits else None
    open_at = now
    if rate is not None and limit is not None:
        open_at = limit.ready(rate[0], now)
    if rate is not None and rate[1] is not None:
        open_at = max(open_at, rate[1])
    _READY.many(connection, [chat | {"at_lane": lane, "at": max(open_at, due)} for lane, due in dues.items()])
    return True


# --- statements, compiled once

_O, _Q = LETTERS.c, QUEUE.c
_LANE = bindparam("at_lane", type_=Big)
_ID = bindparam("row", type_=Big)

_COLUMNS = [
    _O[name]
    for name in (
        "id", "channel", "bot", "chat", "lane", "slot", "fresh", "state", "worker", "attempt", "payload_id", "reply_to",
        "edits", "case", "stops", "tag", "recalls",
    )
]  # fmt: skip

_ROW = Ready(select(*_COLUMNS).where(_O.id == _ID).with_for_update())
_WORKERS = Ready(select(_O.worker).where(IS_LEASED).distinct())
_LEASE_OVER = _O.lease_until <= bindparam("now", type_=Utc())
_OVER, _OVER_OR_MINE = (
    Ready(
        select(*_COLUMNS).where(IS_LEASED, which).limit(bindparam("most", type_=Big)).with_for_update(skip_locked=True)
    )
    for which in (_LEASE_OVER, _LEASE_OVER | (_O.worker == bindparam("by", type_=Words())))
)
_RATE = Ready(select(RATES.c.tat, RATES.c.blocked_until).where(RATES.c.key == bindparam("key", type_=Words())))
_LANES = Ready(select(_Q.lane).where(in_chat(QUEUE)).with_for_update())
_HEAD_DUE = Ready(select(_O.due).where(IS_WAITING, in_chat(LETTERS), _O.lane == _LANE).order_by(_O.id).limit(1))
_EMPTY = Ready(delete(QUEUE).where(in_chat(QUEUE), _Q.lane == _LANE))
_READY = Ready(update(QUEUE).where(in_chat(QUEUE), _Q.lane == _LANE).values(ready_at=bindparam("at", type_=Utc())))
_NEWER, _NEWER_HELD = (
    Ready(
        select(_O.id, _O.payload_id, _O.stops, _O.case, _O.fresh, _O.reply_to)
        .where(unsent, in_chat(LETTERS), _O.slot == bindparam("at_slot", type_=Words()))
        .where(_O.slot != literal_column("''"), _O.id != _ID)
        .order_by(_O.id.desc())
        .limit(1)
        .with_for_update()
    )
    for unsent in (IS_WAITING, IS_HELD)
)
_SENT = Ready(
    update(LETTERS)
    .where(_O.id == _ID)
    .values(
        state=Post.SENT,
        ref=bindparam("as", type_=Words()),
        sent_at=bindparam("now", type_=Utc()),
        lease_until=None,
        error="",
    )
)
_RENEW = Ready(
    update(LETTERS)
    .where(_O.id == _ID, IS_LEASED, _O.worker == bindparam("by", type_=Words()))
    .values(lease_until=bindparam("until", type_=Utc()))
)
_STOP = Ready(
    update(_CLOCKS)
    .where(_CLOCKS.c.subject == bindparam("of", type_=Words()))
    .where(_CLOCKS.c.kind.in_(bindparam("kinds", expanding=True)), _CLOCKS.c.stopped_at.is_(None))
    .values(stopped_at=bindparam("now", type_=Utc()), paused_at=None, version=_CLOCKS.c.version + 1)
)


def _shows(statement: Any) -> Any:
    """A slot keeps its first lane while it is edited, and takes the new message's otherwise: the lane of the row is
    the original's in both cases."""
    new = statement.excluded
    keys = ["channel", "bot", "chat", "slot"]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={"ref": new.ref, "photo": new.photo, "picture": new.picture, "lane": new.lane}
    )


def _blocks(statement: Any) -> Any:
    return statement.on_conflict_do_update(
        index_elements=["key"], set_={"blocked_until": statement.excluded.blocked_until}
    )


_SHOW = Ready(Both(lambda new: _shows(new(SLOTS).inline())))
_BLOCK = Ready(Both(lambda new: _blocks(new(RATES).inline())))
