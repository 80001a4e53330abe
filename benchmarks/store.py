"""The store alone: keep, thread, scene and commit of a new report per message, with letters and clocks."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.channels.base import RenderedButton
from bot.messages import Address, Inbound, Kind, Letter, Sender
from bot.outcome import Draft, Outcome, Scene, Thread
from bot.store import Database, Keys, Stale, Store
from bot.store.migrate import migrate
from routing.case import Case, State, Step, Verb
from routing.directory import Area, AreaKind, DirectoryRows, Group, Person, Role
from routing.sla import start


@dataclass(frozen=True)
class Rendered:
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()


def render(letter: Letter) -> Rendered:
    return Rendered(f"{letter.key} {letter.params}")


def rows(groups: int) -> DirectoryRows:
    """A street of communities with five grids each, a cadre per grid, so many groups."""
    areas = [Area("s", None, AreaKind.STREET, "street")]
    people, chats = [], []
    for c in range(30):
        areas.append(Area(f"c{c}", "s", AreaKind.COMMUNITY, f"community {c}"))
        for g in range(5):
            areas.append(Area(f"c{c}g{g}", f"c{c}", AreaKind.GRID, f"grid {c}.{g}"))
            people.append(
                Person(f"p{c}.{g}", "name", Role.CADRE, f"c{c}g{g}", None, "19900000000", "telegram", f"u{c}.{g}")
            )
    for n in range(groups):
        chats.append(Group("telegram", "bot1", f"-{n}", f"c{n % 30}g{n % 5}", f"group {n}"))
    return DirectoryRows(tuple(areas), tuple(people), (), tuple(chats))


def report(inbound: Inbound, thread: Thread, scene: Scene, now: datetime) -> Outcome:
    """What the report desk would decide for a first message: a case, its clocks, two letters, a draft."""
    number = scene.fresh.number
    grid = scene.group.area if scene.group else ""
    case = Case(
        number, State.DISPATCHED, thread.resident.id, thread.id, inbound.message_id, inbound.sent_at, inbound.text,
        category="enforcement.garbage", urgency="today", grid=grid, holder="p0.0", asked=("p0.0",), place="桥头",
    )  # fmt: skip
    steps = (
        Step(number, Verb.RECEIVE, now, thread.resident.id, inbound.text),
        Step(number, Verb.DISPATCH, now, "bot", to="p0.0"),
    )
    letters = (
        Letter(inbound.at, "case.received", {"number": case.shown}, reply_to=inbound.message_id, case=number,
               slot=f"c{number}", stops="sign"),
        Letter(Address("telegram", "bot1", f"u{grid}"), "case.yours", {"number": case.shown}, case=number,
               slot=f"c{number}:card", stops="dispatch"),
    )  # fmt: skip
    talk = replace(thread, draft=Draft(now + timedelta(minutes=10), number))
    return Outcome(inbound.cause, (talk, case, *start(number, "today", inbound.sent_at)), steps, letters)


async def run(url: str, messages: int, groups: int, people: int, at_once: int) -> dict[str, float]:
    db = Database.open(url)
    migrate(db)
    store = await Store.open(db, Keys.of(bytes(32)), render)
    await store.replace_directory(rows(groups))
    lock = asyncio.Semaphore(at_once)
    times: list[float] = []

    async def one(n: int) -> None:
        async with lock:
            begun = time.perf_counter()
            now = datetime.now(UTC)
            inbound = Inbound(
                str(n), Address("telegram", "bot1", f"-{n % groups}"), Kind.MESSAGE, now, False,
                Sender(str(1_000_000 + n % people), "王奶奶"), str(n), "桥头的垃圾堆了三天了，没有人来清理，味道很大",
                addressed=True,
            )  # fmt: skip
            (ours,) = await store.keep([inbound], {inbound.cause}, worker="intake", now=now)
            for _ in range(8):  # as the intake does: what changed meanwhile is looked at again
                thread = await store.thread(ours)
                scene = await store.scene(ours, thread, likeness=lambda words: 0.5, now=now)
                with suppress(Stale):
                    await store.commit(report(ours, thread, scene, now))
                    break
            times.append(time.perf_counter() - begun)

    for n in range(50):  # warm
        await one(1_000_000 + n)
    times.clear()
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(n) for n in range(messages)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await db.close()
    times.sort()
    return {
        "messages_per_s": round(messages / wall, 1),
        "cpu_ms_per_message": round(cpu / messages * 1000, 3),
        "p50_ms": round(times[len(times) // 2] * 1000, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
        "max_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a database; default: SQLite in a temporary folder")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--groups", type=int, default=446)
    parser.add_argument("--people", type=int, default=1_000_000, help="few: most messages come from known residents")
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = args.url or f"sqlite:///{Path(folder)}/bench.db"
        found = asyncio.run(run(url, args.messages, args.groups, args.people, args.at_once))
    if args.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
