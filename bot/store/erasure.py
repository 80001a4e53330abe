"""Erasing a person: their key is destroyed everywhere, their words are overwritten, what remains names nobody.

Cases, clocks and points stay, without words: what was done has to be accounted for. Who writes again is somebody new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, and_, delete, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Address
from bot.store import family_rows, mall, tenant_rows, web_message
from bot.store.drawn import drawn
from bot.store.inbound_words import inbound_of
from bot.store.letter_rows import FILE_IDS, IS_LEASED, IS_WAITING, LETTERS, PAYLOADS, QUEUE, RATES, SLOTS, Post
from bot.store.meta import changed
from bot.store.personal_tables import ERASURE
from bot.store.private import HOUSE, Keys, Tampered, photo_name
from bot.store.rows import REACH_COLUMNS, chat_index, key_of, reach_of
from bot.store.shredding import cut_out, shred
from bot.store.tables import (
    CASE,
    INBOX,
    LINK,
    PERSON_KEY,
    PHOTO,
    PICTURE,
    PUBLIC_NOTE,
    REACH,
    RESIDENT,
    STEP,
    THREAD,
)
from bot.store.web_chat import MESSAGES

#: So long a last letter ("it will be erased") may still wait; then it is erased all the same.
PATIENCE = timedelta(minutes=10)
MOST = 50  #: Erasures at one look.
_PARKED = 1000  #: Parked messages that are looked through for the person's.
#: What is left of a letter.
_SILENT: dict[str, Any] = {"text": "", "buttons": [], "photos": [], "location": None}
_NOT_MOVING = ~or_(IS_WAITING, IS_LEASED)


@dataclass(frozen=True, slots=True)
class _Whose:
    """What belongs to the person."""

    resident: str
    channel: str
    user_id: str  #: Empty when their key is gone already.
    user_ix: bytes
    cases: tuple[str, ...]
    chats: tuple[Address, ...]  #: Where they were written to alone.


def ask(connection: Connection, resident: str, now: datetime) -> None:
    """Writes down that this person wants to be erased; `wanted` finds it. Twice is the same as once."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = insert(ERASURE).values(resident=resident, asked_at=now)
    connection.execute(row.on_conflict_do_nothing())


def wanted(connection: Connection, keys: Keys, now: datetime) -> list[str]:
    """Residents who want to be erased and to whom no letter is on its way (or who have waited for it long enough)."""
    open_ = select(ERASURE.c.resident, ERASURE.c.asked_at).where(ERASURE.c.done_at.is_(None))
    found = []
    for resident, asked_at in connection.execute(open_.order_by(ERASURE.c.asked_at).limit(MOST)):
        whose = _whose(connection, keys, resident)
        if whose is None or now - asked_at > PATIENCE or not _moving(connection, whose.chats):
            found.append(resident)
    return found


def left_over(connection: Connection, keys: Keys, after: str, most: int = 2_000) -> tuple[list[str], str]:
    """Residents whose key was cut out while their row still has it: an older copy of the database was put back. Looks
    at `most` rows behind the id `after`; returns them and the id to go on from ("" at the end)."""
    held = select(PERSON_KEY.c.id, PERSON_KEY.c.wrapped).join(RESIDENT, RESIDENT.c.id == PERSON_KEY.c.id)
    rows = connection.execute(
        held.where(PERSON_KEY.c.wrapped.is_not(None), PERSON_KEY.c.id > after).order_by(PERSON_KEY.c.id).limit(most)
    ).all()
    return [row.id for row in rows if keys.is_destroyed(row.id, row.wrapped)], rows[-1].id if len(rows) == most else ""


