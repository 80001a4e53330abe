"""Writing an Outcome: everything of it, once per cause, at the versions it was decided with, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, select, update

from bot.consent import Consent
from bot.messages import Address
from bot.outcome import Erasure, GroupChange, Link, Outcome, PhotoOrder, Position, PublicNote, Resident, Thread
from bot.store import (
    alert_rows,
    erasure,
    family_rows,
    groups,
    held,
    letters,
    misses,
    points,
    positions,
    prints,
    tenant_rows,
)
from bot.store.hook_letters import lay_aside, letters_of
from bot.store.inbox import DEALT_WITH
from bot.store.links import link_hash
from bot.store.private import DataKey, Keys
from bot.store.public_cases import note
from bot.store.ready import Both, Ready
from bot.store.rows import (
    Done,
    Stale,
    Values,
    case_values,
    clock_values,
    key_of,
    new_key,
    reach_values,
    resident_values,
    sealing,
    step_values,
    thread_values,
    user_index,
)
from bot.store.tables import CASE, CAUSE, CLOCKS, INBOX, LINK, MISS, PHOTO, REACH, RESIDENT, STEP, THREAD
from bot.tenancy import Tenancy
from routing.alert import Alert, AlertStep
from routing.case import Case, Step
from routing.sla import Clock


def _insert(table: Table) -> Ready:
    return Ready(Both(lambda insert: insert(table).inline().on_conflict_do_nothing()))


def _changing(table: Table, *keys: str) -> Ready:
    """UPDATE of the columns that are given, where the keys and the version are as they were read."""
    return Ready(update(table).where(and_(*[table.c[name] == bindparam(f"old_{name}") for name in (*keys, "version")])))


def _renewing(table: Table, *keys: str) -> Ready:
    """INSERT, or every column anew where the keys are there already."""

    def make(insert: Any) -> Any:
        new = insert(table).inline()
        columns = {column.name: new.excluded[column.name] for column in table.columns if column.name not in keys}
        if "version" in columns:
            columns["version"] = table.c.version + 1
        return new.on_conflict_do_update(index_elements=list(keys), set_=columns)

    return Ready(Both(make))


_NEW_RESIDENT, _NEW_THREAD, _NEW_CASE = _insert(RESIDENT), _insert(THREAD), _insert(CASE)
_RESIDENT, _THREAD, _CASE = _changing(RESIDENT, "id"), _changing(THREAD, "id"), _changing(CASE, "number")
_NEW_CLOCK, _CLOCK = _renewing(CLOCKS, "subject", "kind"), _changing(CLOCKS, "subject", "kind")
_NEW_STEP, _NEW_PHOTO = Ready(STEP.insert().inline()), _insert(PHOTO)
_LINK, REACHED = _renewing(LINK, "hash"), _renewing(REACH, "channel", "user_ix", "bot")
_CAUSE = _insert(CAUSE)
_IN_INBOX = Ready(select(INBOX.c.arrival).where(INBOX.c.cause == bindparam("its")))
_REPORTER = Ready(select(CASE.c.reporter).where(CASE.c.number == bindparam("its")))


def _count(insert: Any) -> Any:
    new = insert(MISS).inline()
    return new.on_conflict_do_update(
        index_elements=[MISS.c.words_ix], set_={"times": MISS.c.times + 1, "last_at": new.excluded.last_at}
    )


_MISS = Ready(Both(_count))


@dataclass(slots=True)
class Written:
    """What the processes' memories must learn of a commit once it is on disk."""

    keys: list[DataKey] = field(default_factory=list)  #: New data keys.
    groups: list[GroupChange] = field(default_factory=list)
    reached: list[tuple[str, str, Address]] = field(default_factory=list)  #: (channel, user id, where).


