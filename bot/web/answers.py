"""The desk's page of answers: what was asked without one, the day's reports by topic, and a form for a new answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from bot.desks.permits import covers, rights_of
from bot.faq_file import COLUMNS, LATER, entry_faults, entry_of
from bot.misses import DAYS, day_of, missed
from bot.store import Store
from bot.web.forms import read_form
from bot.web.pages import Pages
from bot.web.readers import Cookies, Door, Visitor, is_ours
from nlu.audience import Audience
from nlu.lexical import Background
from routing.directory import Area, AreaKind, Person
from routing.sla import LOCAL

#: Whose work the answers are. To all others there is no such page.
WRITERS = ("desk", "author", "admin")
#: Who reads reports as well. They are residents' own words: to write answers nobody needs them.
READERS = ("desk", "admin")
MOST = 500  #: Different questions that are looked at; more of them are for the command.
SHOWN = 20  #: Groups and topics on the page.
PHRASINGS = 5  #: Of a group's questions, put into the form.
MOST_GRIDS = 200  #: In a larger street only communities can be chosen here.


class AnswerPages:
    """`/answers` to look, and to post a new answer to."""

    def __init__(
        self,
        store: Store,
        pages: Pages,
        cookies: Cookies,
        door: Door,
        now: Callable[[], datetime],
        background: Background | None = None,
    ) -> None:
        self._store, self._pages, self._cookies, self._door = store, pages, cookies, door
        self._now, self._background = now, background

    def routes(self) -> list[web.RouteDef]:
        here = f"{self._door.prefix}/answers"
        return [web.get(here, self.look), web.post(here, self.add)]

    async def look(self, request: web.Request) -> web.Response:
        visitor = await self._writer(request)
        return await self._page(request, visitor, done=request.query.get("done", "") in self._store.faq)

    async def add(self, request: web.Request) -> web.Response:
        """A new answer, or another wording of one: in use within a second, and its questions count no more."""
        visitor = await self._writer(request)
        form = await read_form(request)
        if not is_ours(request, form.get("proof")):
            raise web.HTTPForbidden
        written = {name: form.get(name) for name in (*COLUMNS, *LATER)}
        written["phrasings"] = "|".join(form.get("phrasings").splitlines())
        faults: list[str] = []
        written |= self._kept(written)
        entry = entry_of(written, faults.append)
        faults += entry_faults(entry)
        if faults or (entry.area and self._store.directory.area(entry.area) is None):
            return await self._page(request, visitor, wrong=True, written=written, status=422)
        person = self._person(visitor)
        await self._store.faq_put([entry], person.id if person else visitor.user_id)
        raise web.HTTPSeeOther(f"{self._cookies.reader(request).base}/answers?done={entry.id}")

    def _kept(self, written: dict[str, str]) -> dict[str, str]:
        """What the form does not show of an entry that is there already stays; an English answer only beside the words
        that it is a translation of. How people ask grows: nothing is forgotten unseen."""
        known = self._store.faq.get(written["id"])
        if known is None:
            return {}
        kept = {
            "phrasings": "|".join(dict.fromkeys((*known.phrasings, *filter(None, written["phrasings"].split("|"))))),
            "valid_from": known.valid_from.isoformat() if known.valid_from else "",
            "instead_of": known.instead_of,
        }
        if written["answer"].strip() == known.answer.strip():
            kept |= {"title_en": known.title_en, "answer_en": known.answer_en}
        return kept

    async def _writer(self, request: web.Request) -> Visitor:
        visitor = await self._door.visitor(request)
        if visitor.role not in WRITERS:
            raise web.HTTPNotFound
        return visitor

    def _person(self, visitor: Visitor) -> Person | None:
        """Who this is in the directory, by the desk's sign-in or by their account in the chat."""
        directory = self._store.directory
        return directory.person(visitor.person or None) or directory.person_by_user("web", visitor.user_id)

    async def _page(
        self,
        request: web.Request,
        visitor: Visitor,
        *,
        done: bool = False,
        wrong: bool = False,
        written: dict[str, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        await self._store.look()
        now = self._now()
        today = now.astimezone(LOCAL).date()
        found = await missed(self._store, now - timedelta(days=DAYS), self._background, MOST)
        person, directory = self._person(visitor), self._store.directory
        day = None
        if visitor.role in READERS and person is not None:
            day = await day_of(self._store, today, self._background, lambda grid: covers(person, grid, directory))
        return self._pages.page(
            "answers.html",
            self._cookies.reader(request),
            status=status,
            now=now,
            rights=rights_of(person) if person is not None else frozenset(),
            signed_in=bool(visitor.person),
            today=today.isoformat(),
            days=str(DAYS),
            missed=found[:SHOWN],
            phrasings=PHRASINGS,
            topics=[topic for topic in day.topics if topic.name][:SHOWN] if day else None,
            texts=day.texts if day else (),
            private=str(day.private) if day else "0",
            areas=self._areas(),
            audiences=[each.value for each in Audience if each],
            done=done,
            wrong=wrong,
            written=written or {},
        )

    def _areas(self) -> list[Area]:
        kinds = {AreaKind.COMMUNITY, AreaKind.GRID}
        found = [area for area in self._store.directory.areas.values() if area.kind in kinds]
        if len(found) > MOST_GRIDS:
            found = [area for area in found if area.kind is AreaKind.COMMUNITY]
        return sorted(found, key=lambda area: area.code)
