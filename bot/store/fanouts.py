"""Fan-outs: one letter to many groups, expanded inside the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from bot.messages import Address, Fanout, Letter
from bot.store.columns import Big, Flag, Json, Utc, Words
from bot.store.letter_rows import (
    IS_WAITING,
    LETTERS,
    NEW_ROW,
    QUEUE,
    SLOTS,
    Post,
    Render,
    body_of,
    queued,
    unless_known,
)
from bot.store.private import DataKey


def expand(
    connection: Connection, fanout: Fanout, base: str, now: datetime, render: Render, house: DataKey | None
) -> None:
    """Expands a fan-out inside the database: one payload, as many rows as there are groups."""
    letter, c, new_row = fanout.letter, LETTERS.c, NEW_ROW[connection.dialect.name]
    payload = body_of(connection, replace(letter, to=fanout.groups[0]), now, render, house)
    groups = _unfolded(connection, fanout.groups)
    g = groups.c
    key = literal(f"{base}:", Words()) + g.channel + literal(":", Words()) + g.bot + literal(":", Words()) + g.chat
    same_chat = and_(c.channel == g.channel, c.bot == g.bot, c.chat == g.chat)
    source: Any = groups
    lane: ColumnElement[int] = literal(int(letter.lane), Big)
    new = there = g.chat != literal_column("''")  # SQLite wants a WHERE before ON CONFLICT
    if letter.slot:
        in_slot = and_(c.slot == letter.slot, c.slot != literal_column("''"), IS_WAITING)
        known = LETTERS.alias("known")
        waits = select(func.max(c.id)).select_from(groups.join(LETTERS, and_(same_chat, in_slot)))
        waits = waits.where(~exists().where(known.c.dedupe_key == key)).group_by(g.channel, g.bot, g.chat)
        changed = {
            "payload_id": payload, "stops": func.trim(c.stops + literal(f" {letter.stops}", Words())),
            "fresh": literal(True, Flag) if letter.fresh else c.fresh, "case": letter.case or c.case,
        }  # fmt: skip
        connection.execute(update(LETTERS).where(c.id.in_(waits)).values(changed))
        taken_over = and_(same_chat, in_slot, c.payload_id == payload)
        # Their keys are kept with rows that stand for them; a key that is known already stays as it is.
        merged = _columns(letter, payload, now, Post.MERGED, key, c.lane, c.id)
        columns = select(*merged.values()).select_from(groups.join(LETTERS, taken_over)).where(there)
        connection.execute(unless_known(new_row(LETTERS).from_select(list(merged), columns)))
        new = ~exists().where(taken_over).correlate(groups)
        if not letter.fresh:
            shown = and_(SLOTS.c.channel == g.channel, SLOTS.c.bot == g.bot, SLOTS.c.chat == g.chat)
            source = groups.outerjoin(SLOTS, and_(shown, SLOTS.c.slot == letter.slot))
            lane = func.coalesce(SLOTS.c.lane, lane)
    values = _columns(letter, payload, now, Post.WAITING, key, lane, null())
    rows = select(*values.values()).select_from(source).where(new).order_by(g.place)
    connection.execute(unless_known(new_row(LETTERS).from_select(list(values), rows)))
    # For those too whose letter was taken over, and has its line already: a line too many is cleared away unasked.
    ready = select(g.channel, g.bot, g.chat, lane, literal(now, Utc())).select_from(source).where(there)
    ready = ready.order_by(g.channel, g.bot, g.chat)
    names = ["channel", "bot", "chat", "lane", "ready_at"]
    connection.execute(queued(new_row(QUEUE).from_select(names, ready)))


def _columns(
    letter: Letter, payload: int, now: datetime, state: Post, key: Any, lane: Any, merged_into: Any
) -> dict[str, Any]:
    names = ("channel", "bot", "chat")
    source = {name: literal_column(f"groups.{name}", Words()).label(name) for name in names}
    return source | {
        "lane": lane, "slot": literal(letter.slot, Words()), "fresh": literal(letter.fresh, Flag()),
        "state": literal(state.value, Words()), "due": literal(now, Utc()), "worker": literal("", Words()),
        "attempt": literal(0, Big), "dedupe_key": key, "payload_id": literal(payload, Big),
        "reply_to": literal("", Words()), "edits": literal("", Words()), "ref": literal("", Words()),
        "error": literal("", Words()), "case": literal(letter.case, Words()),
        "stops": literal(letter.stops, Words()), "merged_into": cast(merged_into, Big),
        "created_at": literal(now, Utc()),
    }  # fmt: skip


def _unfolded(connection: Connection, groups: Sequence[Address]) -> CTE:
    """The addresses as rows (channel, bot, chat, place), from one JSON parameter."""
    packed = bindparam("groups", [[to.channel, to.bot, to.chat] for to in groups], type_=Json())
    if connection.dialect.name == "sqlite":
        each = func.json_each(packed).table_valued("key", "value", name="each")
        parts = [func.json_extract(each.c.value, f"$[{n}]") for n in range(3)]
        place: ColumnElement[Any] = each.c.key
    else:
        elements = func.jsonb_array_elements(cast(packed, postgresql.JSONB))
        value = column("value", postgresql.JSONB)
        each = elements.table_valued(value, with_ordinality="place", name="each").render_derived()
        parts = [each.c.value[n].astext for n in range(3)]
        place = each.c.place
    channel, bot, chat = parts
    rows = select(channel.label("channel"), bot.label("bot"), chat.label("chat"), place.label("place"))
    return rows.cte("groups")
