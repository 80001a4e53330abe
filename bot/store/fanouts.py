"""Fan-outs: one letter to many groups, expanded inside the database; paused, cancelled, taken back as a whole.

What goes out with a tag for a case (a ring of an alert, a correction, a recall) has one row in `fanout`. Whoever adds
to it, stops it or puts one of its letters back locks that row first: so nothing slips through between an order and a
call that fails at the same moment.
"""

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
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from bot.messages import Address, Fanout, FanoutOrder, FanoutVerb, Letter, Recall
from bot.store.columns import Big, Flag, Json, Utc, Words
from bot.store.letter_rows import (
    FANOUTS,
    IS_HELD,
    IS_RECALL,
    IS_WAITING,
    LETTERS,
    NEW_ROW,
    QUEUE,
    SLOTS,
    FanoutState,
    Post,
    Render,
    body_of,
    here,
    in_chat,
    queue_up,
    queued,
    unless_known,
)
from bot.store.private import DataKey
from bot.store.ready import Both, Ready

_ORDERS = {
    (FanoutState.RUNNING, FanoutVerb.PAUSE): FanoutState.PAUSED,
    (FanoutState.PAUSED, FanoutVerb.RESUME): FanoutState.RUNNING,
    (FanoutState.RUNNING, FanoutVerb.CANCEL): FanoutState.CANCELLED,
    (FanoutState.PAUSED, FanoutVerb.CANCEL): FanoutState.CANCELLED,
}

#: How a letter of such a fan-out stands while it has not left.
STANDS = {
    FanoutState.RUNNING: Post.WAITING,
    FanoutState.PAUSED: Post.HELD,
    FanoutState.CANCELLED: Post.WITHDRAWN,
    FanoutState.RECALLED: Post.WITHDRAWN,
}


def expand(
    connection: Connection, fanout: Fanout, base: str, now: datetime, render: Render, house: DataKey | None
) -> None:
    """Expands a fan-out inside the database: one payload, as many rows as there are groups."""
    letter, c, new_row = fanout.letter, LETTERS.c, NEW_ROW[connection.dialect.name]
    stands = STANDS[_opened(connection, letter.case)] if fanout.tag else Post.WAITING
    payload = body_of(connection, replace(letter, to=fanout.groups[0]), now, render, house)
    groups = _unfolded(connection, fanout.groups)
    g = groups.c
    key = _key(base, g)
    same_chat = and_(c.channel == g.channel, c.bot == g.bot, c.chat == g.chat)
    source: Any = groups
    lane: ColumnElement[int] = literal(int(letter.lane), Big)
    new = there = g.chat != literal_column("''")  # SQLite wants a WHERE before ON CONFLICT
    if letter.slot and stands is not Post.WITHDRAWN:
        unsent = IS_HELD if stands is Post.HELD else IS_WAITING
        in_slot = and_(c.slot == letter.slot, c.slot != literal_column("''"), unsent)
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
        merged = _columns(g, letter, fanout.tag, payload, now, Post.MERGED, key, lane=c.lane, merged_into=c.id)
        columns = select(*merged.values()).select_from(groups.join(LETTERS, taken_over)).where(there)
        connection.execute(unless_known(new_row(LETTERS).from_select(list(merged), columns)))
        new = ~exists().where(taken_over).correlate(groups)
        if not letter.fresh:
            source, lane = _with_lane(groups, lane, SLOTS.c.slot == letter.slot)
    values = _columns(g, letter, fanout.tag, payload, now, stands, key, lane=lane)
    rows = select(*values.values()).select_from(source).where(new).order_by(g.place)
    connection.execute(unless_known(new_row(LETTERS).from_select(list(values), rows)))
    if stands is Post.WAITING:
        # For those too whose letter was taken over, and has its line already: a line too many is cleared away unasked.
        ready = select(g.channel, g.bot, g.chat, lane, literal(now, Utc())).select_from(source).where(there)
        _line_up(connection, ready.order_by(g.channel, g.bot, g.chat))


