"""The counter: what waits to be fetched and where, and one order behind its code or QR, handed over once."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.desks import mall as desk
from bot.desks.permits import Right, rights_of
from bot.ledger import Goods, OrderState, Refusal, Scheme, code_of
from bot.outcome import Outcome, Scan
from bot.store import Done, Stale, Store, mall, points
from bot.store.desk_cases import was_done
from bot.web.console.doors import DeskDoor, SignedOut
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.readers import Cookies

log = structlog.get_logger()

#: The same press against changed rows, before it counts as failed.
LOOKS = 8
#: An order is for whoever shows its code: no search engine and no cache keeps a copy.
HEADERS = {"X-Robots-Tag": "noindex, noarchive", "Cache-Control": "no-store"}


class Counter:
    """Shows what waits, and hands it over."""

    def __init__(
        self,
        store: Store,
        pages: Pages,
        cookies: Cookies,
        now: Callable[[], datetime],
        committed: Callable[[Outcome], None],
        scheme: Scheme,
    ) -> None:
        self._store, self._pages, self._cookies, self._now = store, pages, cookies, now
        self._committed, self._scheme = committed, scheme

    async def listed(self, visit: Visit) -> web.Response:
        """What waits at which place, counted: a code is shown by whoever fetches, never here."""
        return await self._listed(visit)

    async def find(self, visit: Visit) -> web.StreamResponse:
        """A code was typed, or the QR's address."""
        words = visit.form.get("code")
        if code := code_of(words):
            raise web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}/desk/orders/{code}")
        return await self._listed(visit, wrong=Refusal("mall.no_such_code"), typed=words[:100], status=422)

    async def show(self, visit: Visit) -> web.Response:
        said = visit.request.query.get("said", "")
        return await self._order(visit, said=said if said in ("hand", "back") else "")

    async def press(self, visit: Visit) -> web.StreamResponse:
        """Handed over, or come back. The same form twice is one click; a second scan is told when the first was."""
        code, act = code_of(visit.request.match_info["code"]), visit.request.path.rpartition("/")[2]
        refused = await self._press(visit, code, visit.cause(code, act), back=act == "back")
        if refused is not None:
            return await self._order(visit, wrong=refused, status=409)
        raise web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}/desk/orders/{code}?said={act}")

    # --- inside

    async def _press(self, visit: Visit, code: str, cause: str, *, back: bool) -> Refusal | None:
        store, person = self._store, visit.operator.person
        for _ in range(LOOKS):
            scan, own = await store.db.read(lambda c: (self._scan(c, code), points.own_holder(c, store.keys, person)))
            outcome = desk.clicked(cause, scan, person.id, own, self._now(), self._scheme, back=back)
            if isinstance(outcome, Refusal):
                # Pressed twice: the first one did it.
                return None if await store.db.read(lambda c: was_done(c, cause)) else outcome
            try:
                await store.commit(outcome)
            except Stale:
                continue
            except Done:
                return None
            self._committed(outcome)
            log.info("outcome", cause=cause, desk=outcome.note, letters=len(outcome.letters))
            return None
        raise Stale(cause)

    def _scan(self, connection: Connection, code: str) -> Scan | None:
        found = mall.by_code(connection, code)
        return points.scan_of(connection, self._store.keys, self._store.house, found) if found else None

    async def _order(
        self, visit: Visit, *, said: str = "", wrong: Refusal | None = None, status: int = 200
    ) -> web.Response:
        code, store, now = code_of(visit.request.match_info["code"]), self._store, self._now()
        scan, own = await store.db.read(
            lambda c: (self._scan(c, code), points.own_holder(c, store.keys, visit.operator.person))
        )
        if scan is None:
            return await self._listed(visit, wrong=Refusal("mall.no_such_code"), status=404)
        # What would be refused is said before anybody presses.
        stopped = desk.hand_over_at(scan, visit.person, own, now, self._scheme)
        comes_back = desk.take_back_at(scan, visit.person, own, now, self._scheme)
        wrong = wrong or (stopped if isinstance(stopped, Refusal) and not said else None)
        return self._pages.page(
            "console/order.html",
            self._cookies.reader(visit.request),
            status=status,
            visit=visit,
            now=now,
            order=scan.order,
            goods=scan.goods,
            may_hand=not isinstance(stopped, Refusal),
            may_return=scan.order.state is OrderState.FETCHED and not isinstance(comes_back, Refusal),
            giver=store.directory.person(scan.order.by or None),
            said=said,
            wrong=self._words(visit, wrong),
            key=secrets.token_hex(16),
        )

    async def _listed(
        self, visit: Visit, *, wrong: Refusal | None = None, typed: str = "", status: int = 200
    ) -> web.Response:
        now = self._now()
        waits, goods = await self._store.db.read(lambda c: (mall.waiting(c, now), mall.goods(c, all_=True)))
        return self._pages.page(
            "console/orders.html",
            self._cookies.reader(visit.request),
            status=status,
            visit=visit,
            now=now,
            places=_places(goods, waits),
            total=sum(count for count, _ in waits.values()),
            wrong=self._words(visit, wrong),
            typed=typed,
        )

    def _words(self, visit: Visit, refused: Refusal | None) -> str:
        language = self._cookies.reader(visit.request).language
        return self._pages.texts.say(refused.key, refused.params, language) if refused else ""


class ScannedPage:
    """What the QR of an order leads to: for staff the order; for anybody else one sentence, the same for every code."""

    def __init__(self, door: DeskDoor, pages: Pages, cookies: Cookies) -> None:
        self._door, self._pages, self._cookies = door, pages, cookies

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/fetch/{code}", self.show)]

    async def show(self, request: web.Request) -> web.Response:
        """Raises HTTPNotFound for what is no code; nobody learns here whether there is such an order."""
        code = code_of(request.match_info["code"])
        if not code:
            raise web.HTTPNotFound
        try:
            operator = await self._door.operator(request)
        except (SignedOut, web.HTTPNotFound):
            operator = None
        if operator is not None and Right.HAND_OVER in rights_of(operator.person):
            raise web.HTTPSeeOther(f"/desk/orders/{code}")
        answer = self._pages.page(
            "fetch.html",
            self._cookies.reader(request),
            code=code,
            staff=f"/desk/signin?next=/desk/orders/{code}" if not self._door.prefix and operator is None else "",
        )
        answer.headers.update(HEADERS)
        return answer


def _places(
    goods: list[Goods], waits: Mapping[str, tuple[int, datetime]]
) -> list[tuple[str, str, list[tuple[Goods, int, datetime]]]]:
    """(place, hours, what waits there): what can be fetched at several places stands at each. Without a known place
    last, under ""."""
    found: dict[tuple[str, str], list[tuple[Goods, int, datetime]]] = {}
    for each in goods:
        if each.id in waits:
            for at in {(spot.place, spot.hours) for spot in each.pick_up} or {("", "")}:
                found.setdefault(at, []).append((each, *waits[each.id]))
    return [(place, hours, found[place, hours]) for place, hours in sorted(found, key=lambda at: (not at[0], at))]
