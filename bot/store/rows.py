"""From rows to the rules' dataclasses and back: sealing on the way in, opening on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bot.messages import Address, Media, MediaKind
from bot.outcome import Asking, Draft, Resident, Thread
from bot.store.columns import instant, micros
from bot.store.private import HOUSE, DataKey, Keys, opened
from bot.store.ready import Both, Ready
from bot.store.tables import CASE, CLOCKS, PERSON_KEY, REACH, RESIDENT, STEP, THREAD
from routing.case import Case, State, Step, Verb
from routing.sla import Clock, ClockKind

Values = dict[str, Any]


class Stale(Exception):
    """Something was changed since it was read; nothing was written. Look again and decide again."""


class Done(Exception):
    """This cause was dealt with before; nothing was written. Nothing is left to do."""


# --- keys

_WRAPPED = Ready(select(PERSON_KEY.c.wrapped).where(PERSON_KEY.c.id == bindparam("owner")))
_NEW_KEY = Ready(Both(lambda insert: insert(PERSON_KEY).inline().on_conflict_do_nothing()))


def key_of(connection: Connection, keys: Keys, owner: str) -> DataKey | None:
    """The owner's data key; None when it was destroyed or never was."""
    key = keys.known(owner)
    if key is None:
        key = keys.unwrap(owner, row[0]) if (row := _WRAPPED.first(connection, {"owner": owner})) else None
    return key


def new_key(connection: Connection, keys: Keys, owner: str, now: datetime) -> DataKey:
    """Makes the owner's key. Raises Stale when the owner has one already."""
    key, wrapped = keys.fresh(owner)
    if not _NEW_KEY.count(connection, {"id": owner, "wrapped": wrapped, "created_at": now}):
        raise Stale(f"{owner} has a key already")
    return key


def house_key(connection: Connection, keys: Keys, now: datetime) -> DataKey:
    """The house's key, made when there is none yet."""
    key = key_of(connection, keys, HOUSE)
    return key or new_key(connection, keys, HOUSE, now)


def sealing(key: DataKey | None, place: str, row: str, value: Any) -> bytes:
    """Returns the value sealed. Under a destroyed key nothing is kept: an empty value stands for it."""
    return b"" if key is None else key.seal(place, row, value)


def _opened(key: DataKey | None, place: str, row: str, sealed: bytes | None) -> dict[str, Any]:
    return opened(key, place, row, sealed or None)


# --- addresses and blind indexes


def user_index(keys: Keys, channel: str, user_id: str) -> bytes:
    return keys.blind("user", channel, user_id)


def chat_index(keys: Keys, at: Address) -> bytes:
    return keys.chat_index(at.channel, at.bot, at.chat)


def media_words(media: Sequence[Media]) -> list[list[Any]]:
    return [[one.kind.value, one.ref, one.unique, one.size, one.kept] for one in media]


def media_of(words: Sequence[Sequence[Any]]) -> tuple[Media, ...]:
    return tuple(Media(MediaKind(kind), *rest) for kind, *rest in words)


# --- residents and threads

#: In this order, each resident with the newest (or the asked bot's) private way to write to them.
RESIDENT_COLUMNS = (
    RESIDENT.c.id,
    RESIDENT.c.channel,
    RESIDENT.c.sealed,
    RESIDENT.c.language,
    RESIDENT.c.version,
    PERSON_KEY.c.wrapped,
)
THREAD_COLUMNS = (
    THREAD.c.id,
    THREAD.c.channel,
    THREAD.c.bot,
    THREAD.c.chat,
    THREAD.c.private,
    THREAD.c.sealed,
    THREAD.c.topic,
    THREAD.c.topic_until,
    THREAD.c.handed_to,
    THREAD.c.handed_case,
    THREAD.c.offered_until,
    THREAD.c.version,
)
REACH_COLUMNS = (REACH.c.channel, REACH.c.user_ix, REACH.c.bot, REACH.c.sealed)


def resident_of(row: Sequence[Any], keys: Keys, private: Address | None = None) -> Resident:
    """`row` in the order of RESIDENT_COLUMNS."""
    id_, channel, sealed, language, version, wrapped = row
    words = _opened(keys.unwrap(id_, wrapped), "resident|sealed", id_, sealed)
    return Resident(id_, channel, words.get("user_id", ""), words.get("name", ""), language, private, version)


