"""All figures in one run: `make bench`, or `python -m benchmarks [--json] [--only webhook|messages|...]`.

Each is measured beside what it is compared with, here and now. Exit code 1 when one that was asked for is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks import addresses, alerts, ledger, messages, outbox, rate_limiter, routing, understanding, webhook
from benchmarks.table import Figure


async def letters() -> list[Figure]:
    """446 letters to 446 groups against the server that enforces the limits; 100,000 letters written at once."""
    with tempfile.TemporaryDirectory() as folder:
        found = await outbox.alert(f"sqlite:///{Path(folder) / 'bench.db'}", outbox.GROUPS)
        many = await asyncio.to_thread(outbox.enqueue, f"sqlite:///{Path(folder) / 'many.db'}")
    return [
        Figure("446 letters to 446 groups", found.seconds, "s", f"floor {found.floor:.2f} s"),
        Figure("  against the floor (letters / 29 s)", found.ratio, "x", "within 1.05", found.ratio <= 1.05),
        Figure("  answered 429", found.refused_429, "", "fewer than 10", found.refused_429 < 10),
        Figure(f"{many.letters:,} letters written into the outbox", many.seconds, "s", "under 3", many.seconds < 3),
    ]


BENCHES: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "webhook": webhook.measure,
    "messages": messages.measure,
    "outbox": letters,
    "alerts": alerts.measure,
    "limiter": rate_limiter.measure,
    "routing": routing.measure,
    "understanding": understanding.measure,
    "addresses": addresses.measure,
    "ledger": ledger.measure,
}


async def measure(names: list[str], loud: bool) -> list[Figure]:
    """Runs them one after the other; prints each line as it is known."""
    figures = []
    for name in names:
        for figure in await BENCHES[name]():
            figures.append(figure)
            if loud:
                print(figure, flush=True)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--only", choices=sorted(BENCHES), help="one of them")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    machine = f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}"
    if not options.json:
        print(f"{machine}\n{'':<58} {'measured':>12} {'':<4} {'asked':<24} kept")
    figures = asyncio.run(measure([options.only] if options.only else list(BENCHES), not options.json))
    if options.json:
        print(json.dumps({"machine": machine, "figures": [asdict(each) for each in figures]}, ensure_ascii=False))
    return int(any(figure.kept is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
