"""The mall's goods at the desk: the list, the form, one of them with its stock; each button pressed once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from bot.ledger import MOST, Goods, Scheme
from bot.outcome import Outcome
from bot.photos import PhotoGone, PhotoRefused
from bot.store import Done, Stale, Store, mall
from bot.store.desk_cases import claimed, was_done
from bot.web.chat import PhotoStore
from bot.web.console import goods_form
from bot.web.console.goods_form import PLACES, Refused
from bot.web.console.guard import Visit
from bot.web.pages import Pages
from bot.web.readers import Cookies

_ID, _VERSION = re.compile(r"[a-z0-9][a-z0-9-]{0,31}"), re.compile(r"[0-9]{1,9}")
_SAID = ("add", "change", "stock", "withdraw", "offer")


class GoodsPages:
    """Shows goods, and changes what is said of them."""

    def __init__(
        self,
        store: Store,
        photos: PhotoStore,
        pages: Pages,
        cookies: Cookies,
        now: Callable[[], datetime],
        scheme: Scheme,
    ) -> None:
        self._store, self._photos, self._pages, self._cookies = store, photos, pages, cookies
        self._now, self._scheme = now, scheme

    async def listed(self, visit: Visit) -> web.Response:
        """What is on offer, the cheapest first; then what no longer is."""
        now = self._now()
        goods, waits = await self._store.db.read(lambda c: (mall.goods(c, all_=True), mall.waiting(c, now)))
        return self._pages.page(
            "console/goods.html",
            self._cookies.reader(visit.request),
            visit=visit,
            now=now,
            offered=[each for each in goods if each.offered],
            withdrawn=[each for each in goods if not each.offered],
            waits={id_: count for id_, (count, _) in waits.items()},
            per_yuan=self._scheme.per_yuan,
        )

    async def blank(self, visit: Visit) -> web.Response:
        return self._form(visit, {})

    async def add(self, visit: Visit) -> web.StreamResponse:
        """New goods on offer, with the stock that is there."""
        cause, form = visit.cause("goods", "add"), visit.form
        try:
            said, stock = goods_form.read(form), goods_form.whole(form.get("stock") or "0", "stock")
            goods = Goods(
                # The id grows from the click: the form sent twice at once is one thing, not two.
                f"g{cause.partition(':')[2][:10]}",
                said.name,
                said.price,
                stock,
                said.most,
                said.pick_up,
                said.name_en,
                await self._picture(visit, ""),
            )
        except (Refused, PhotoRefused) as refused:
            return self._form(visit, goods_form.kept(form), wrong=refused)
        with suppress(Done, Stale):  # Sent twice: the first one did it.
            await self._store.commit(Outcome(cause, (goods,), note="mall.put"))
        raise self._to(visit, goods.id, "add")

    async def show(self, visit: Visit) -> web.Response:
        said = visit.request.query.get("said", "")
        return await self._page(visit, said=said if said in _SAID else "")

    async def change(self, visit: Visit) -> web.StreamResponse:
        """Other words, another price. An order that was placed keeps its price."""
        goods, form = await self._known(visit), visit.form
        cause = visit.cause("goods", "change", goods.id)
        try:
            said = goods_form.read(form)
            changed = replace(
                goods,
                name=said.name,
                name_en=said.name_en,
                price=said.price,
                most=said.most,
                pick_up=said.pick_up,
                picture=await self._picture(visit, goods.picture),
                version=_version(form.get("version")),
            )
            await self._write(cause, changed)
        except (Refused, PhotoRefused) as refused:
            return await self._page(visit, wrong=refused, kept=goods_form.kept(form))
        raise self._to(visit, goods.id, "change")

    async def offer(self, visit: Visit) -> web.StreamResponse:
        """On offer no more, or again. What was ordered is still handed over."""
        goods, act = await self._known(visit), visit.request.path.rpartition("/")[2]
        cause = visit.cause("goods", act, goods.id)
        changed = replace(goods, offered=act == "offer", version=_version(visit.form.get("version")))
        try:
            await self._write(cause, changed)
        except Refused as refused:
            return await self._page(visit, wrong=refused)
        raise self._to(visit, goods.id, act)

    async def stock(self, visit: Visit) -> web.StreamResponse:
        """So many pieces came, or went: never below 0 and never above MOST."""
        goods, form = await self._known(visit), visit.form
        cause = visit.cause("goods", "stock", goods.id)
        try:
            more = goods_form.whole(form.get("more"), "more", least=1)
            if form.get("way") == "went":
                more = -more
            await self._count(cause, goods.id, more)
        except Refused as refused:
            return await self._page(visit, wrong=refused, kept=goods_form.kept(form))
        raise self._to(visit, goods.id, "stock")

    async def picture(self, visit: Visit) -> web.Response:
        """The picture of these goods."""
        goods = await self._known(visit)
        try:
            body = await self._photos.read(goods.picture) if goods.picture else b""
        except PhotoGone:
            body = b""
        if not body:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "private, no-cache", "Content-Disposition": "inline"}
        return web.Response(body=body, content_type="image/jpeg", headers=headers)

    # --- inside

    async def _known(self, visit: Visit) -> Goods:
        """The page's goods. Raises HTTPNotFound."""
        id_ = visit.request.match_info["goods"]
        found = await self._store.db.read(lambda c: mall.one(c, id_)) if _ID.fullmatch(id_) else None
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _write(self, cause: str, goods: Goods) -> None:
        """Raises Refused when somebody else changed it since the form was drawn."""
        try:
            await self._store.commit(Outcome(cause, (goods,), note="mall.put"))
        except Done:
            return
        except Stale:
            if not await self._store.db.read(lambda c: was_done(c, cause)):
                raise Refused("late") from None

    async def _count(self, cause: str, goods: str, more: int) -> None:
        """Counts once per cause. Raises Refused when fewer are there than are to go."""

        def count(connection: Connection) -> None:
            if not claimed(connection, cause, self._now()):
                return
            done, found = mall.restock(connection, goods, more), mall.one(connection, goods)
            stock = found.stock if found else 0
            if not done:
                raise Refused("too_few", count=str(stock))
            if stock > MOST:
                raise Refused("number_stock", least="0", most=str(MOST))

        await self._store.db.write(count)

    async def _picture(self, visit: Visit, before: str) -> str:
        """The key of the picture it is to have. Raises PhotoRefused, and Refused for one that is too large."""
        if visit.form.too_big:
            raise Refused("photo_large")
        if visit.form.photos:
            return await self._photos.keep(visit.form.photos[0])
        return "" if visit.form.get("no_photo") else before

    def _to(self, visit: Visit, goods: str, said: str) -> web.HTTPSeeOther:
        return web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}/desk/mall/{goods}?said={said}")

    def _form(self, visit: Visit, fields: Mapping[str, str], *, wrong: Exception | None = None) -> web.Response:
        return self._pages.page(
            "console/goods_new.html",
            self._cookies.reader(visit.request),
            status=422 if wrong else 200,
            visit=visit,
            now=self._now(),
            fields=fields,
            places=PLACES,
            most=MOST,
            wrong=self._words(visit, wrong),
            key=secrets.token_hex(16),
        )

    async def _page(
        self, visit: Visit, *, said: str = "", wrong: Exception | None = None, kept: Mapping[str, str] | None = None
    ) -> web.Response:
        goods, now = await self._known(visit), self._now()
        waits = await self._store.db.read(lambda c: mall.waiting(c, now))
        late = isinstance(wrong, Refused) and wrong.reason == "late"
        written = kept if kept and "name" in kept and not late else None
        return self._pages.page(
            "console/goods_one.html",
            self._cookies.reader(visit.request),
            status=409 if late else 422 if wrong else 200,
            visit=visit,
            now=now,
            goods=goods,
            waits=waits.get(goods.id, (0, None))[0],
            fields=written or goods_form.filled(goods),
            open=written is not None,
            places=PLACES,
            most=MOST,
            said=said,
            wrong=self._words(visit, wrong),
            key=secrets.token_hex(16),
            per_yuan=self._scheme.per_yuan,
        )

    def _words(self, visit: Visit, wrong: Exception | None) -> str:
        """The one sentence that says why nothing was written."""
        texts, language = self._pages.texts, self._cookies.reader(visit.request).language
        if isinstance(wrong, Refused):
            return texts.say(f"web.desk.mall.refused.{wrong.reason}", wrong.params, language)
        return texts.say("web.desk.mall.refused.photo", {}, language) if wrong else ""


def _version(words: str) -> int:
    """Which version the form was drawn with; one that no goods have for anything else."""
    return int(words) if _VERSION.fullmatch(words) and int(words) else 10**12
