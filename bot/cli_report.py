"""wuyou report: how a month went, red, yellow and green, by unit or by community."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, opened, refuse, say, settings_of, table


def report(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="A month of local time; this month without.")] = "",
    by: Annotated[Literal["unit", "community"], typer.Option(help="Whose cases are counted together.")] = "unit",
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Say how the cases of a month kept what was promised: green, yellow (under a fifth of the time is left) and red
    (past it, or kept too late), and which promises were not kept.

    Counted are the cases reported in that month, as they stand now. Nothing of what residents wrote is read.

    \b
    Examples:
      wuyou report --month 2026-11
      wuyou report --month 2026-11 --by community --json
    """
    from bot.store.month import timed_cases
    from routing.directory import Directory
    from routing.light import Tally, Timed, tally
    from routing.sla import LOCAL, Light

    now = datetime.now(UTC)
    wanted = month or f"{now.astimezone(LOCAL):%Y-%m}"
    try:
        since = datetime.strptime(wanted, "%Y-%m").replace(tzinfo=LOCAL)
        until = since.replace(year=since.year + since.month // 12, month=since.month % 12 + 1)
    except ValueError:
        refuse(f"{wanted!r} is no month; write it as 2026-11.")
    settings = settings_of(config)

    async def work() -> tuple[list[Timed], Directory]:
        async with opened(settings) as store:
            return await store.db.read(lambda connection: timed_cases(connection, since, until)), store.directory

    cases, directory = go(work())

    def whose(case: Timed) -> str:
        if by == "unit":
            return case.unit
        community = directory.community_of(case.grid or None)
        return community.code if community else ""

    groups: dict[str, list[Timed]] = {}
    for case in cases:
        groups.setdefault(whose(case), []).append(case)
    found = [tally(of, groups[of], now) for of in sorted(groups)]
    if as_json:
        total = tally("", cases, now) if cases else None

        def shown(each: Tally) -> dict[str, object]:
            lights: dict[str, object] = {colour.value: count for colour, count in each.lights.items()}
            return {"cases": each.cases, **lights, "kept": round(each.kept, 4), "late": each.late}

        rows = [{by: each.of, **shown(each)} for each in found]
        said = {"month": wanted, "by": by, "all": shown(total) if total else None, "rows": rows}
        say(json.dumps(said, ensure_ascii=False, indent=2))
    elif found:
        named = directory.units if by == "unit" else directory.areas
        lines = [
            (
                named[each.of].name if each.of in named else each.of or "-",
                each.cases,
                *(each.lights[colour] for colour in Light),
                f"{each.kept:.0%}",
                ", ".join(f"{kind} {count}" for kind, count in each.late.items()),
            )
            for each in found
        ]
        table((by, "cases", *(str(colour) for colour in Light), "kept", "not kept in time"), lines)
    else:
        say(f"No case was reported in {wanted}.")