def obey(connection: Connection, order: FanoutOrder, now: datetime) -> bool:
    """Pauses, resumes or cancels. Returns False when it stood so that the order changes nothing."""
    state = _ORDERS.get((_opened(connection, order.case), order.verb))
    if state is None:
        return False
    connection.execute(update(FANOUTS).where(FANOUTS.c.case == order.case).values(state=state))
    mine = _of(order.case)
    match state:
        case FanoutState.PAUSED:
            connection.execute(update(LETTERS).where(mine, IS_WAITING).values(state=Post.HELD))
        case FanoutState.CANCELLED:
            connection.execute(update(LETTERS).where(mine, or_(IS_WAITING, IS_HELD)).values(state=Post.WITHDRAWN))
        case _:
            c = LETTERS.c
            lines = select(c.channel, c.bot, c.chat, c.lane, literal(now, Utc())).where(mine, IS_HELD).distinct()
            _line_up(connection, lines.order_by(c.channel, c.bot, c.chat, c.lane))
            connection.execute(update(LETTERS).where(mine, IS_HELD).values(state=Post.WAITING))
    return True


def take_back(
    connection: Connection, recall: Recall, base: str, now: datetime, render: Render, house: DataKey | None
) -> None:
    """Withdraws what has not left, and writes a letter to every chat that was told, is being told or may have been:
    it changes what the slot shows there, and is no more than words where it shows nothing."""
    letter, c = recall.letter, LETTERS.c
    _opened(connection, letter.case)
    payload = body_of(connection, letter, now, render, house)
    recalled = {"state": FanoutState.RECALLED, "payload_id": payload, "tag": recall.tag}
    connection.execute(update(FANOUTS).where(FANOUTS.c.case == letter.case).values(recalled))
    mine, begin = and_(c.case == letter.case, c.tag != literal_column("''")), f"{base}:"
    unsent = and_(mine, or_(IS_WAITING, IS_HELD), func.substr(c.dedupe_key, 1, len(begin)) != begin)
    connection.execute(update(LETTERS).where(unsent).values(state=Post.WITHDRAWN))

    told = select(c.channel, c.bot, c.chat, c.slot, func.min(c.id).label("place"))
    told = told.where(mine, ~IS_RECALL, _TOLD).group_by(c.channel, c.bot, c.chat, c.slot)
    groups = told.cte("groups")
    g = groups.c
    source, lane = _with_lane(groups, literal(int(letter.lane), Big), SLOTS.c.slot == g.slot)
    key = _key(base, g) + literal(":", Words()) + g.slot
    values = _columns(g, letter, recall.tag, payload, now, Post.WAITING, key, lane=lane)
    values |= {"slot": g.slot, "recalls": literal(True, Flag())}
    there = g.chat != literal_column("''")
    rows = select(*values.values()).select_from(source).where(there).order_by(g.place)
    connection.execute(unless_known(NEW_ROW[connection.dialect.name](LETTERS).from_select(list(values), rows)))
    lines = select(c.channel, c.bot, c.chat, c.lane, literal(now, Utc())).where(
        c.payload_id == payload, mine, IS_WAITING
    )
    _line_up(connection, lines.order_by(c.channel, c.bot, c.chat, c.lane))


# --- asked when a letter of a fan-out is booked


def stands(connection: Connection, case: str) -> Post:
    """How a letter that is put back is to stand: WAITING, HELD or WITHDRAWN. No order changes that before this
    transaction ends."""
    found = _STATE.first(connection, {"of": case})
    return STANDS[FanoutState(found[0])] if found else Post.WAITING


def let_be(connection: Connection, to: Address, slot: str) -> None:
    """Withdraws a recall that waits although nothing of the slot arrived in this chat, or may have."""
    _LET_BE.count(connection, here(to) | {"at_slot": slot})


def taken_back_late(connection: Connection, row: Any, now: datetime) -> None:
    """A letter turns out to have arrived after its fan-out was taken back, and perhaps after the recall had come here
    and found nothing to change: another one follows."""
    found = _RECALL.first(connection, {"of": row.case})
    if found is None or _RECALL_WAITS.first(connection, here(_to(row)) | {"at_slot": row.slot}):
        return
    payload, tag = found
    again: dict[str, Any] = {
        "channel": row.channel, "bot": row.bot, "chat": row.chat, "slot": row.slot, "lane": row.lane, "fresh": False,
        "state": Post.WAITING, "due": now, "worker": "", "attempt": 0, "dedupe_key": f"late:{row.id}",
        "payload_id": payload, "reply_to": "", "edits": "", "ref": "", "error": "", "case": row.case, "stops": "",
        "merged_into": None, "tag": tag, "recalls": True, "created_at": now,
    }  # fmt: skip
    _NEW_LETTER.count(connection, again)
    queue_up(connection, [(row.channel, row.bot, row.chat, row.lane)], now)


# --- pieces


