"""Understanding on one thread: how fast with a thousand entries and with a hundred thousand, how long the training of
everything takes, and what it holds in memory.

`python -m benchmarks.understanding`
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import nlu
from benchmarks.table import Figure, memory, percentile

DATA = Path(nlu.__file__).with_name("data")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def alone(what: str) -> list[float]:
    """Runs one part in a process of its own, on one thread, so that its memory is its own; returns what it prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.understanding", "--part", what],
        env={**os.environ, **dict.fromkeys(THREADS, "1")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(each) for each in ran.stdout.split()]


def resident() -> float:
    """Returns the resident memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def train() -> tuple[float, ...]:
    """Seconds for all of nlu/data, in CPU time and by the clock, and the most memory taken, in MB."""
    from nlu.train import train as learn
    from nlu.written import read_folder

    began, cpu = time.perf_counter(), time.process_time()
    learn(read_folder(DATA))
    return time.process_time() - cpu, time.perf_counter() - began, memory()


def understand(entries: int) -> tuple[float, ...]:
    """p50, p99 in milliseconds of CPU and of the clock, and resident MB, with so many entries: the written ones, and
    others whose phrasings are put together from pieces of written lines."""
    from nlu.lexical import Lexicon
    from nlu.train import load_or_train
    from nlu.understand import Understand
    from nlu.understanding import Entry
    from nlu.written import read_folder

    model = load_or_train(DATA, Path("data/model"))
    written = read_folder(DATA)
    texts = [each.text for each in written.examples]
    dice = random.Random(7)

    def piece() -> str:
        text = dice.choice(texts)
        start = dice.randrange(max(1, len(text) - 4))
        return text[start : start + dice.randint(4, 9)]

    known = written.entries()
    made = (
        Entry(f"made{number}", piece() + piece(), tuple(piece() + piece() for _ in range(3 if entries > 5000 else 30)))
        for number in range(entries - len(known))
    )
    lexicon = Lexicon((*known, *made), (), model.background, model.entries)
    asked = dice.sample(texts, 1500)
    nlu_, now = Understand(model), datetime.now(UTC)
    gc.collect()
    gc.freeze()  # As `run` does.

    async def run() -> tuple[list[float], list[float]]:
        cpu, clock = [], []
        for number, text in enumerate(asked):
            began, used = time.perf_counter(), time.thread_time()
            await nlu_.understand(text, topic=None, lexicon=lexicon, now=now)
            if number >= 100:  # The first ones fill caches.
                cpu.append((time.thread_time() - used) * 1000)
                clock.append((time.perf_counter() - began) * 1000)
        return cpu, clock

    cpu, clock = asyncio.run(run())
    return percentile(cpu, 50), percentile(cpu, 99), percentile(clock, 50), percentile(clock, 99), resident()


async def measure() -> list[Figure]:
    """Each in a process of its own. CPU time is what the code takes; the clock counts what others take meanwhile."""
    seconds, clock, most = await asyncio.to_thread(alone, "train")
    figures = [
        Figure("training everything, CPU", seconds, "s", "under 60", seconds < 60),
        Figure("  by the clock", clock, "s"),
        Figure("  most memory", most, "MB"),
    ]
    for entries, limits in ((1000, (2.0, 6.0)), (100_000, (None, 10.0))):
        p50, p99, half, tail, resident = await asyncio.to_thread(alone, str(entries))
        most50, most99 = limits
        asked = f"under {most50:g}" if most50 else ""
        figures += [
            Figure(
                f"understand() with {entries:,} entries, p50, CPU",
                p50,
                "ms",
                asked,
                None if most50 is None else p50 < most50,
            ),
            Figure("  p99, CPU", p99, "ms", f"under {most99:g}", p99 < most99),
            Figure("  p50 by the clock", half, "ms"),
            Figure("  p99 by the clock", tail, "ms"),
            Figure(
                "  resident memory", resident, "MB", "under 400" if most50 else "", resident < 400 if most50 else None
            ),
        ]
    return figures


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--part"]:
        found = train() if arguments[1] == "train" else understand(int(arguments[1]))
        print(*found)
        return
    for figure in asyncio.run(measure()):
        print(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
