"""The desk's page, wired: which handler answers which page of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web

from bot.ledger import Scheme
from bot.limits import Limits
from bot.outcome import Outcome
from bot.passwords import Passwords
from bot.store import Store
from bot.web.chat import PhotoStore
from bot.web.console.alerts import AlertPages
from bot.web.console.back_office import BackOffice, home
from bot.web.console.board import Board
from bot.web.console.casework import Casework
from bot.web.console.counter import Counter
from bot.web.console.doors import DeskDoor, SessionDesk
from bot.web.console.goods import GoodsPages
from bot.web.console.guard import PAGES, SIGNING, Answer, Guard, Visit
from bot.web.console.reviews import Reviews
from bot.web.console.signing import Signing
from bot.web.pages import Pages
from bot.web.readers import Cookies


class Desk:
    """All pages of the desk behind one door."""

    def __init__(
        self,
        store: Store,
        photos: PhotoStore,
        pages: Pages,
        cookies: Cookies,
        door: DeskDoor,
        now: Callable[[], datetime],
        committed: Callable[[Outcome], None] = lambda outcome: None,
        limits: Mapping[str, Limits] | None = None,
        scheme: Scheme | None = None,
    ) -> None:
        self._store, self._pages, self._cookies, self._door, self._now = store, pages, cookies, door, now
        self._board = Board(store, pages, cookies, now)
        self._casework = Casework(store, photos, pages, cookies, now, committed)
        self._office = BackOffice(store, pages, cookies, now)
        self._alerts = AlertPages(store, photos, pages, cookies, now, committed, limits or {})
        self._goods = GoodsPages(store, photos, pages, cookies, now, scheme or Scheme())
        self._counter = Counter(store, pages, cookies, now, committed, scheme or Scheme())
        self._reviews = Reviews(store, pages, cookies, now, committed, scheme or Scheme())
        self._passwords = Passwords()

    def routes(self) -> list[web.RouteDef]:
        door = self._door
        answers: dict[str, Answer] = {
            "home": self._home,
            "board": self._board.show,
            "case": self._casework.show,
            "photo": self._casework.photo,
            "act": self._casework.act,
            "unmask": self._casework.unmask,
            "parked": self._office.parked,
            "retry": self._office.retry,
            "drop": self._office.drop,
            "people": self._office.people,
            "alerts": self._alerts.listed,
            "alert_new": self._alerts.blank,
            "alert_begin": self._alerts.begin,
            "alert": self._alerts.show,
            "alert_photo": self._alerts.photo,
            "alert_act": self._alerts.act,
            "alert_resolve": self._alerts.resolve,
            "goods": self._goods.listed,
            "goods_new": self._goods.blank,
            "goods_add": self._goods.add,
            "goods_one": self._goods.show,
            "goods_picture": self._goods.picture,
            "goods_change": self._goods.change,
            "goods_stock": self._goods.stock,
            "goods_offer": self._goods.offer,
            "reviews": self._reviews.listed,
            "review_decide": self._reviews.decide,
            "orders": self._counter.listed,
            "order_find": self._counter.find,
            "order": self._counter.show,
            "order_press": self._counter.press,
        }
        if not isinstance(door, SessionDesk):
            return Guard(door, self._store).routes(PAGES, answers)
        signing = Signing(self._store, door, self._passwords, self._pages, self._cookies, self._now)
        guard = Guard(door, self._store, signing.too_late)
        answers |= {
            "account": signing.account,
            "sign_out": signing.sign_out,
            "sign_out_everywhere": signing.sign_out_everywhere,
            "password": signing.password,
        }
        anybody = {
            "signin": signing.look,
            "sign_in": signing.sign_in,
            "setup": signing.knock,
            "set_up": signing.set_up,
        }
        free = [web.route(page.method, page.path, anybody[page.name]) for page in SIGNING if page.right is None]
        behind = tuple(page for page in (*PAGES, *SIGNING) if page.right is not None)
        return [*free, *guard.routes(behind, answers)]

    def close(self) -> None:
        self._passwords.close()

    async def _home(self, visit: Visit) -> web.Response:
        raise web.HTTPSeeOther(f"{self._cookies.reader(visit.request).base}{home(visit)}")