def _opened(connection: Connection, case: str) -> FanoutState:
    """The state of the case's fan-out, with its row locked."""
    return FanoutState(_OPEN.rows(connection, {"case": case, "state": FanoutState.RUNNING, "tag": ""})[0][0])


def _of(case: str) -> ColumnElement[bool]:
    """The letters that go out with a tag for the case, but no recall."""
    return and_(LETTERS.c.case == case, LETTERS.c.tag != literal_column("''"), ~IS_RECALL)


def _to(row: Any) -> Address:
    return Address(row.channel, row.bot, row.chat)


def _line_up(connection: Connection, lines: Any) -> None:
    names = ["channel", "bot", "chat", "lane", "ready_at"]
    connection.execute(queued(NEW_ROW[connection.dialect.name](QUEUE).from_select(names, lines)))


def _key(base: str, groups: Any) -> Any:
    colon = literal(":", Words())
    return literal(f"{base}:", Words()) + groups.channel + colon + groups.bot + colon + groups.chat


def _with_lane(groups: CTE, lane: ColumnElement[int], slot: ColumnElement[bool]) -> tuple[Any, ColumnElement[int]]:
    """The groups, and each one's lane: that of the message which is to be changed there, else the one given."""
    shown = [SLOTS.c[name] == groups.c[name] for name in ("channel", "bot", "chat")]
    return groups.outerjoin(SLOTS, and_(*shown, slot)), func.coalesce(SLOTS.c.lane, lane)


def _columns(
    groups: Any, letter: Letter, tag: str, payload: int, now: datetime, state: Post, key: Any, *, lane: Any,
    merged_into: Any = None,
) -> dict[str, Any]:  # fmt: skip
    source = {name: groups[name] for name in ("channel", "bot", "chat")}
    return source | {
        "lane": lane, "slot": literal(letter.slot, Words()), "fresh": literal(letter.fresh, Flag()),
        "state": literal(state.value, Words()), "due": literal(now, Utc()), "worker": literal("", Words()),
        "attempt": literal(0, Big), "dedupe_key": key, "payload_id": literal(payload, Big),
        "reply_to": literal("", Words()), "edits": literal("", Words()), "ref": literal("", Words()),
        "error": literal("", Words()), "case": literal(letter.case, Words()),
        "stops": literal(letter.stops, Words()),
        "merged_into": cast(null() if merged_into is None else merged_into, Big), "tag": literal(tag, Words()),
        "recalls": literal(False, Flag()), "created_at": literal(now, Utc()),
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


# --- statements, compiled once

_TOLD = or_(*(LETTERS.c.state == literal_column(f"'{state}'") for state in (Post.SENT, Post.UNKNOWN, Post.LEASED)))
_IN_SLOT = and_(
    in_chat(LETTERS), LETTERS.c.slot == bindparam("at_slot", type_=Words()), LETTERS.c.slot != literal_column("''")
)
_MINE = FANOUTS.c.case == bindparam("of", type_=Words())
_STATE = Ready(select(FANOUTS.c.state).where(_MINE).with_for_update(read=True))
_RECALL = Ready(
    select(FANOUTS.c.payload_id, FANOUTS.c.tag).where(_MINE, FANOUTS.c.state == literal_column("'recalled'"))
)
_RECALL_WAITS = Ready(select(LETTERS.c.id).where(_IN_SLOT, IS_WAITING, IS_RECALL).limit(1))
_NEW_LETTER = Ready(Both(lambda new: unless_known(new(LETTERS).inline())))


def _open(statement: Any) -> Any:
    return statement.on_conflict_do_update(index_elements=["case"], set_={"case": FANOUTS.c.case}).returning(
        FANOUTS.c.state
    )


_OPEN = Ready(Both(lambda new: _open(new(FANOUTS))), FANOUTS.c.state)


def _let_be() -> Any:
    told, c = LETTERS.alias("told"), LETTERS.c
    states = told.c.state.in_([literal_column(f"'{state}'") for state in (Post.SENT, Post.UNKNOWN, Post.LEASED)])
    same = [told.c[name] == c[name] for name in ("case", "channel", "bot", "chat", "slot")]
    arrived = exists().where(*same, told.c.tag != literal_column("''"), told.c.recalls == literal_column("0"), states)
    return update(LETTERS).where(_IN_SLOT, IS_WAITING, IS_RECALL, ~arrived).values(state=Post.WITHDRAWN)


_LET_BE = Ready(_let_be())
