"""One case on the desk's page: its thread, its clocks, why it went where it is; and the buttons, pressed once each."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Protocol

import structlog
from aiohttp import web

from bot.desks.clicks import Act, Click, Refused, acts, clicked
from bot.desks.dispatching import source_of
from bot.desks.permits import Right, rights_on
from bot.messages import Address
from bot.outcome import Outcome, Scene
from bot.photos import PhotoGone
from bot.route_words import explain, recorded, sentences
from bot.store import Done, Stale, Store, accounts_audit, desk_cases
from bot.store.accounts_audit import LIFTED, Deed
from bot.store.desk_cases import SentLetter
from bot.store.public_cases import published_note
from bot.web.console.book import write_down
from bot.web.console.choices import kinds, places
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.postbox import typed
from bot.web.readers import Cookies
from nlu.masks import mask
from routing import callback
from routing.accused import accused
from routing.callback import Ask, unanswered
from routing.case import Case, State, Step, Verb
from routing.directory import Directory, Person, Role
from routing.duplicates import may_join
from routing.sla import PROMISED, light

log = structlog.get_logger()

#: The same click against changed rows, before it counts as failed.
LOOKS = 8
NEAR = 12  #: Cases of the same grid that are offered to be joined to.
LETTERS = 30  #: Of the newest that are shown.
MOST_PEOPLE = 400  #: To choose from when a case is sent on.
_WORKS = (Role.CADRE, Role.PATROL, Role.UNIT, Role.DESK, Role.LEADER)
_LATE = "late"


class PhotoShelf(Protocol):
    """Gives photos back."""

    async def read(self, key: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """One step of the thread."""

    step: Step
    side: str  #: "resident", "staff" or "house".
    who: str  #: Name of a person; empty for others.
    whom: str  #: To whom it went.
    told: tuple[callback.Told, ...] = ()  #: What the call-back wrote down.


class Casework:
    """Shows a case, and does to it what was pressed."""

    def __init__(
        self,
        store: Store,
        photos: PhotoShelf,
        pages: Pages,
        cookies: Cookies,
        now: Callable[[], datetime],
        committed: Callable[[Outcome], None],
    ) -> None:
        self._store, self._photos, self._pages, self._cookies = store, photos, pages, cookies
        self._now, self._committed = now, committed

    async def show(self, visit: Visit) -> web.Response:
        return await self._page(visit, said=visit.request.query.get("said", ""))

    async def photo(self, visit: Visit) -> web.Response:
        """A photo of this case, and of no other."""
        assert visit.scene is not None
        key = visit.request.match_info["key"]
        if key not in _photos(visit.scene):
            raise web.HTTPNotFound
        # The browser keeps it, and asks each time whether it may show it: a photo never changes, who sits there does.
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{key}"', "Content-Disposition": "inline"}
        if visit.request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        try:
            body = await self._photos.read(key)
        except PhotoGone:
            raise web.HTTPNotFound from None
        kind = "audio/ogg" if key.endswith(".ogg") else "image/jpeg"
        return web.Response(body=body, content_type=kind, headers=headers)

    async def act(self, visit: Visit) -> web.StreamResponse:
        """A button was pressed. The same form twice is one click."""
        act, number = Act(visit.request.path.rpartition("/")[2]), visit.request.match_info["number"]
        key, words = visit.form.get("key"), mask(typed(visit.form.get("words")))
        to, area = visit.form.get("to").strip()[:100], visit.form.get("area").strip()[:100] if act is Act.SORT else ""
        told = {f"ask-{ask}": mask(typed(visit.form.get(f"ask-{ask}"))) for ask in Ask if act is Act.ANSWER}
        if told:
            words = callback.written({ask: told[f"ask-{ask}"] for ask in Ask})
        if act is Act.JOIN:  # What was typed says more than what was picked before.
            typed_in = visit.form.get("other").strip() or to
            to = "".join(char for char in typed_in[:12] if char in "123456789")
        if not 32 <= len(key) <= 64:
            raise web.HTTPBadRequest
        token = sha256("\x1f".join((key, visit.person, number, act, to, area, words)).encode()).hexdigest()[:40]
        try:
            await self._press(Click(token, visit.person, act, words, to, area), number)
        except Refused as refused:
            return await self._page(
                visit,
                wrong=refused.reason,
                kept={act.value: words if act is Act.SORT else words or to, "to": to, "area": area, **told},
            )
        cases = f"{self._cookies.reader(visit.request).base}/desk/cases"
        if act is Act.SORT and not await self._sees(visit, number):
            raise web.HTTPSeeOther(f"{cases}?moved=1")
        raise web.HTTPSeeOther(f"{cases}/{number}?said={act}#said")

    async def unmask(self, visit: Visit) -> web.StreamResponse:
        """Who reported it, for a reason that is written down; for a quarter of an hour."""
        number, reason = visit.request.match_info["number"], mask(typed(visit.form.get("words")))[:500]
        if len(reason) < 2:
            return await self._page(visit, wrong="reason")
        assert visit.scene is not None and visit.scene.case is not None
        about = visit.scene.case.reporter
        await write_down(self._store, visit.person, Deed.UNMASK, number, self._now(), reason, about)
        back = f"{self._cookies.reader(visit.request).base}/desk/cases/{number}"
        raise web.HTTPSeeOther(f"{back}?said=unmask#reporter")

    # --- inside

    async def _sees(self, visit: Visit, number: str) -> bool:
        """Whether this operator still has a page of the case: it may lie elsewhere now, or be about them."""
        case = (await self._store.scene_for_case(number)).case
        return case is not None and bool(rights_on(visit.operator.person, case, self._store.directory))

    async def _press(self, click: Click, number: str) -> None:
        """Decides and commits, like any message. A row that changed meanwhile is looked at again."""
        for _ in range(LOOKS):
            scene = await self._store.scene_for_case(number, person=click.person, other=click.to)
            try:
                outcome = clicked(click, scene, self._store.directory, self._now())
                await self._store.commit(outcome)
            except Stale:
                continue
            except Done:
                return
            except Refused:
                if await self._store.db.read(lambda c: desk_cases.was_done(c, click.cause)):
                    return  # Pressed twice: the first one did it.
                raise
            self._committed(outcome)
            log.info("outcome", cause=outcome.cause, desk=outcome.note, case=number, letters=len(outcome.letters))
            return
        raise Stale(f"{click.cause}: changed {LOOKS} times while it was decided")

    async def _page(
        self, visit: Visit, *, said: str = "", wrong: str = "", kept: dict[str, str] | None = None
    ) -> web.Response:
        scene, now, number = visit.scene, self._now(), visit.request.match_info["number"]
        if wrong:
            scene = await self._store.scene_for_case(number, person=visit.person)
        assert scene is not None and scene.case is not None
        case, directory, since = scene.case, self._store.directory, now - LIFTED
        letters = await self._store.db.read(lambda c: desk_cases.letters_of(c, self._store.house, number, LETTERS))
        lifted = Right.UNMASK in visit.rights and await self._store.db.read(
            lambda c: accounts_audit.unmasked(c, number, visit.person, since)
        )
        may = acts(scene, visit.person, directory)
        clocks = [clock for clock in scene.clocks if clock.kind in PROMISED]
        running = [clock for clock in clocks if clock.stopped_at is None]
        urgent = min(running, key=lambda clock: clock.promised_at, default=None)
        talk, reader = scene.reporter, self._cookies.reader(visit.request)
        return self._pages.page(
            "console/case.html",
            reader,
            status=200 if not wrong else 409 if wrong == _LATE else 422,
            visit=visit,
            now=now,
            case=case,
            acts=[act.value for act in may],
            key=secrets.token_hex(16),
            clocks=[(clock, light(clock, now)) for clock in clocks],
            next=urgent,
            light=light(urgent, now) if urgent else None,
            steps=[_shown(step, scene, directory) for step in scene.steps],
            photos=_photos(scene),
            holder=directory.person(case.holder or None),
            unit=directory.unit(case.unit or None),
            area=directory.area(case.grid or None),
            community=directory.community_of(case.grid or None),
            talk=talk,
            talks=directory.person(talk.handed_to or None) if talk else None,
            source=self._source(scene, directory),
            reporter=talk.resident if talk and lifted else None,
            lifted=lifted,
            may_unmask=Right.UNMASK in visit.rights,
            letters=[(self._to(letter, scene, directory), letter) for letter in letters],
            near=await self._near(visit, case) if Act.JOIN in may else (),
            joined=[each.case for each in scene.joined],
            asks=[ask.value for ask in unanswered(case, scene.steps)] if Act.ANSWER in may else (),
            people=self._people(case, directory, now) if Act.ROUTE in may else (),
            kinds=kinds() if Act.SORT in may else {},
            places=places(visit.operator.person, directory) if Act.SORT in may else (),
            why=self._why(scene, reader.language),
            changed=await self._store.changed_after(case.opened_at),
            then=recorded(case.reason, directory, self._pages.texts, reader.language),
            published=await self._published(number) if Act.PUBLISH in may else "",
            said=said if said in {*(act.value for act in Act), "unmask"} else "",
            wrong=wrong,
            kept=kept or {},
        )

    def _why(self, scene: Scene, language: str) -> list[str]:
        """Who is asked first about such a matter at that hour, and why, by the rules and the directory of today. (What
        was decided then stands in the case, as one line.)"""
        case, store = scene.case, self._store
        assert case is not None
        source = source_of(scene.reporter.at) if scene.reporter else ""
        fresh = replace(case, asked=(), holder="", state=State.RECEIVED)
        found = explain(fresh, store.directory, store.reach, case.opened_at, scene.rules, source)
        return sentences(found, scene.rules, store.directory, self._pages.texts, language, codes=False)

    async def _near(self, visit: Visit, case: Case) -> list[Case]:
        """Open cases it may be the same matter as: what it resembles first, then those of its grid, its kind first."""
        found = await self._store.db.read(desk_cases.open_cases)
        here = [each for each in found if each.grid == case.grid and not each.private and each.number != case.number]
        here.sort(key=lambda each: each.category != case.category)
        wanted = [number for number in (case.resembles, *(each.number for each in here[:NEAR])) if number]
        opened = await self._store.db.read(lambda c: desk_cases.cases(c, self._store.keys, wanted))
        own, directory = visit.operator.person, self._store.directory
        near = [opened[number] for number in dict.fromkeys(wanted) if number in opened]
        return [each for each in near if may_join(case, each) and rights_on(own, each, directory)]

    async def _published(self, number: str) -> str:
        """What everybody may read of the case now."""
        return await self._store.db.read(lambda connection: published_note(connection, number))

    def _to(self, letter: SentLetter, scene: Scene, directory: Directory) -> tuple[str, str]:
        """(who, name) of a letter's chat: "group", "staff" with a name, or the "resident"."""
        return _whose(letter.to, scene, self._store, directory)

    @staticmethod
    def _source(scene: Scene, directory: Directory) -> str:
        """The group the case came from; empty when it was told in private."""
        talk = scene.reporter
        group = directory.group(talk.at.channel, talk.at.bot, talk.at.chat) if talk and not talk.private else None
        return group.name if group else ""

    @staticmethod
    def _people(case: Case, directory: Directory, now: datetime) -> list[tuple[Person, bool]]:
        """To whom it can be sent, with whether they are on duty: those of its grid first, then those nearby."""
        near = [area.code for area in directory.ancestors(case.grid)] if case.grid else []
        order = {code: place for place, code in enumerate((case.grid, *near))}
        street = directory.street_of(case.grid or None)
        patrols, about = directory.patrol_area_of(case.grid or None), accused(case, directory).people

        def fits(person: Person) -> bool:
            inside = street is None or directory.contains(street.code, person.area)
            return person.role in _WORKS and person.id != case.holder and person.id not in about and inside

        def key(person: Person) -> tuple[bool, int, str]:
            place = 1 if patrols and person.area == patrols.code else order.get(person.area, 99)
            return not directory.on_duty(person.id, now), place, person.id

        found = sorted(filter(fits, directory.people.values()), key=key)[:MOST_PEOPLE]
        return [(person, directory.on_duty(person.id, now)) for person in found]


def _whose(to: Address, scene: Scene, store: Store, directory: Directory) -> tuple[str, str]:
    group = directory.group(to.channel, to.bot, to.chat)
    if group:
        return "group", group.name
    talk = scene.reporter
    if talk and to in (talk.at, talk.resident.private):
        return "resident", ""
    for person, at in store.reach.items():
        if at == to and (known := directory.person(person)):
            return "staff", known.name
    return "other", ""


def _photos(scene: Scene) -> list[str]:
    """Every picture of the case, each once."""
    case = scene.case
    assert case is not None
    steps = (key for step in scene.steps for key in step.photos)
    return list(dict.fromkeys((*case.photos, *steps, *case.result_photos)))


def _shown(step: Step, scene: Scene, directory: Directory) -> Shown:
    assert scene.case is not None
    person, whom = directory.person(step.by or None), directory.person(step.to or None)
    if person is not None:
        side = "staff"
    elif step.by in ("bot", "clock"):
        side = "house"
    else:
        side = "resident"
    told = callback.read(step.words) if step.verb is Verb.NOTE else ()
    return Shown(step, side, person.name if person else "", whom.name if whom else "", told)
