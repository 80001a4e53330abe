"""What somebody takes out (JSON, PDF), and their erasure: rows, photos and keys together, whatever breaks between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import structlog

from bot.data_pdf import pdf
from bot.messages import Said, Words
from bot.outcome import Held, Resident
from bot.photos import PhotoGone
from bot.store import Store, erasure
from bot.store.held import held, whole
from bot.texts import Texts
from routing.case import Case, Step, Verb
from routing.sla import LOCAL

log = structlog.get_logger()

#: Pictures in a PDF at most; all are in the matters' pages and in the list of the JSON.
MOST_PICTURES = 40
#: Steps whose words were said by the person, or to them.
_THEIRS = frozenset({Verb.RECEIVE, Verb.DETAIL, Verb.FINISH, Verb.REOPEN, Verb.CONFIRM})


class Shelf(Protocol):
    """The photo store, as far as it is needed here."""

    async def read(self, key: str) -> bytes: ...
    async def delete(self, keys: Sequence[str]) -> int: ...
    async def names(self) -> list[str]: ...


class MyData:
    """Everything of one person at once. The chat and the pages call it."""

    def __init__(self, store: Store, photos: Shelf, texts: Texts, now: Callable[[], datetime]) -> None:
        self._store, self._photos, self._texts, self._now = store, photos, texts, now

    # --- taken out

    async def as_json(self, resident: str) -> bytes | None:
        """All of it for another program, UTF-8; None for nobody."""
        content = await self.everything(resident)
        return json.dumps(content, ensure_ascii=False, indent=2).encode() if content is not None else None

    async def as_pdf(self, resident: str, language: str) -> bytes | None:
        """All of it to be read by a person, with the pictures; None for nobody."""
        person, matters, found = await self._read(resident)
        if person is None:
            return None
        title, sections = self._told(person, matters, found, language)
        pictures = []
        for key in [key for case, _ in matters for key in case.photos if key.endswith(".jpg")][:MOST_PICTURES]:
            try:
                pictures.append(await self._photos.read(key))
            except PhotoGone:
                continue
        return await asyncio.to_thread(pdf, title, sections, pictures)

    async def everything(self, resident: str) -> dict[str, Any] | None:
        """The content of the JSON; None for nobody."""
        person, matters, found = await self._read(resident)
        if person is None:
            return None
        return {
            "made_at": self._now().isoformat(timespec="seconds"),
            "person": {
                "id": person.id, "app": person.channel, "user_id": person.user_id, "name": person.name,
                "language": person.language, "since": _instant(found.since),
            },
            "matters": [_matter(case, steps) for case, steps in matters],
            "consents": [
                {"purpose": each.purpose, "version": each.version, "text": self._text(each.purpose, each.version),
                 "at": _instant(each.at), "by": each.by, "withdrawn_at": _instant(each.withdrawn_at)}
                for each in found.consents
            ],
            "looked_at": [
                {"at": _instant(look.at), "by": self._role(look.by), "reason": look.reason} for look in found.looks
            ],
        }  # fmt: skip

    # --- erased

    async def erase(self, resident: str) -> bool:
        """Erases the person now: their pictures' files, their rows, their keys. False when there is no such one (any
        more). Broken off, it is done again from the beginning."""
        store, now = self._store, self._now()
        # Written down first: whoever is killed in the middle does it again.
        await store.db.write(lambda c: erasure.ask(c, resident, now))
        pictures = await store.db.read(lambda c: erasure.photos_of(c, store.keys, resident))
        gone = await self._photos.delete(pictures)
        done = await store.erase(resident)
        await store.db.fold()
        log.info("erased", resident=resident, photos=gone, done=done)
        return done

    async def erase_wanted(self) -> int:
        """Erases those who asked for it and have had their last letter. Returns how many."""
        store, now = self._store, self._now()
        found = await store.db.read(lambda c: erasure.wanted(c, store.keys, now))
        return sum([await self.erase(resident) for resident in found])

    async def erase_left_over(self) -> int:
        """Erases once more whom an older copy of the database brought back. Returns how many."""
        store, after, count = self._store, "", 0
        while True:
            gone, after = await store.db.read(partial(erasure.left_over, keys=store.keys, after=after))
            count += sum([await self.erase(resident) for resident in gone])
            if not after:
                return count

    # --- inside

    async def _read(self, resident: str) -> tuple[Resident | None, list[tuple[Case, list[Step]]], Held]:
        store = self._store
        person, matters = await store.db.read(lambda c: whole(c, store.keys, resident))
        found = await store.db.read(lambda c: held(c, store.keys, store.house, resident)) if person else Held()
        return person, matters, found

    def _text(self, purpose: str, version: int) -> str:
        return self._texts.say(f"consent.{purpose}.v{version}")

    def _role(self, person: str) -> str:
        known = self._store.directory.person(person)
        return str(known.role) if known else "staff"

    def _told(
        self, person: Resident, matters: list[tuple[Case, list[Step]]], found: Held, language: str
    ) -> tuple[str, list[tuple[str, list[str]]]]:
        def say(key: str, **params: Words) -> str:
            return self._texts.say(f"mydata.pdf.{key}", params, language)

        about = [
            say("name", name=person.name), say("app", app=person.channel, user_id=person.user_id),
            say("since", at=found.since) if found.since else "", say("made", at=self._now()),
        ]  # fmt: skip
        sections = [(say("about"), [line for line in about if line])]
        for case, steps in matters:
            kind = Said(f"kind.{case.category}") if case.category else Said("card.unsorted")
            lines = [say("state", state=Said(f"state.{case.state}")), say("place", place=case.place)]
            lines += [
                say("step", at=step.at, what=Said(f"web.desk.step.{step.verb}"), words=_words(step)) for step in steps
            ]
            sections.append((say("matter", number=case.shown, kind=kind), [line for line in lines if line]))
        looks = [say("look", at=look.at, who=Said("role.staff"), reason=look.reason) for look in found.looks] or [
            self._texts.say("mydata.nobody_looked", {}, language)
        ]
        given = [say("consent", at=each.at, text=self._text(each.purpose, each.version)) for each in found.consents]
        if given:
            sections.append((say("consents"), given))
        sections.append((say("looks"), looks))
        return say("title"), sections


def _matter(case: Case, steps: list[Step]) -> dict[str, Any]:
    return {
        "number": case.number, "reported_at": _instant(case.opened_at), "state": case.state, "kind": case.category,
        "urgency": case.urgency, "words": case.words, "place": case.place, "position": case.location,
        "result": case.result, "photos": [*case.photos, *case.result_photos],
        "steps": [{"at": _instant(step.at), "what": step.verb, "words": _words(step)} for step in steps],
    }  # fmt: skip


def _words(step: Step) -> str:
    """What was said by the person, or to them. Working notes of the staff may be about others."""
    return step.words if step.verb in _THEIRS else ""


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(LOCAL).isoformat(timespec="seconds") if at else None