def resident_values(resident: Resident, key: DataKey | None, keys: Keys) -> Values:
    sealed = {"user_id": resident.user_id, "name": resident.name}
    return {
        "id": resident.id,
        "channel": resident.channel,
        "user_ix": user_index(keys, resident.channel, resident.user_id),
        "sealed": sealing(key, "resident|sealed", resident.id, sealed),
        "language": resident.language,
        "version": resident.version + 1,
    }


def thread_of(row: Sequence[Any], resident: Resident, key: DataKey | None) -> Thread:
    """`row` in the order of THREAD_COLUMNS; `key` is the resident's."""
    id_, channel, bot, chat, private, sealed, topic, topic_until, handed_to, handed_case, offered, version = row
    words = _opened(key, "thread|sealed", id_, sealed)
    draft = words.get("draft")
    return Thread(
        id_,
        Address(channel, bot, words.get("chat", "") if private else chat),
        resident,
        private,
        draft_of(draft) if draft else None,
        topic,
        topic_until,
        handed_to,
        handed_case,
        offered,
        version,
    )


def thread_values(thread: Thread, key: DataKey | None, keys: Keys) -> Values:
    sealed: Values = {}
    if thread.private:
        sealed["chat"] = thread.at.chat
    if thread.draft:
        sealed["draft"] = draft_words(thread.draft)
    return {
        "id": thread.id,
        "channel": thread.at.channel,
        "bot": thread.at.bot,
        "chat": None if thread.private else thread.at.chat,
        "chat_ix": chat_index(keys, thread.at),
        "resident": thread.resident.id,
        "private": thread.private,
        "sealed": sealing(key, "thread|sealed", thread.id, sealed) if sealed else None,
        "draft_until": thread.draft.until if thread.draft else None,
        "topic": thread.topic,
        "topic_until": thread.topic_until,
        "handed_to": thread.handed_to,
        "handed_case": thread.handed_case,
        "offered_until": thread.offered_until,
        "version": thread.version + 1,
    }


def draft_words(draft: Draft) -> Values:
    return {
        "until": micros(draft.until),
        "case": draft.case,
        "asking": draft.asking.value,
        "text": draft.text,
        "media": media_words(draft.media),
        "message_id": draft.message_id,
        "choices": draft.choices,
    }


def draft_of(words: Values) -> Draft:
    return Draft(
        instant(words["until"]),
        words["case"],
        Asking(words["asking"]),
        words["text"],
        media_of(words["media"]),
        words["message_id"],
        tuple(words["choices"]),
    )


def reach_of(row: Sequence[Any], house: DataKey | None) -> Address:
    """`row` in the order of REACH_COLUMNS."""
    channel, user_ix, bot, sealed = row
    words = _opened(house, "reach|sealed", f"{channel}|{bot}|{user_ix.hex()}", sealed)
    return Address(channel, bot, words.get("chat", ""))


def reach_values(at: Address, user_ix: bytes, house: DataKey, keys: Keys, now: datetime) -> Values:
    return {
        "channel": at.channel,
        "user_ix": user_ix,
        "bot": at.bot,
        "chat_ix": chat_index(keys, at),
        "sealed": house.seal("reach|sealed", f"{at.channel}|{at.bot}|{user_ix.hex()}", {"chat": at.chat}),
        "since": now,
    }


# --- cases

CASE_COLUMNS = (
    CASE.c.number,
    CASE.c.state,
    CASE.c.reporter,
    CASE.c.thread,
    CASE.c.message,
    CASE.c.opened_at,
    CASE.c.sealed,
    CASE.c.category,
    CASE.c.category_sure,
    CASE.c.urgency,
    CASE.c.private,
    CASE.c.grid,
    CASE.c.platform,
    CASE.c.unit,
    CASE.c.holder,
    CASE.c.asked,
    CASE.c.reason,
    CASE.c.photos,
    CASE.c.result_photos,
    CASE.c.joined_to,
    CASE.c.resembles,
    CASE.c.version,
    PERSON_KEY.c.wrapped,
)
#: Cases with the key of their reporter.
CASES = select(*CASE_COLUMNS).join_from(CASE, PERSON_KEY, CASE.c.reporter == PERSON_KEY.c.id)


