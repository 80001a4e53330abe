"""The whole way of a message inside the house: stored, understood, decided, committed; how many, how quickly, and
whether a city of 50,000 groups costs more than a street of 446.

`python -m benchmarks.messages [--messages N]`
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from benchmarks.table import Figure, percentile
from bot.__main__ import House, build, settle, written
from bot.config import Settings
from bot.faq_file import read_faq
from bot.messages import Address, Inbound, Kind, Sender
from bot.outcome import Outcome
from bot.sample.street import street
from routing.directory import Group

#: What people write, one in three a question. Places are the sample street's.
SAID = (
    "桂花苑门口的路灯坏了三天了",
    "居住证怎么办,要什么材料",
    "新桥头垃圾堆了好几天没人收",
    "楼下烧烤摊油烟太大了,天天晚上熏得睡不着",
    "电动车在哪里充电",
    "消防通道被车堵住了,3幢楼下",
    "河里漂了好多死鱼",
    "老年优待证怎么办",
    "小区门口井盖没了,太危险了",
)


@asynccontextmanager
async def house(groups: int) -> AsyncIterator[House]:
    """The house on SQLite with FULL sync, the sample street, and so many groups; nothing is sent."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(
            database=f"sqlite:///{home / 'bench.db'}", photos=str(home / "photos"), keys=str(home / "keys")
        )
        async with build(settings) as built:
            rows = street()
            more = tuple(
                Group("web", "web", f"x{number:06d}", rows.groups[number % len(rows.groups)].area, f"group {number}")
                for number in range(groups - len(rows.groups))
            )
            await built.store.replace_directory(replace(rows, groups=rows.groups + more))
            await built.store.faq_put(read_faq(written() / "faq.yml"))
            watch = asyncio.create_task(settle().watch())  # As `run` does.
            yield built
            watch.cancel()
            await built.intake.idle()


def messages(built: House, count: int, seed: int = 1) -> list[Inbound]:
    """So many first messages, addressed to the bot, from as many people in groups drawn by lot."""
    dice = random.Random(seed)
    groups = [group.chat_id for group in built.store.directory.groups]
    return [
        Inbound(
            key=f"{seed}-{number}",
            at=Address("web", "web", dice.choice(groups)),
            kind=Kind.MESSAGE,
            sent_at=datetime.now(UTC),
            sender=Sender(f"user{seed}-{number}", "somebody"),
            message_id=f"m{seed}-{number}",
            text=SAID[number % len(SAID)],
            addressed=True,
        )
        for number in range(count)
    ]


async def through(built: House, inbounds: Sequence[Inbound], every: float = 0.0) -> tuple[float, list[float]]:
    """Takes the messages in, one each `every` seconds (0: as they come, 32 under way). Returns the seconds in all and,
    for each, the seconds from its coming until its answer stood in the outbox."""
    came: dict[str, float] = {}
    took: list[float] = []
    commit = built.store.commit

    async def timed(outcome: Outcome) -> None:
        await commit(outcome)
        if outcome.letters and outcome.cause in came:
            took.append(time.perf_counter() - came[outcome.cause])

    built.store.commit = timed  # type: ignore[method-assign, assignment]
    under_way = asyncio.Semaphore(32)
    started = time.perf_counter()

    async def come(inbound: Inbound) -> None:
        async with under_way:
            came[inbound.cause] = time.perf_counter()
            await built.intake.take([inbound])

    tasks = []
    for number, inbound in enumerate(inbounds):
        if every and (wait := started + number * every - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(come(inbound)))
    await asyncio.gather(*tasks)
    await built.intake.idle()
    seconds = time.perf_counter() - started
    built.store.commit = commit  # type: ignore[method-assign]
    assert len(took) == len(inbounds), f"{len(inbounds) - len(took)} messages got no answer"
    return seconds, took


async def first_replies(built: House, rounds: int = 5) -> list[Figure]:
    """100 messages a second in rounds of 6 s. A disk that stands still for a moment decides the p99 of the round it
    falls into, so the median of the rounds counts, and what a bare 8 KB fsync took meanwhile stands beside it."""
    with tempfile.NamedTemporaryFile() as file:
        halves, tails, probes = [], [], []
        for seed in range(2, 2 + rounds):
            done = threading.Event()
            probe = asyncio.create_task(asyncio.to_thread(syncs, file.fileno(), done))
            _, took = await through(built, messages(built, 600, seed=seed), every=0.01)
            done.set()
            halves.append(percentile(took, 50) * 1000)
            tails.append(percentile(took, 99) * 1000)
            probes += await probe
    p99 = percentile(tails, 50)
    return [
        Figure("first reply enqueued at 100 a second, p50", percentile(halves, 50), "ms", f"median of {rounds} rounds"),
        Figure("first reply enqueued at 100 a second, p99", p99, "ms", "under 50", p99 < 50),
        Figure("  the p99 of the best round", min(tails), "ms"),
        Figure("  the p99 of the worst round", max(tails), "ms"),
        Figure("  the longest bare 8 KB fsync meanwhile", max(probes) * 1000, "ms", "the disk's own share"),
    ]


def syncs(file: int, done: threading.Event) -> list[float]:
    """Returns how long each fsync of 8 KB took, in seconds, 50 a second until `done`."""
    took = []
    while not done.wait(0.02):
        os.write(file, bytes(8192))
        started = time.perf_counter()
        os.fsync(file)
        took.append(time.perf_counter() - started)
    return took


async def measure(count: int = 3000) -> list[Figure]:
    """Throughput, latency at 100 a second, and the cost at 50,000 groups against 446, in turns."""
    async with house(446) as small:
        await through(small, messages(small, 300, seed=9))
        seconds, took = await through(small, messages(small, count))
        rate = count / seconds
        figures = [
            Figure("messages a second, stored to committed", rate, "/s", "at least 300", rate >= 300),
            Figure("  of these: from coming to committed, p50", percentile(took, 50) * 1000, "ms", "all come at once"),
            Figure("  of these: from coming to committed, p99", percentile(took, 99) * 1000, "ms", "all come at once"),
        ]
        figures += await first_replies(small)
    async with house(446) as small, house(50_000) as large:
        await through(small, messages(small, 300, seed=9))
        await through(large, messages(large, 300, seed=9))
        ratios = []
        for seed in range(11, 18):
            # In turns, so that a machine that gets slower or faster meanwhile does it to both.
            one, _ = await through(small, messages(small, 300, seed))
            other, _ = await through(large, messages(large, 300, seed))
            ratios.append(other / one)
        ratio = percentile(ratios, 50)
        figures.append(Figure("a message with 50,000 groups against 446", ratio, "x", "at most 1.2", ratio <= 1.2))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3000)
    options = parser.parse_args()
    for figure in asyncio.run(measure(options.messages)):
        print(figure)


if __name__ == "__main__":
    main()
