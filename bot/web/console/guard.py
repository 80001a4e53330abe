"""The one table of the desk's pages, each with the right it asks for; and the guard that stands before all of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.desks.clicks import RIGHT_OF, Act
from bot.desks.permits import Right, rights_of, rights_on
from bot.outcome import Scene
from bot.store import Store
from bot.web.console.doors import DeskDoor, Operator, SignedOut
from bot.web.forms import Form, read_form
from bot.web.readers import is_ours

_NUMBER = re.compile(r"[1-9]{8}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk, or a form's aim."""

    method: str
    path: str
    right: Right | None  #: None: for everybody, signed in or not.
    name: str  #: Which handler answers it.

    @property
    def of_case(self) -> bool:
        return "{number}" in self.path


#: Which page asks for which right. Signed out leads to the sign-in (303), without the right is 403; of a case that one
#: has no right to at all there is no page (404).
PAGES: tuple[Page, ...] = (
    Page("GET", "/desk", Right.HOME, "home"),
    Page("GET", "/desk/cases", Right.CASES, "board"),
    Page("GET", "/desk/cases/{number}", Right.CASES, "case"),
    Page("GET", "/desk/cases/{number}/photos/{key}", Right.CASES, "photo"),
    *(Page("POST", f"/desk/cases/{{number}}/{act}", RIGHT_OF[act], "act") for act in Act),
    Page("POST", "/desk/cases/{number}/unmask", Right.UNMASK, "unmask"),
    Page("GET", "/desk/parked", Right.PARKED, "parked"),
    Page("POST", "/desk/parked/retry", Right.PARKED, "retry"),
    Page("POST", "/desk/parked/drop", Right.PARKED, "drop"),
    Page("GET", "/desk/people", Right.PEOPLE, "people"),
)
#: Only in earnest: the demo has seats.
SIGNING: tuple[Page, ...] = (
    Page("GET", "/desk/signin", None, "signin"),
    Page("POST", "/desk/signin", None, "sign_in"),
    Page("GET", "/desk/setup", None, "setup"),
    Page("POST", "/desk/setup", None, "set_up"),
    Page("POST", "/desk/signout", Right.HOME, "sign_out"),
    Page("POST", "/desk/signout/everywhere", Right.HOME, "sign_out_everywhere"),
    Page("GET", "/desk/account", Right.HOME, "account"),
    Page("POST", "/desk/account/password", Right.HOME, "password"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it."""

    request: web.Request
    operator: Operator
    rights: frozenset[Right]  #: On the case, where the page is one of a case.
    form: Form = field(default_factory=Form)
    scene: Scene | None = None  #: Of the page's case.

    @property
    def person(self) -> str:
        return self.operator.person.id

    @property
    def operator_rights(self) -> frozenset[Right]:
        """What this operator may do at all: which ways stand in the head of every page."""
        return rights_of(self.operator.person)


Answer = Callable[[Visit], Awaitable[web.StreamResponse]]
Open = Callable[[web.Request], Awaitable[web.StreamResponse]]


#: What is said to a form of ours whose sender is signed out.
TooLate = Callable[[web.Request, Form], web.StreamResponse | None]


class Guard:
    """Lets through who may: by session, proof, area and role, in this order."""

    def __init__(self, door: DeskDoor, store: Store, too_late: TooLate = lambda request, form: None) -> None:
        self._door, self._store, self._too_late = door, store, too_late

    def routes(self, pages: tuple[Page, ...], answers: Mapping[str, Answer]) -> list[web.RouteDef]:
        """The pages as routes. Raises KeyError for one that nobody answers."""
        return [
            web.route(page.method, self._door.prefix + page.path, self.before(page, answers[page.name]))
            for page in pages
        ]

    def before(self, page: Page, answer: Answer) -> Open:
        """The page's handler behind the guard."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            assert page.right is not None
            try:
                operator = await self._door.operator(request)
            except SignedOut:
                if page.method == "POST" and (answer_ := await self._late(request)):
                    return answer_
                raise
            form = await proven(request) if page.method == "POST" else Form()
            person, scene = operator.person, None
            rights = rights_of(person)
            if page.of_case:
                scene = await self._scene(request.match_info["number"], person.id)
                if scene is None or scene.case is None:
                    raise web.HTTPNotFound
                rights = rights_on(person, scene.case, self._store.directory)
                if not rights:
                    raise web.HTTPNotFound
            if page.right not in rights:
                raise web.HTTPForbidden
            return await answer(Visit(request, operator, rights, form, scene))

        return guarded

    async def _late(self, request: web.Request) -> web.StreamResponse | None:
        form = await read_form(request)
        return self._too_late(request, form) if is_ours(request, form.get("proof")) else None

    async def _scene(self, number: str, person: str) -> Scene | None:
        if not _NUMBER.fullmatch(number):
            return None
        return await self._store.scene_for_case(number, person=person)


async def proven(request: web.Request) -> Form:
    """The form, if it came from a page of ours. Raises HTTPForbidden."""
    form = await read_form(request)
    if not is_ours(request, form.get("proof")):
        raise web.HTTPForbidden
    return form
