"""How long one route decision takes: the rules, who is complained of, the ladder and who is on duty."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock

from benchmarks import sweep
from benchmarks.table import Figure, percentile
from bot.rules_file import shipped
from bot.sample.street import street
from routing.accused import STAFF
from routing.case import Case, State
from routing.platforms import CATEGORIES
from routing.route import route
from routing.rules import Hours, Rule, Rules

DECISIONS = 5_000
ASKED = 3.0  #: Milliseconds.
_WORDS = "昨天晚上十一点多，楼上又开始装修，电钻声音很大，王师傅来过一次也没有用，请派出所的人管一管。"


def many(count: int) -> Rules:
    """So many rules that look at words, time and place and never hold, before the shipped ones."""
    night = (Hours(clock(3), clock(4)),)
    idle = (
        Rule(f"rule {n}", n, frozenset({"order", "market", "enforcement", "service"}), time=night, words=(f"词{n}",))
        for n in range(count // 2)
    )
    elsewhere = (Rule(f"place {n}", n, area=frozenset({f"x{n}"})) for n in range(count - count // 2))
    return Rules((*idle, *elsewhere, *shipped().rules))


async def measure() -> list[Figure]:
    """The sample street (446 groups, 221 patrols), every kind of matter in every grid, around the clock."""
    directory = street().directory()
    grids = [area.code for area in directory.areas.values() if area.kind == "grid"]
    reach, codes, start = frozenset(directory.people), list(CATEGORIES), datetime(2026, 1, 5, tzinfo=UTC)
    figures = []
    for name, rules, only in (
        ("route decision p99, shipped rules", shipped(), ""),
        ("route decision p99, 500 more rules", many(500), ""),
        ("route decision p99, complaints about staff", shipped(), STAFF),
    ):
        spent = []
        for n in range(DECISIONS):
            now = start + timedelta(minutes=7 * n)
            case = Case("38164275", State.RECEIVED, "r", "t", "m", now, _WORDS, grid=grids[n % len(grids)])
            case = replace(case, category=only or codes[n % len(codes)], urgency="today")
            began = time.perf_counter()
            route(case, directory, reach, now, rules=rules, source="telegram:bot1", passed=n % 4)
            spent.append((time.perf_counter() - began) * 1000)
        p99 = percentile(spent, 99)
        figures.append(Figure(name, p99, "ms", f"under {ASKED:.0f} ms", p99 < ASKED))
    return [*figures, *await sweep.measure()]
