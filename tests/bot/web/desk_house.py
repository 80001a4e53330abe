"""The desk's pages over a whole store with the town in it; people who sign in, and cases to work on.

python -m tests.bot.web.desk_house [port] [cases] opens the demo's desk on 127.0.0.1, to look at it.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import text

from bot.channels.web import ChatRooms, WebChannel, utc_now
from bot.messages import Inbound
from bot.my_data import MyData
from bot.outcome import Outcome
from bot.store import Database, Keys, Store, accounts, desk_cases
from bot.texts import Texts
from bot.web.app import app
from bot.web.health import Health
from bot.web.seats import Seat, furnish
from routing.case import Case, Step, Verb
from routing.directory import DirectoryRows
from tests import town
from tests.bot.store.cast import case_of, message, private, report
from tests.bot.web.harness import TITLES, Album, Ears, House
from tests.bot.web.visiting import Guest, guest
from tests.fakes import Clock
from tests.tables import MovedIn, tables_at

PASSWORD = "nine warm stoves"
#: The town as the usual desk has it.
TOWN = MovedIn()
SEATS = (
    Seat("chen", "陈奶奶", "resident", "web.seat.grandma", (town.WEB_WILLOW,)),
    Seat("u-feng", "冯晓敏", "desk", "web.seat.desk", (town.WEB_WILLOW,)),
    Seat("u-li", "李建国", "cadre", "web.seat.cadre", (town.WEB_WILLOW,)),
)


@dataclass
class DeskHouse:
    """What runs, within reach of a test."""

    house: House
    store: Store
    clock: Clock
    committed: list[Outcome] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.house.url

    def code(self, person: str) -> str:
        """A set-up code."""
        return self.store.db.write_now(lambda c: accounts.invite(c, person, self.clock()))

    def session(self, person: str) -> str:
        """The token of a session, without the way through the door."""
        if self.store.db.read_now(lambda c: accounts.password_of(c, person)) is None:
            code = self.code(person)
            self.store.db.write_now(lambda c: accounts.set_up(c, code, "no hash", self.clock()))
        return self.store.db.write_now(lambda c: accounts.sign_in(c, person, self.clock()))

    def revoked(self, person: str) -> str:
        """The token of a session that was good until the account was closed."""
        token = self.session(person)
        self.store.db.write_now(lambda c: accounts.revoke(c, person, self.clock()))
        return token

    async def case(self, words: str = "桥头有垃圾", *, alone: bool = False, **fields: object) -> Case:
        """An open case of a resident, from a group or told alone."""
        came = private(words=words) if alone else message(words=words)
        return await opened(self.store, replace(came, sent_at=self.clock()), **fields)

    async def now(self, number: str) -> Case:
        scene = await self.store.scene_for_case(number)
        assert scene.case is not None
        return scene.case

    async def steps(self, number: str) -> list[Verb]:
        return [step.verb for step in (await self.store.scene_for_case(number)).steps]

    def letters(self) -> list[str]:
        """Slots and chats of what waits to go out."""
        return self.store.db.read_now(
            lambda c: [f"{row.chat} {row.slot}" for row in c.execute(text("SELECT chat, slot FROM outbox ORDER BY id"))]
        )

    def said(self) -> list[tuple[str, str]]:
        """(chat, words) of all letters."""
        numbers = self.store.db.read_now(
            lambda c: [row[0] for row in c.execute(text('SELECT DISTINCT "case" FROM outbox'))]
        )
        letters = [
            letter
            for number in numbers
            for letter in self.store.db.read_now(
                lambda c, number=number: desk_cases.letters_of(c, self.store.house, number, 100)
            )
        ]
        return [(letter.to.chat, letter.text) for letter in letters]


def rows(channel: str = "") -> DirectoryRows:
    """The town; with its staff on another channel, if one is named."""
    found = town.rows()
    if not channel:
        return found
    return replace(found, people=tuple(replace(person, channel=channel) for person in found.people))


@asynccontextmanager
async def desk_house(
    folder: Path,
    *,
    url: str = "",
    demo: bool = False,
    clock: Callable[[], datetime] | None = None,
    port: int = 0,
    secure: bool = False,
    proxies: Sequence[str] = (),
) -> AsyncIterator[DeskHouse]:
    """The pages on a database in `folder` (or at `url`, with its tables), served on loopback."""
    usual = not (url or demo or clock or (folder / "town.db").exists())
    moved_in = usual and TOWN.copied(folder)
    now, texts = clock or Clock(town.NOON), Texts.load()
    db = Database.open(url or tables_at(folder / "town.db"))
    try:
        keys = Keys.load(folder / "keys", create=True)
        first = {"web": "web"} if demo else {town.CHANNEL: town.BOT}
        store = await Store.open(db, keys, texts.render, now=now, first=first)
        if not moved_in:
            await store.replace_directory(rows("web" if demo else ""))
            await db.write(lambda c: furnish(c, SEATS, TITLES, now(), keys))
            if usual:
                TOWN.keep(folder)
        rooms, ears, album = ChatRooms(db, now, keys), Ears(), Album()
        committed: list[Outcome] = []
        application = app(
            chat=rooms,
            intake=ears,
            photos=album,
            texts=texts,
            seats=SEATS if demo else None,
            health=Health({}),
            directory=lambda: store.directory,
            store=store,
            secure=secure,
            committed=committed.append,
            proxies=proxies,
            data=MyData(store, album, texts, now),
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            served = f"http://127.0.0.1:{runner.addresses[0][1]}"
            house = House(served, db, rooms, WebChannel(rooms, album), ears, album, runner, application)
            yield DeskHouse(house, store, now, committed)  # type: ignore[arg-type]
        finally:
            await runner.cleanup()
    finally:
        await db.close()


@asynccontextmanager
async def at_work(house: DeskHouse, person: str = town.DESK_BY_DAY) -> AsyncIterator[Guest]:
    """Somebody with a session."""
    async with guest(house.house) as visitor:
        visitor.keep("wuyou-desk", house.session(person))
        yield visitor


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="(\w+)"', page)
    assert found, "no form on the page"
    return found[1]


async def press(visitor: Guest, number: str, act: str, **fields: str) -> str:
    """Opens the case and presses one of its buttons."""
    page = await visitor.open(f"/desk/cases/{number}")
    return await visitor.send(f"/desk/cases/{number}/{act}", key=key_of(page), **fields)


async def opened(store: Store, came: Inbound, **fields: object) -> Case:
    """Commits what a first report becomes, without its letter, and returns the case as it was read back."""
    outcome = replace(await report(store, came, **fields), letters=())
    await store.commit(outcome)
    return await case_of(store, outcome.steps[0].case)


async def furnish_cases(house: DeskHouse, many: int) -> None:
    """Cases of several kinds, ages and states, to look at."""
    kinds = (
        ("service.insects", "now", "院子里树上有个很大的马蜂窝，小孩都不敢过去", "桂花苑3幢2单元", town.GRID_1),
        ("enforcement.noise", "today", "楼下广场舞音响太吵了，晚上十点还在放", "柳岸路18号", town.GRID_2),
        ("service.light", "days", "桥头的路灯不亮了", "望江桥", town.GRID_4),
        ("order.family", "today", "隔壁又在吵架打人", "新桥路5号", town.GRID_3),
        ("enforcement.ebike", "now", "楼道里有人给电瓶车充电", "桂花苑1幢1单元", town.GRID_1),
        ("market.food", "days", "菜场买的肉有味道", "新桥农贸市场", town.GRID_3),
        ("", "", "", "", town.WILLOW),
    )
    people = ("", "li", "qian", "feng", "zhao")
    for n in range(many):
        category, urgency, words, place, grid = kinds[n % len(kinds)]
        at = house.clock() - timedelta(minutes=(n * 37) % 900)
        came = replace(message(words=words or "这个怎么弄？"), sent_at=at)
        case = await opened(
            house.store, came, category=category, urgency=urgency or "today", place=place, grid=grid,
            private=category == "order.family", reason="grid 1's cadre is on duty",
        )  # fmt: skip
        if who := people[n % len(people)]:
            step = Step(case.number, Verb.DISPATCH, at + timedelta(seconds=20), "bot", to=who)
            await house.store.commit(Outcome(f"x:{case.number}", (case.after(step),), (step,)))


async def _look(port: int, many: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with desk_house(Path(folder), demo=True, port=port, clock=utc_now) as here:
            await furnish_cases(here, many)
            print(f"{here.url}/s/u-feng/desk", flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_look(int(sys.argv[1]) if len(sys.argv) > 1 else 8098, int(sys.argv[2]) if len(sys.argv) > 2 else 60))
