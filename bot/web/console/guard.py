"""The one table of the desk's pages, each with the right it asks for; and the guard that stands before all of them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from aiohttp import web

from bot.desks.clicks import RIGHT_OF, Act
from bot.desks.permits import Right, covers, rights_of, rights_on
from bot.outcome import Scene
from bot.store import Store
from bot.web.console.doors import DeskDoor, Operator, SignedOut
from bot.web.forms import Form, read_form
from bot.web.readers import is_ours
from routing.alert import Alert
from routing.directory import Person

_NUMBER, _ALERT = re.compile(r"[1-9]{8}"), re.compile(r"a[1-9]{8}")

#: What may be pressed about an alert, in the order in which it is offered, and which right it asks for.
DEEDS: Mapping[str, Right] = {
    "submit": Right.ALERTS, "approve": Right.APPROVE, "decline": Right.APPROVE, "edit": Right.ALERTS,
    "correct": Right.ALERTS, "take_back": Right.ALERTS, "widen": Right.ALERTS, "pause": Right.ALERTS,
    "resume": Right.ALERTS, "cancel": Right.ALERTS, "abandon": Right.ALERTS,
}  # fmt: skip
WRITTEN = frozenset({"edit", "correct"})  #: These bring a whole form, with a picture.


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk, or a form's aim."""

    method: str
    path: str
    right: Right | None  #: None: for everybody, signed in or not.
    name: str  #: Which handler answers it.
    photos: bool = False  #: Whether its form may bring pictures.

    @property
    def of_alert(self) -> bool:
        return "{alert}" in self.path

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
    Page("GET", "/desk/alerts", Right.ALERTS, "alerts"),
    Page("GET", "/desk/alerts/new", Right.ALERTS, "alert_new"),
    Page("POST", "/desk/alerts", Right.ALERTS, "alert_begin", photos=True),
    Page("GET", "/desk/alerts/{alert}", Right.ALERTS, "alert"),
    Page("GET", "/desk/alerts/{alert}/photos/{key}", Right.ALERTS, "alert_photo"),
    *(
        Page("POST", f"/desk/alerts/{{alert}}/{act}", right, "alert_act", act in WRITTEN)
        for act, right in DEEDS.items()
    ),
    Page("POST", "/desk/alerts/{alert}/resolve", Right.ALERTS, "alert_resolve"),
    # The mall is one for all areas: goods and orders lie in none.
    Page("GET", "/desk/mall", Right.MALL, "goods"),
    Page("GET", "/desk/mall/new", Right.MALL, "goods_new"),
    Page("POST", "/desk/mall", Right.MALL, "goods_add", photos=True),
    Page("GET", "/desk/mall/{goods}", Right.MALL, "goods_one"),
    Page("GET", "/desk/mall/{goods}/picture", Right.HAND_OVER, "goods_picture"),
    Page("POST", "/desk/mall/{goods}/change", Right.MALL, "goods_change", photos=True),
    Page("POST", "/desk/mall/{goods}/stock", Right.MALL, "goods_stock"),
    Page("POST", "/desk/mall/{goods}/withdraw", Right.MALL, "goods_offer"),
    Page("POST", "/desk/mall/{goods}/offer", Right.MALL, "goods_offer"),
    Page("GET", "/desk/reviews", Right.MALL, "reviews"),
    Page("POST", "/desk/reviews/approve", Right.MALL, "review_decide"),
    Page("POST", "/desk/reviews/decline", Right.MALL, "review_decide"),
    Page("GET", "/desk/orders", Right.HAND_OVER, "orders"),
    Page("POST", "/desk/orders", Right.HAND_OVER, "order_find"),
    Page("GET", "/desk/orders/{code}", Right.HAND_OVER, "order"),
    Page("POST", "/desk/orders/{code}/hand", Right.HAND_OVER, "order_press"),
    Page("POST", "/desk/orders/{code}/back", Right.HAND_OVER, "order_press"),
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


_KEY = re.compile(r"[0-9a-f]{32,64}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may make it."""

    request: web.Request
    operator: Operator
    rights: frozenset[Right]  #: On the case, where the page is one of a case.
    form: Form = field(default_factory=Form)
    scene: Scene | None = None  #: Of the page's case.
    alert: Alert | None = None  #: The page's alert.

    @property
    def person(self) -> str:
        return self.operator.person.id

    def cause(self, *about: str) -> str:
        """The cause of what this form does: the same form twice is one click, for its key was drawn with the page.
        Raises HTTPBadRequest without one."""
        key = self.form.get("key")
        if not _KEY.fullmatch(key):
            raise web.HTTPBadRequest
        return "click:" + sha256("\x1f".join((key, self.person, *about)).encode()).hexdigest()[:40]

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
            form = await proven(request, photos=page.photos) if page.method == "POST" else Form()
            person, scene = operator.person, None
            rights = rights_of(person)
            if page.of_case:
                scene = await self._scene(request.match_info["number"], person.id)
                if scene is None or scene.case is None:
                    raise web.HTTPNotFound
                rights = rights_on(person, scene.case, self._store.directory)
                if not rights:
                    raise web.HTTPNotFound
            alert = await self._alert(request.match_info["alert"], person) if page.of_alert else None
            if page.right not in rights:
                raise web.HTTPForbidden
            return await answer(Visit(request, operator, rights, form, scene, alert))

        return guarded

    async def _late(self, request: web.Request) -> web.StreamResponse | None:
        form = await read_form(request)
        return self._too_late(request, form) if is_ours(request, form.get("proof")) else None

    async def _alert(self, number: str, person: Person) -> Alert:
        """The alert, if it concerns an area of theirs. Raises HTTPNotFound."""
        found = await self._store.alert(number) if _ALERT.fullmatch(number) else None
        if found is None or not rights_of(person) or not covers(person, found.area, self._store.directory):
            raise web.HTTPNotFound
        return found

    async def _scene(self, number: str, person: str) -> Scene | None:
        if not _NUMBER.fullmatch(number):
            return None
        return await self._store.scene_for_case(number, person=person)


async def proven(request: web.Request, *, photos: bool = False) -> Form:
    """The form, if it came from a page of ours. Raises HTTPForbidden."""
    form = await read_form(request, photos=photos)
    if not is_ours(request, form.get("proof")):
        raise web.HTTPForbidden
    return form