def photos_of(connection: Connection, keys: Keys, resident: str) -> list[str]:
    """The keys of the pictures that the person sent, and of those that show what was done about it."""
    whose = _whose(connection, keys, resident)
    if whose is None:
        return []
    mine, web = CASE.c.reporter == resident, whose.channel == "web" and whose.user_id
    rows = chain(
        connection.execute(select(CASE.c.photos).where(mine)),
        connection.execute(select(CASE.c.result_photos).where(mine)),
        connection.execute(select(STEP.c.photos).join(CASE, CASE.c.number == STEP.c.case).where(mine)),
        connection.execute(select(MESSAGES.c.photos).where(MESSAGES.c.author == whose.user_id)) if web else (),
    )
    ordered = connection.scalars(select(PHOTO.c.key).where(PHOTO.c.case.in_(whose.cases), PHOTO.c.case != ""))
    return list(dict.fromkeys([*(key for (keys_,) in rows for key in keys_ or ()), *ordered]))


def erase(connection: Connection, keys: Keys, resident: str, now: datetime) -> bool:
    """Erases the resident. Their pictures' files are deleted by whoever calls (`photos_of`, before). The key files
    follow once this is committed. False when there is no such resident, or not any more."""
    whose = _whose(connection, keys, resident)
    done = update(ERASURE).where(ERASURE.c.resident == resident, ERASURE.c.done_at.is_(None))
    connection.execute(done.values(done_at=now))
    if whose is None:
        return False
    pictures = photos_of(connection, keys, resident)
    _letters(connection, whose)
    _inbox(connection, keys, whose)
    _pictures(connection, whose, pictures, now)
    _cases(connection, whose)
    mall.forget(connection, resident)
    connection.execute(delete(LINK).where(LINK.c.resident == resident))
    family_rows.forget(connection, resident)
    tenant_rows.forget(connection, keys, resident, now)
    connection.execute(delete(REACH).where(REACH.c.channel == whose.channel, REACH.c.user_ix == whose.user_ix))
    for thread in connection.execute(select(THREAD.c.id, THREAD.c.private).where(THREAD.c.resident == resident)):
        silent: dict[str, Any] = {
            "sealed": None, "draft_until": None, "topic": "", "topic_until": None, "version": THREAD.c.version + 1,
        }  # fmt: skip
        if thread.private:  # The index of a chat is known again when the chat comes back.
            silent["chat_ix"] = drawn(16)
        connection.execute(update(THREAD).where(THREAD.c.id == thread.id).values(silent))
    nothing = {"user_ix": None, "sealed": None, "language": "", "version": RESIDENT.c.version + 1}
    connection.execute(update(RESIDENT).where(RESIDENT.c.id == resident).values(nothing))
    if whose.channel == "web" and whose.user_id:
        web_message.erase(connection, whose.user_id, now, keys)
    shred(connection, keys, resident, now)
    changed(connection, "reach")
    return True


def _whose(connection: Connection, keys: Keys, resident: str) -> _Whose | None:
    row = connection.execute(select(RESIDENT).where(RESIDENT.c.id == resident)).first()
    if row is None or row.user_ix is None:
        return None
    key, house = key_of(connection, keys, resident), key_of(connection, keys, HOUSE)
    words = key.open("resident|sealed", resident, row.sealed) if key and row.sealed else {}
    ways = select(*REACH_COLUMNS).where(REACH.c.channel == row.channel, REACH.c.user_ix == row.user_ix)
    chats = {reach_of(way, house) for way in connection.execute(ways)}
    talks = select(THREAD).where(THREAD.c.resident == resident, THREAD.c.private == 1)
    for talk in connection.execute(talks):
        said = key.open("thread|sealed", talk.id, talk.sealed) if key and talk.sealed else {}
        chats.add(Address(talk.channel, talk.bot, said.get("chat", "")))
    cases = connection.scalars(select(CASE.c.number).where(CASE.c.reporter == resident))
    return _Whose(
        resident, row.channel, words.get("user_id", ""), row.user_ix, tuple(cases),
        tuple(chat for chat in chats if chat.chat),
    )  # fmt: skip


def _here(table: Any, at: Address) -> Any:
    return and_(table.c.channel == at.channel, table.c.bot == at.bot, table.c.chat == at.chat)


