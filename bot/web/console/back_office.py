"""Messages that failed, and who is on duty: what the desk looks at beside the cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.desks.permits import covers, rights_of
from bot.store import Parked, Store, hook_troubles
from bot.store.accounts_audit import Deed
from bot.web.console.book import write_down
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.postbox import typed
from bot.web.readers import Cookies
from nlu.masks import mask
from routing.directory import Area, Directory, Person, Role, Unit

MOST = 100  #: Parked messages on the page.
LOOKED_AT = 2000  #: Of all areas, for those of the operator's own.
MOST_PEOPLE = 1000
_SHOWN = (Role.DESK, Role.LEADER, Role.PATROL, Role.CADRE, Role.UNIT, Role.APPROVER)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the directory, and whether they are on duty."""

    person: Person
    area: Area | None
    unit: Unit | None
    on_duty: bool
    reachable: bool
    cases: int = 0


class BackOffice:
    """Parked messages and people."""

    def __init__(self, store: Store, pages: Pages, cookies: Cookies, now: Callable[[], datetime]) -> None:
        self._store, self._pages, self._cookies, self._now = store, pages, cookies, now

    async def parked(self, visit: Visit) -> web.Response:
        return await self._parked(visit, said=visit.request.query.get("said", ""))

    async def retry(self, visit: Visit) -> web.StreamResponse:
        """Back in line: the next look at the inbox takes it up."""
        message = await self._one(visit)
        await write_down(self._store, visit.person, Deed.RETRY, message.cause, self._now())
        done = await self._store.retry(message.cause)
        raise self._back(visit, "retry" if done else "gone")

    async def drop(self, visit: Visit) -> web.StreamResponse:
        """Never answered: only with a reason."""
        message, reason = await self._one(visit), mask(typed(visit.form.get("words")))[:500]
        if len(reason) < 2:
            return await self._parked(visit, wrong=True)
        await write_down(self._store, visit.person, Deed.DROP, message.cause, self._now(), reason)
        done = await self._store.drop(message.cause)
        raise self._back(visit, "drop" if done else "gone")

    async def people(self, visit: Visit) -> web.Response:
        """Who is there now, those on duty first."""
        now, directory, own = self._now(), self._store.directory, visit.operator.person
        wanted = visit.request.query.get("role", "")
        there = [
            Colleague(
                person,
                directory.area(person.area),
                directory.unit(person.unit),
                directory.on_duty(person.id, now),
                person.id in self._store.reach,
            )
            for person in directory.people.values()
            if person.role in _SHOWN and covers(own, person.area, directory)
        ]
        shown = [each for each in there if not wanted or each.person.role == wanted]
        shown.sort(key=lambda each: (not each.on_duty, _SHOWN.index(each.person.role), each.person.id))
        return self._pages.page(
            "console/people.html",
            self._cookies.reader(visit.request),
            visit=visit,
            now=now,
            people=shown[:MOST_PEOPLE],
            duty=sum(each.on_duty for each in there),
            total=len(there),
            roles=[role.value for role in _SHOWN if any(each.person.role is role for each in there)],
            chosen=wanted,
        )

    # --- inside

    async def _seen(self, visit: Visit) -> list[Parked]:
        """Those of groups in the operator's area; what was said in private belongs to every street's people."""
        directory, person = self._store.directory, visit.operator.person
        found = await self._store.parked(LOOKED_AT)
        return [each for each in found if covers(person, _area(each, directory), directory)]

    async def _one(self, visit: Visit) -> Parked:
        cause = visit.form.get("cause")
        found = next((each for each in await self._seen(visit) if each.cause == cause), None)
        if found is None:
            raise self._back(visit, "gone")
        return found

    def _back(self, visit: Visit, said: str) -> web.HTTPSeeOther:
        return web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}/desk/parked?said={said}")

    async def _parked(self, visit: Visit, *, said: str = "", wrong: bool = False) -> web.Response:
        directory = self._store.directory
        shown = [
            (each, directory.group(each.inbound.at.channel, each.inbound.at.bot, each.inbound.at.chat))
            for each in (await self._seen(visit))[:MOST]
        ]
        db = self._store.db
        return self._pages.page(
            "console/parked.html",
            self._cookies.reader(visit.request),
            status=422 if wrong else 200,
            visit=visit,
            now=self._now(),
            parked=shown,
            late=await db.read(hook_troubles.late),
            closed=await db.read(hook_troubles.gone),
            said=said if said in ("retry", "drop", "gone") else "",
            wrong=wrong,
        )


def _area(parked: Parked, directory: Directory) -> str:
    at = parked.inbound.at
    group = directory.group(at.channel, at.bot, at.chat)
    return group.area if group else ""


def home(visit: Visit) -> str:
    """The first page an operator has work on."""
    rights = rights_of(visit.operator.person)
    for right, path in (("cases", "/desk/cases"), ("answers", "/answers"), ("handover", "/desk/orders")):
        if right in rights:
            return path
    return "/desk/account"
