"""The web application, wired by hand: doors, the chat, health, hooks; headers and error pages around all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from aiohttp import web

from bot.channels.web import ChatRooms, utc_now
from bot.ledger import Scheme
from bot.limits import Limits
from bot.my_data import MyData
from bot.outcome import Outcome
from bot.store import Store
from bot.texts import LANGUAGES, Texts
from bot.web.alert_page import AlertPage
from bot.web.answers import AnswerPages
from bot.web.chat import ChatPages, PhotoStore
from bot.web.console.counter import ScannedPage
from bot.web.console.desk import Desk
from bot.web.console.doors import DeskDoor, DeskOrChat, SeatedDesk, SessionDesk
from bot.web.forms import read_form
from bot.web.ground import Ground
from bot.web.health import Health
from bot.web.links import LinkDoor
from bot.web.mydata import MyDataPage
from bot.web.pages import Pages, as_json
from bot.web.postbox import Intake
from bot.web.proxies import behind, networks
from bot.web.readers import BROWSER, FRESH, Cookies, Door, Reader, is_ours, preference, seat_of
from bot.web.seats import LOOPBACK, Seat, SeatDoor
from nlu.lexical import Background
from routing.directory import Directory

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
}
#: Paths for machines: no pages, no cookies.
MACHINES = (
    "/livez",
    "/readyz",
    "/metrics",
    "/telegram/",
    "/static/",
    "/favicon.ico",
    "/open311/",
    "/signals",
    "/cap/",
    "/pfif/",
    "/openapi.json",
)


def app(
    *,
    chat: ChatRooms | None,
    intake: Intake,
    photos: PhotoStore,
    texts: Texts,
    seats: Sequence[Seat] | None,
    health: Health,
    telegram_hooks: Iterable[web.AbstractRouteDef] = (),
    systems: Iterable[web.AbstractRouteDef] = (),
    directory: Callable[[], Directory | None] = lambda: None,
    secure: bool = False,
    role_of: Callable[[str], str] = lambda user_id: "resident",
    store: Store | None = None,
    now: Callable[[], datetime] | None = None,
    background: Background | None = None,
    committed: Callable[[Outcome], None] = lambda outcome: None,
    proxies: Sequence[str] = (),
    limits: Mapping[str, Limits] | None = None,
    data: MyData | None = None,
    scheme: Scheme | None = None,
) -> web.Application:
    """The application. `chat` None: the web channel is off. `seats` None: in earnest, people come by one-time link.

    `secure` where browsers come by https. `directory` gives the address book as it is now; without one there is no
    map. `systems` are the doors for other systems. With the `store` the desk has its pages; `committed` hears what was
    changed there. With `data`, people take out what is kept of them at `/my`. `proxies` are the addresses and networks
    whose word on the client's address is believed. What a crash left unheard is handed to the intake before the first
    page is served.
    """
    clock = now or (chat.now if chat is not None else utc_now)
    pages = Pages(texts)
    cookies = Cookies(secure=secure, house=texts.house)
    faces = Faces(pages, cookies, demo=seats is not None)
    first = [behind(networks(proxies))] if proxies else []
    application = web.Application(middlewares=[*first, faces.around], client_max_size=256 * 1024)
    application.on_response_prepare.append(faces.headers)
    application.add_routes([*health.routes(), *telegram_hooks, *systems, web.post("/settings", faces.settings)])
    application.router.add_static("/static", Path(__file__).parent / "static", append_version=False)
    application.router.add_get("/favicon.ico", faces.icon)
    demo = SeatDoor(seats, pages, cookies) if seats is not None else None
    signed = SessionDesk(store, cookies, clock) if store is not None and demo is None else None
    if store is not None and data is not None:
        application.add_routes(MyDataPage(store, data, pages, cookies, clock).routes())
    if store is not None:
        at: DeskDoor = signed or SeatedDesk(demo, store)  # type: ignore[arg-type]
        desk = Desk(store, photos, pages, cookies, at, clock, committed, limits, scheme)
        application.add_routes([*desk.routes(), *AlertPage(store, photos, pages, cookies, clock).routes()])
        application.add_routes(ScannedPage(at, pages, cookies).routes())

        async def close(_: web.Application) -> None:
            desk.close()

        application.on_shutdown.append(close)
    if chat is None:
        return application
    door: Door
    if demo is not None:
        application.add_routes([*demo.routes(), web.post("/s/{seat}/settings", faces.settings)])
        door = demo
    else:
        links = LinkDoor(chat, pages, cookies, role_of)
        application.add_routes(links.routes())
        door = links
    talk = ChatPages(chat, intake, photos, pages, cookies, door, Ground(directory))
    application.add_routes(talk.routes())
    if store is not None:
        shared = DeskOrChat(signed, door) if signed is not None else door
        answers = AnswerPages(store, pages, cookies, shared, chat.now, background)
        application.add_routes(answers.routes())

    async def begin(_: web.Application) -> None:
        await talk.catch_up()

    async def end(_: web.Application) -> None:
        chat.close()

    application.on_startup.append(begin)
    application.on_shutdown.append(end)
    return application


class Faces:
    """What stands around every page: headers, the browser's cookie, errors in the reader's words, the switches."""

    def __init__(self, pages: Pages, cookies: Cookies, *, demo: bool) -> None:
        self._pages, self._cookies, self._demo = pages, cookies, demo

    @web.middleware
    async def around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(MACHINES):
            return await handler(request)
        if self._demo and request.url.host not in LOOPBACK:
            # A name of somebody else's that leads here (DNS rebinding) must not reach the demo's open seats.
            return web.Response(status=421, text="The demo answers on localhost only.\n")
        try:
            response = await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = self._error(request, error.status)
        except ConnectionError:
            raise
        except Exception:
            resource = request.match_info.route.resource
            log.exception("a page failed", path=resource.canonical if resource else "")
            response = self._error(request, 500)
        if (fresh := request.get(FRESH)) and not response.prepared:
            self._cookies.set(response, BROWSER, fresh, strict=True)
        return response

    async def headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put on just before anything is sent, so that streams and files have them too."""
        if request.path.startswith("/telegram/"):
            return  # No browser reads the empty answer to Telegram.
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if self._cookies.secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/static/"):
            kept = "public, max-age=31536000, immutable" if "v" in request.query else "no-cache"
            response.headers["Cache-Control"] = kept
            return
        response.headers.setdefault("Cache-Control", "no-store")

    async def settings(self, request: web.Request) -> web.Response:
        """The switches: language, large letters. Back to where the reader was."""
        form = await read_form(request)
        if not is_ours(request, form.get("proof")):
            raise web.HTTPForbidden
        back = form.get("back")
        answer = web.HTTPSeeOther(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
        seat = seat_of(request)
        if form.get("language") in LANGUAGES:
            self._cookies.set(answer, preference("language", seat), form.get("language"))
        if form.get("size") in ("large", "normal"):
            self._cookies.set(answer, preference("size", seat), form.get("size"))
        raise answer

    async def icon(self, request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/static/icon.svg")

    def _error(self, request: web.Request, status: int) -> web.Response:
        reader = self._cookies.reader(request)
        key = f"e{status}" if status in (403, 404, 413) else "e500" if status >= 500 else "e400"
        if "application/json" in request.headers.get("Accept", ""):
            return as_json({"error": self._say(f"web.notice.{key}.words", reader)}, status=status)
        return self._pages.notice(reader, key, status=status)

    def _say(self, key: str, reader: Reader) -> str:
        return self._pages.texts.say(key, {}, reader.language)