def case_of(row: Sequence[Any], keys: Keys) -> Case:
    """`row` in the order of CASE_COLUMNS."""
    number, state, reporter, thread, message, opened_at, sealed, category, sure, urgency, private, *rest = row
    grid, platform, unit, holder, asked, reason, photos, result_photos, joined_to, resembles, version, wrapped = rest
    words = _opened(keys.unwrap(reporter, wrapped), "cases|sealed", number, sealed)
    location = words.get("location")
    return Case(
        number=number,
        state=State(state),
        reporter=reporter,
        thread=thread,
        message=message,
        opened_at=opened_at,
        words=words.get("words", ""),
        category=category,
        category_sure=sure,
        urgency=urgency,
        private=private,
        place=words.get("place", ""),
        address_id=words.get("address_id", ""),
        grid=grid,
        location=(location[0], location[1]) if location else None,
        platform=platform,
        unit=unit,
        holder=holder,
        asked=tuple(asked),
        reason=reason,
        photos=tuple(photos),
        result=words.get("result", ""),
        result_photos=tuple(result_photos),
        joined_to=joined_to,
        resembles=resembles,
        version=version,
    )


def case_values(case: Case, key: DataKey | None) -> Values:
    sealed = {
        "words": case.words,
        "place": case.place,
        "address_id": case.address_id,
        "location": case.location,
        "result": case.result,
    }
    return {
        "number": case.number,
        "state": case.state.value,
        "reporter": case.reporter,
        "thread": case.thread,
        "message": case.message,
        "opened_at": case.opened_at,
        "sealed": sealing(key, "cases|sealed", case.number, sealed),
        "category": case.category,
        "category_sure": case.category_sure,
        "urgency": case.urgency,
        "private": case.private,
        "grid": case.grid,
        "platform": case.platform,
        "unit": case.unit,
        "holder": case.holder,
        "asked": case.asked,
        "reason": case.reason,
        "photos": case.photos,
        "result_photos": case.result_photos,
        "joined_to": case.joined_to,
        "resembles": case.resembles,
        "version": case.version + 1,
    }


STEP_COLUMNS = (
    STEP.c.cause,
    STEP.c.position,
    STEP.c.case,
    STEP.c.verb,
    STEP.c.at,
    STEP.c.by,
    STEP.c.sealed,
    STEP.c.photos,
    STEP.c.to,
)


def step_of(row: Sequence[Any], key: DataKey | None) -> Step:
    """`row` in the order of STEP_COLUMNS; `key` is the reporter's."""
    cause, position, case, verb, at, by, sealed, photos, to = row
    words = _opened(key, "step|sealed", f"{cause}#{position}", sealed)
    return Step(case, Verb(verb), at, by, words.get("words", ""), tuple(photos), to)


def step_values(step: Step, cause: str, position: int, key: DataKey | None) -> Values:
    sealed = sealing(key, "step|sealed", f"{cause}#{position}", {"words": step.words}) if step.words else None
    return {
        "cause": cause,
        "position": position,
        "case": step.case,
        "verb": step.verb.value,
        "at": step.at,
        "by": step.by,
        "sealed": sealed,
        "photos": step.photos,
        "to": step.to,
    }


CLOCK_COLUMNS = (
    CLOCKS.c.subject,
    CLOCKS.c.kind,
    CLOCKS.c.started_at,
    CLOCKS.c.due_at,
    CLOCKS.c.promised_at,
    CLOCKS.c.rung,
    CLOCKS.c.paused_at,
    CLOCKS.c.stopped_at,
    CLOCKS.c.breached_at,
    CLOCKS.c.version,
)


def clock_of(row: Sequence[Any]) -> Clock:
    """`row` in the order of CLOCK_COLUMNS."""
    subject, kind, *rest = row
    return Clock(subject, ClockKind(kind), *rest)


def clock_values(clock: Clock) -> Values:
    return {
        "subject": clock.subject,
        "kind": clock.kind.value,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "promised_at": clock.promised_at,
        "rung": clock.rung,
        "paused_at": clock.paused_at,
        "stopped_at": clock.stopped_at,
        "breached_at": clock.breached_at,
        "version": clock.version + 1,
    }
