"""The address library: a million standard addresses built, and what people write found in them.

`python -m benchmarks.addresses [--addresses N]`. It runs in a process of its own, so that the memory is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import asdict

from benchmarks import city
from benchmarks.table import Figure, memory, percentile
from routing.address import match, sure
from routing.directory import Directory

ADDRESSES, ASKED = 1_000_000, 6000


def figures(count: int = ADDRESSES, seed: int = 1) -> list[Figure]:
    """Builds a city's directory and matches what its people write: a slip or another way of writing in each."""
    areas, rows = tuple(city.areas()), tuple(city.addresses(count))
    before = memory()
    began = time.perf_counter()
    directory = Directory.of(areas, addresses=rows)
    built = time.perf_counter() - began
    dice = random.Random(seed)
    asked = [(each, city.written(each, dice)) for each in dice.sample(rows, min(ASKED, count))]
    match("桂花苑3幢", None, None, directory)
    took: list[float] = []
    first = among = alone = wrong = 0
    cpu = time.process_time()
    for address, text in asked:
        start = time.process_time()
        found = match(text, None, address.area.partition("g")[0], directory)
        took.append((time.process_time() - start) * 1000)
        ids = [each.address_id for each in found]
        first += ids[:1] == [address.address_id]
        among += address.address_id in ids
        if best := sure(found):
            alone += 1
            wrong += best.grid != address.area
    rate = len(asked) / (time.process_time() - cpu)
    itself = sum(
        match(each.text, None, None, directory)[0].address_id == each.address_id for each in dice.sample(rows, 1000)
    )
    p99 = percentile(took, 99)
    return [
        Figure(f"library of {count:,} addresses built", built, "s", "under 120", built < 120),
        Figure("  memory at most, the rows among it", memory(), "MB", "under 1,000", memory() < 1000),
        Figure("  of which the rows alone", before, "MB"),
        Figure("written addresses matched, a second and core", rate, "/s", "at least 2,000", rate >= 2000),
        Figure("  one, of a core's time, p50", percentile(took, 50), "ms"),
        Figure("  one, of a core's time, p99", p99, "ms", "under 3", p99 < 3),
        Figure("  the standard address itself is found first", itself / 10, "%", "100", itself == 1000),
        Figure("  written otherwise or with a slip: first", 100 * first / len(asked), "%"),
        Figure("  written otherwise or with a slip: among three", 100 * among / len(asked), "%"),
        Figure("  taken without asking", 100 * alone / len(asked), "%"),
        Figure("  of these in the wrong grid", 100 * wrong / max(alone, 1), "%", "under 0.5", wrong * 200 < alone),
    ]


async def measure() -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.addresses", "--json"]
    run = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await run.communicate()
    return [Figure(**each) for each in json.loads(out)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=ADDRESSES)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = figures(options.addresses)
    if options.json:
        print(json.dumps([asdict(each) for each in found]))
    else:
        print(*found, sep="\n")


if __name__ == "__main__":
    main()
