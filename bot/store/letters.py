"""`write` puts an Outcome's letters among the outbox's rows, and its fan-outs by way of fanouts.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, update

from bot.messages import Fanout, FanoutOrder, Letter, Recall
from bot.store.columns import Words
from bot.store.fanouts import expand, obey, take_back
from bot.store.letter_rows import (
    IS_WAITING,
    LETTERS,
    SLOTS,
    Post,
    Render,
    body_of,
    both,
    here,
    in_chat,
    queue_up,
    unless_known,
)
from bot.store.private import DataKey
from bot.store.ready import Both, Ready

__all__ = ["Render", "write"]


def write(
    connection: Connection,
    letters: Sequence[Letter],
    fanouts: Sequence[Fanout | Recall | FanoutOrder],
    cause: str,
    now: datetime,
    render: Render,
    house: DataKey | None = None,
) -> None:
    """Puts the letters into the outbox, in the transaction of the Outcome they belong to.

    A letter whose key (`dedupe`, or the cause and its position) is there already is silently nothing. A cause is
    settled once, so only keys that a desk chose are looked for. Whoever commits wakes the outbox afterwards. Bodies
    are sealed under the `house`'s key; without it, only tests write.
    """
    keyed: dict[str, Letter] = {}
    for position, letter in enumerate(letters):
        keyed.setdefault(letter.dedupe or f"{cause}#{position}", letter)
    lanes: set[tuple[str, str, str, int]] = set()
    for key, letter in keyed.items():
        if not letter.dedupe or _KNOWN.first(connection, {"key": key}) is None:
            lane = _write_one(connection, letter, key, now, render, house)
            lanes.add((letter.to.channel, letter.to.bot, letter.to.chat, lane))
    queue_up(connection, lanes, now)
    for position, each in enumerate(fanouts):
        match each:
            case Fanout(letter=letter, groups=groups) if groups:
                expand(connection, each, letter.dedupe or f"{cause}#fan{position}", now, render, house)
            case Recall(letter=letter):
                take_back(connection, each, letter.dedupe or f"{cause}#fan{position}", now, render, house)
            case FanoutOrder():
                obey(connection, each, now)


def _write_one(
    connection: Connection, letter: Letter, key: str, now: datetime, render: Render, house: DataKey | None
) -> int:
    """Writes one letter whose key is new; returns the lane it waits in."""
    payload = body_of(connection, letter, now, render, house)
    lane = int(letter.lane)
    row: dict[str, Any] = {
        "channel": letter.to.channel, "bot": letter.to.bot, "chat": letter.to.chat, "slot": letter.slot,
        "lane": lane, "fresh": letter.fresh, "state": Post.WAITING, "due": now, "worker": "",
        "attempt": 0, "dedupe_key": key, "payload_id": payload, "reply_to": letter.reply_to, "edits": "", "ref": "",
        "error": "", "case": letter.case, "stops": letter.stops, "merged_into": None, "tag": "", "recalls": False,
        "created_at": now,
    }  # fmt: skip
    if letter.slot:
        # The last one: an earlier one of the slot, put back after a failed call, takes it over by itself (leases.py).
        slot = here(letter.to) | {"at_slot": letter.slot}
        if (found := _LAST_OF_SLOT.first(connection, slot)) is not None:
            first, its_lane, stops, fresh, case, reply_to = found
            changed = {
                "row": first, "payload_id": payload, "stops": both(stops, letter.stops),
                "fresh": fresh or letter.fresh, "case": letter.case or case, "reply_to": letter.reply_to or reply_to,
            }  # fmt: skip
            _TAKE_OVER.count(connection, changed)
            _NEW_LETTER.count(connection, row | {"state": Post.MERGED, "merged_into": first, "lane": its_lane})
            return int(its_lane)
        shown = None if letter.fresh else _LANE_OF_SLOT.first(connection, slot)
        lane = lane if shown is None else int(shown[0])
    _NEW_LETTER.count(connection, row | {"lane": lane})
    return lane


# --- statements, built once

_NEW_LETTER = Ready(Both(lambda new: unless_known(new(LETTERS).inline())))
_KNOWN = Ready(select(LETTERS.c.id).where(LETTERS.c.dedupe_key == bindparam("key", type_=Words())))
_SLOT = bindparam("at_slot", type_=Words())
_LAST_OF_SLOT = Ready(
    select(*(LETTERS.c[name] for name in ("id", "lane", "stops", "fresh", "case", "reply_to")))
    .where(in_chat(LETTERS), LETTERS.c.slot == _SLOT, LETTERS.c.slot != literal_column("''"), IS_WAITING)
    .order_by(LETTERS.c.id.desc())
    .limit(1)
    .with_for_update()
)
_TAKE_OVER = Ready(
    update(LETTERS)
    .where(LETTERS.c.id == bindparam("row"))
    .values({name: bindparam(name) for name in ("payload_id", "stops", "fresh", "case", "reply_to")})
)
_LANE_OF_SLOT = Ready(select(SLOTS.c.lane).where(in_chat(SLOTS), SLOTS.c.slot == _SLOT))
