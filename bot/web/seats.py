"""The demo's door: whoever opens the page chooses a seat, or sits in several side by side. Loopback only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from aiohttp import web
from sqlalchemy import Connection

from bot.store import web_chat
from bot.store.private import Keys
from bot.web.pages import Pages, path
from bot.web.readers import Cookies, Visitor

SIDE_BY_SIDE = 3  #: Seats at most; each holds a line open, and browsers allow six to one house.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody of the sample street whom one can be."""

    user_id: str
    name: str = field(repr=False)
    role: str  #: resident, cadre, patrol, unit or desk
    blurb_key: str  #: Text key: who this is, in one line.
    chats: tuple[str, ...] = ()  #: The groups; the first one opens. Empty: the private chat with the bot.


def furnish(
    connection: Connection, seats: Iterable[Seat], titles: Mapping[str, str], now: datetime, keys: Keys | None = None
) -> None:
    """Puts the seats' people into the chats they have. `titles` names the groups. Twice is the same as once."""
    for seat in seats:
        web_chat.add_user(connection, seat.user_id, seat.name, now, keys)
        web_chat.open_private(connection, seat.user_id)
        for chat in seat.chats:
            if not web_chat.chat_exists(connection, chat):
                web_chat.add_group(connection, chat, titles.get(chat, chat))
            web_chat.join(connection, chat, [seat.user_id], admin=seat.role in ("cadre", "desk"))


class SeatDoor:
    """`/` to choose, `/s/{seat}/chat` to sit, `/split?seats=a,b` to sit side by side."""

    prefix = "/s/{seat}"

    def __init__(self, seats: Sequence[Seat], pages: Pages, cookies: Cookies) -> None:
        self._seats = {seat.user_id: seat for seat in seats}
        self._pages, self._cookies = pages, cookies

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.choose),
            web.get("/split", self.split),
            web.get(self.prefix, self.sit),
        ]

    async def visitor(self, request: web.Request) -> Visitor:
        seat = self._seats.get(request.match_info["seat"])
        if seat is None:
            raise web.HTTPNotFound
        return Visitor(seat.user_id, seat.name, seat.role)

    async def choose(self, request: web.Request) -> web.Response:
        reader = self._cookies.reader(request)
        return self._pages.page("seats.html", reader, seats=list(self._seats.values()), chosen=self._suggested())

    async def sit(self, request: web.Request) -> web.Response:
        await self.visitor(request)
        raise web.HTTPSeeOther(self.opening(self._seats[request.match_info["seat"]]))

    async def split(self, request: web.Request) -> web.Response:
        reader = self._cookies.reader(request)
        named = chain.from_iterable(words.split(",") for words in request.query.getall("seats", []))
        wanted = [self._seats[name] for name in dict.fromkeys(named) if name in self._seats][:SIDE_BY_SIDE]
        if not wanted:
            raise web.HTTPSeeOther("/")
        columns = [(seat, self.opening(seat)) for seat in wanted]
        return self._pages.page("split.html", reader, columns=columns, seats=list(self._seats.values()))

    def opening(self, seat: Seat) -> str:
        """The chat that a seat begins in: residents in their group, the others where their cards arrive."""
        first = seat.chats[0] if seat.chats and seat.role == "resident" else seat.user_id
        return path("/s", seat.user_id, "chat", first)

    def _suggested(self) -> list[str]:
        """A resident and whoever answers: the pair that shows the whole way."""
        firsts: dict[str, str] = {}
        for seat in self._seats.values():
            firsts.setdefault(seat.role, seat.user_id)
        return [firsts[role] for role in ("resident", "cadre") if role in firsts]