def _moving(connection: Connection, chats: Iterable[Address]) -> bool:
    """Whether a letter waits for one of these chats or is on its way."""
    moving = (select(LETTERS.c.id).where(_here(LETTERS, at), or_(IS_WAITING, IS_LEASED)).limit(1) for at in chats)
    return any(connection.execute(one).first() for one in moving)


def _letters(connection: Connection, whose: _Whose) -> None:
    """Empties what was written to them, and what was written to anybody about their cases and has left; of their chat
    nothing is known any more but that letters went there."""
    theirs = LETTERS.c.case.in_(whose.cases) & (LETTERS.c.case != literal_column("''")) & _NOT_MOVING
    bodies = [theirs, *(_here(LETTERS, at) for at in whose.chats)]
    for some in bodies:
        its = select(LETTERS.c.payload_id).where(some)
        connection.execute(update(PAYLOADS).where(PAYLOADS.c.id.in_(its)).values(_SILENT))
    for at in whose.chats:
        never = update(LETTERS).where(_here(LETTERS, at), IS_WAITING)
        connection.execute(never.values(state=Post.GONE.value, error="erased"))
        nobody = f"erased-{drawn(8).hex()}"
        forgotten = {"chat": nobody, "reply_to": "", "edits": "", "ref": ""}
        connection.execute(update(LETTERS).where(_here(LETTERS, at)).values(forgotten))
        for table in (QUEUE, SLOTS):
            connection.execute(delete(table).where(_here(table, at)))
        connection.execute(delete(RATES).where(RATES.c.key == f"{at.channel}/{at.bot}/{at.chat}"))


def _inbox(connection: Connection, keys: Keys, whose: _Whose) -> None:
    """Drops what waits or is parked of theirs; that it came is still known by its id."""
    dropped = {"payload": None, "parked_at": None, "error": ""}
    chats = [chat_index(keys, at) for at in whose.chats]
    connection.execute(update(INBOX).where(INBOX.c.chat_ix.in_(chats), INBOX.c.payload.is_not(None)).values(dropped))
    house = key_of(connection, keys, HOUSE)
    if house is None or not whose.user_id:
        return
    parked = select(INBOX.c.cause, INBOX.c.payload).where(INBOX.c.parked_at.is_not(None))
    for cause, payload in connection.execute(parked.limit(_PARKED)).all():
        try:
            sender = inbound_of(house.open("inbox|payload", cause, payload)).sender
        except (Tampered, LookupError, TypeError, ValueError, ArithmeticError):
            continue
        if sender and sender.user_id == whose.user_id and cause.startswith(f"{whose.channel}:"):
            connection.execute(update(INBOX).where(INBOX.c.cause == cause).values(dropped))


def _pictures(connection: Connection, whose: _Whose, pictures: Sequence[str], now: datetime) -> None:
    connection.execute(delete(PICTURE).where(PICTURE.c.key.in_(pictures)))
    connection.execute(delete(FILE_IDS).where(FILE_IDS.c.key.in_(pictures)))
    mine = (PHOTO.c.key.in_(pictures)) | ((PHOTO.c.case.in_(whose.cases)) & (PHOTO.c.case != ""))
    connection.execute(update(PHOTO).where(mine).values(state="refused", sealed=None))
    cut_out(connection, map(photo_name, pictures), now)


def _cases(connection: Connection, whose: _Whose) -> None:
    """Their words are overwritten; that there was such a case, where it went and when, stays."""
    nothing: dict[str, Any] = {"sealed": b"", "photos": [], "result_photos": [], "version": CASE.c.version + 1}
    connection.execute(update(CASE).where(CASE.c.reporter == whose.resident).values(nothing))
    connection.execute(update(STEP).where(STEP.c.case.in_(whose.cases)).values(sealed=None, photos=[]))
    connection.execute(delete(PUBLIC_NOTE).where(PUBLIC_NOTE.c.case.in_(whose.cases)))
