"""The demo: the sample street in a browser on this machine, with seats to choose from. Never under `wuyou run`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path

from bot.__main__ import House, build, run, written
from bot.config import Settings, Web
from bot.faq_file import read_faq
from bot.sample.goods import GOODS
from bot.sample.street import street
from bot.store import mall
from bot.web.seats import Seat, furnish
from routing.directory import Directory, DirectoryRows, Shift

#: The grid where the demo's residents live, and the groups they sit in.
GRID = "xx-c01-g1"
#: These are on duty round the clock here, so that the demo goes the same way at midnight.
ALWAYS = ("cadre001", "desk1", "approver1")


def rows() -> DirectoryRows:
    """The sample street with somebody always on duty where the demo plays."""
    sample = street()
    day_and_night = tuple(Shift(person, day, time(0), time(0)) for person in ALWAYS for day in range(1, 8))
    others = tuple(shift for shift in sample.duty if shift.person not in ALWAYS)
    return replace(sample, duty=others + day_and_night)


def seats(directory: Directory, now: datetime) -> list[Seat]:
    """Two residents, the cadre of their grid, a patrol on duty, the desk, and who approves its alerts."""
    community = directory.community_of(GRID)
    here = [group for group in directory.groups if group.area == GRID]
    there = [group for group in directory.groups if community and group.area == community.code]
    groups = tuple(group.chat_id for group in (*here[:2], *there[:1]))
    listening = next((group.chat_id for group in directory.groups if group.hears == "listen"), "")
    staff = [(directory.cadres_of(GRID)[0], "web.seat.cadre")]
    if patrols := directory.patrols_on_duty(GRID, now) or directory.patrols_of(GRID):
        staff.append((patrols[0], "web.seat.patrol"))
    staff.append((directory.desk_of(GRID)[0], "web.seat.desk"))
    if approver := directory.person(ALWAYS[-1]):
        staff.append((approver, "web.seat.approver"))
    return [
        Seat("resident1", "陈奶奶", "resident", "web.seat.grandma", groups),
        Seat("resident2", "小周", "resident", "web.seat.young", tuple(filter(None, (*groups, listening)))),
        *(Seat(person.user_id or person.id, person.name, str(person.role), blurb, groups) for person, blurb in staff),
    ]


def settings(data: Path, port: int, language: str = "zh", model: Path | None = None) -> Settings:
    """The demo's settings: everything in one folder, on loopback; perhaps with a model trained elsewhere."""
    data = data.resolve()
    return Settings(
        database=f"sqlite:///{data / 'demo.db'}",
        photos=str(data / "photos"),
        keys=str(data / "keys.json"),
        web=Web(host="127.0.0.1", port=port),
        texts={"language": language},
        nlu={"model": str(model.resolve()) if model else ""},
    )


async def furnished(house: House, chosen: list[Seat], now: datetime) -> None:
    """Puts the sample street, its answers and the seats into an empty house; a second time changes nothing."""
    store = house.store
    wanted = rows()
    if not store.directory.groups:
        await store.replace_directory(wanted)
    if not store.faq:
        await store.faq_put(read_faq(written() / "faq.yml"))
    there = await store.db.read(lambda connection: {each.id for each in mall.goods(connection, all_=True)})
    for each in GOODS:
        if each.id not in there:
            await store.db.write(partial(mall.put_goods, goods=each))
    titles = {group.chat_id: group.name for group in wanted.groups}
    await store.db.write(lambda connection: furnish(connection, chosen, titles, now, store.keys))


async def play(
    port: int, data: Path, started: Callable[[str], None], language: str = "zh", model: Path | None = None
) -> None:
    """Runs the demo until cancelled. `started` hears the address."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    chosen = seats(rows().directory(), now)
    async with build(settings(data, port, language, model), seats=chosen) as house:
        await furnished(house, chosen, now)
        await run(house, started)