class Transaction:
    """One Outcome on its way into the database. Raises Done, Stale, or what the database raises; the caller's savepoint
    then takes everything back."""

    def __init__(self, connection: Connection, keys: Keys, house: DataKey, now: datetime) -> None:
        self.connection, self.keys, self.house, self.now = connection, keys, house, now
        self.written = Written()
        self._own: dict[str, DataKey | None] = {}

    def write(self, outcome: Outcome, render: letters.Render) -> Written:
        self._settle(outcome.cause)
        for cause in outcome.absorbs:
            DEALT_WITH.count(self.connection, {"its": cause})
        residents = {each.id: each for each in outcome.changes if isinstance(each, Resident)}
        threads = [each for each in outcome.changes if isinstance(each, Thread)]
        for thread in threads:
            if not thread.resident.version:
                residents.setdefault(thread.resident.id, thread.resident)
        cases = [each for each in outcome.changes if isinstance(each, Case)]
        for resident in residents.values():
            self._resident(resident)
        for thread in threads:
            self._thread(thread)
        for case in cases:
            self._case(case)
        self._steps(outcome.cause, outcome.steps, {case.number: case.reporter for case in cases})
        for alert in (each for each in outcome.changes if isinstance(each, Alert)):
            self._alert(alert)
        alert_steps = [each for each in outcome.changes if isinstance(each, AlertStep)]
        alert_rows.write_steps(self.connection, alert_steps, outcome.cause, self._key)
        self._clocks([each for each in outcome.changes if isinstance(each, Clock)])
        for change in outcome.changes:
            match change:
                case Link():
                    self._link(change)
                case PhotoOrder():
                    self._photo(change)
                case GroupChange():
                    groups.change(self.connection, self.keys, change, self.now)
                    self.written.groups.append(change)
                case Consent():
                    held.agree(self.connection, change)
                case Erasure():
                    erasure.ask(self.connection, change.resident, self.now)
                case PublicNote():
                    note(self.connection, change)
                case Tenancy():
                    self._tenancy(change)
                case Position():
                    positions.keep(self.connection, self.keys, change)
                case _:
                    pass  # Written above, in the order in which they refer to each other.
        points.write(self.connection, outcome)
        family_rows.write(self.connection, self.keys, outcome.changes)
        for words in outcome.misses:
            self._miss(words)
        for words in outcome.found:
            misses.found(self.connection, self.keys.blind("miss", words))
        events = letters_of(self.connection, outcome, self.now)
        told = (*outcome.letters, *events)
        if told or outcome.fanouts:
            letters.write(self.connection, told, outcome.fanouts, outcome.cause, self.now, render, self.house)
        if events:
            lay_aside(self.connection)
        return self.written

    def _settle(self, cause: str) -> None:
        """Marks the cause as dealt with. Raises Done when it was before."""
        if DEALT_WITH.count(self.connection, {"its": cause}):
            return
        if _IN_INBOX.first(self.connection, {"its": cause}) is not None:
            raise Done(cause)
        if not _CAUSE.count(self.connection, {"cause": cause, "at": self.now}):
            raise Done(cause)

    def _key(self, owner: str) -> DataKey | None:
        if owner not in self._own:
            self._own[owner] = key_of(self.connection, self.keys, owner)
        return self._own[owner]

    def _put(self, new: Ready, changing: Ready, values: Values, version: int, *keys: str) -> None:
        """Inserts a new row or updates the one of that version. Raises Stale when there is one, or no such one."""
        if version:
            given = {(f"old_{name}" if name in keys else name): value for name, value in values.items()}
            given["old_version"] = version
            done = changing.count(self.connection, given)
        else:
            done = new.count(self.connection, values)
        if not done:
            raise Stale(", ".join(str(values[name]) for name in keys) + f" is no longer at version {version}")

    def _resident(self, resident: Resident) -> None:
        if resident.version:
            key = self._key(resident.id)
        else:
            key = self._own[resident.id] = new_key(self.connection, self.keys, resident.id, self.now)
            self.written.keys.append(key)
        values = resident_values(resident, key, self.keys)
        self._put(_NEW_RESIDENT, _RESIDENT, values, resident.version, "id")
        if resident.private:
            user_ix = user_index(self.keys, resident.channel, resident.user_id)
            row = reach_values(resident.private, user_ix, self.house, self.keys, self.now)
            REACHED.count(self.connection, row)
            self.written.reached.append((resident.channel, resident.user_id, resident.private))

    def _thread(self, thread: Thread) -> None:
        values = thread_values(thread, self._key(thread.resident.id), self.keys)
        self._put(_NEW_THREAD, _THREAD, values, thread.version, "id")

    def _case(self, case: Case) -> None:
        self._put(_NEW_CASE, _CASE, case_values(case, self._key(case.reporter)), case.version, "number")

    def _alert(self, alert: Alert) -> None:
        owner = alert_rows.owner(alert.id)
        if not alert.version:
            key = self._own[owner] = new_key(self.connection, self.keys, owner, self.now)
            self.written.keys.append(key)
        elif alert.erased:
            alert_rows.forget(self.connection, self.keys, alert.id, self.now)
            self._own[owner] = None
        alert_rows.write(self.connection, alert, self._key(owner))

    def _tenancy(self, tenancy: Tenancy) -> None:
        owner = tenant_rows.owner(tenancy.id)
        if not tenancy.version:
            key = self._own[owner] = new_key(self.connection, self.keys, owner, self.now)
            self.written.keys.append(key)
        tenant_rows.put(self.connection, self.keys, tenancy, self._key(owner), self.now)

    def _steps(self, cause: str, steps: Iterable[Step], reporters: dict[str, str]) -> None:
        rows = []
        for position, step in enumerate(steps):
            if step.case not in reporters:
                row = _REPORTER.first(self.connection, {"its": step.case})
                if row is None:
                    raise Stale(f"{step.case} is no case")
                reporters[step.case] = row[0]
            rows.append(step_values(step, cause, position, self._key(reporters[step.case])))
            if step.photos:
                prints.link(self.connection, step.photos, step.case)
        _NEW_STEP.many(self.connection, rows)

    def _clocks(self, clocks: list[Clock]) -> None:
        _NEW_CLOCK.many(self.connection, [clock_values(clock) for clock in clocks if not clock.version])
        for clock in clocks:
            if clock.version:
                self._put(_NEW_CLOCK, _CLOCK, clock_values(clock), clock.version, "subject", "kind")

    def _link(self, link: Link) -> None:
        """A link that is there already gets the new `expires_at`: so a used one is closed."""
        hashed = link_hash(link.token)
        sealed = sealing(self._key(link.resident), "link|sealed", hashed.hex(), {"subject": link.subject})
        row = {"hash": hashed, "purpose": link.purpose, "sealed": sealed, "resident": link.resident}
        _LINK.count(self.connection, {**row, "expires_at": link.expires_at})

    def _photo(self, order: PhotoOrder) -> None:
        media, at = order.media, order.at
        sealed = {"chat": at.chat, "ref": media.ref, "unique": media.unique, "kept": media.kept}
        row = {
            "key": order.key,
            "channel": at.channel,
            "bot": at.bot,
            "kind": media.kind.value,
            "size": media.size,
            "case": order.case,
            "result": order.result,
            "sealed": self.house.seal("photo|sealed", order.key, sealed),
            "ordered_at": self.now,
            "state": "waiting",
        }
        _NEW_PHOTO.count(self.connection, row)

    def _miss(self, words: str) -> None:
        words_ix = self.keys.blind("miss", words)
        sealed = self.house.seal("miss|sealed", words_ix.hex(), {"words": words})
        row = {"words_ix": words_ix, "sealed": sealed, "times": 1, "first_at": self.now, "last_at": self.now}
        _MISS.count(self.connection, row)
