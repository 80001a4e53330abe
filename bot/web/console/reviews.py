"""What earned nothing yet because a person looks first: approved, or declined, with a reason on record."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from bot.ledger import Earning, Purse, Refusal, Scheme, approve, decline
from bot.outcome import Outcome
from bot.store import Done, Stale, Store, earnings, ledger, points
from bot.store.accounts_audit import Deed
from bot.store.desk_cases import was_done
from bot.web.console.book import write_down
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.postbox import typed
from bot.web.readers import Cookies
from nlu.masks import mask

MOST = 100  #: On the page.


class Reviews:
    """Shows what waits, and decides it as a person says. Holders are ids here: nobody sees whose points they are."""

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
        said = visit.request.query.get("said", "")
        return await self._page(visit, said=said if said in ("approve", "decline") else "")

    async def decide(self, visit: Visit) -> web.StreamResponse:
        """Approved or declined, with a reason. Nobody decides about points of their own."""
        act, thing = visit.request.path.rpartition("/")[2], visit.form.get("thing")[:200]
        cause, reason = visit.cause("review", thing, act), mask(typed(visit.form.get("why")))[:300]
        say = self._pages.texts.say
        language = self._cookies.reader(visit.request).language
        if len(reason) < 2:
            return await self._page(visit, wrong=say("web.desk.refused.reason", {}, language), status=422)
        refused = await self._decide(visit, act, thing, cause, reason)
        if refused is not None:
            return await self._page(visit, wrong=say(refused.key, refused.params, language), status=409)
        raise web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}/desk/reviews?said={act}")

    # --- inside

    async def _decide(self, visit: Visit, act: str, thing: str, cause: str, reason: str) -> Refusal | None:
        store, person = self._store, visit.operator.person

        def look(connection: Connection) -> tuple[bool, Earning | None, Purse | None, str]:
            found = earnings.earning(connection, thing)
            purse = ledger.purse(connection, found.holder) if found else None
            return was_done(connection, cause), found, purse, points.own_holder(connection, store.keys, person)

        done, found, purse, own = await store.db.read(look)
        if done:
            return None
        if found is None or purse is None:
            return Refusal("web.desk.reviews.gone")
        if own == found.holder:
            return Refusal("web.desk.reviews.own")
        now = self._now()
        if act == "approve":
            booked = approve(found, purse, person.id, now, self._scheme)
        else:
            no = decline(found, person.id)
            booked = no if isinstance(no, Refusal) else (no, ())
        if isinstance(booked, Refusal):
            return booked
        # On record first: what is done has its reason.
        await write_down(store, person.id, Deed.RETRY if act == "approve" else Deed.DROP, thing, now, reason)
        outcome = Outcome(cause, (purse, booked[0]), entries=booked[1], note=f"points.{act}")
        try:
            await store.commit(outcome)
        except Done:
            return None
        except Stale:
            return Refusal("web.desk.reviews.late")
        self._committed(outcome)
        return None

    async def _page(self, visit: Visit, *, said: str = "", wrong: str = "", status: int = 200) -> web.Response:
        return self._pages.page(
            "console/reviews.html",
            self._cookies.reader(visit.request),
            status=status,
            visit=visit,
            now=self._now(),
            waits=await self._store.db.read(lambda c: earnings.reviews(c, MOST)),
            said=said,
            wrong=wrong,
            key=secrets.token_hex(16),
        )
