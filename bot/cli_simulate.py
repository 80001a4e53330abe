"""wuyou simulate: a night of a street on virtual time, side by side for dispatch policies."""

from __future__ import annotations

import json
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict
from multiprocessing import get_context
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_terminal import REFUSED, AsJson, quiet, refuse, say, table

if TYPE_CHECKING:
    from bot.simulation.figures import ClockFigures, Figures
    from bot.simulation.night import Night


def simulate(
    reports: Annotated[int, typer.Option(min=1, max=100_000, help="How many reports come.")] = 2000,
    hours: Annotated[float, typer.Option(min=0.01, max=1000, help="Over how many hours, at the usual load.")] = 11.0,
    people: Annotated[int, typer.Option(min=1, max=5000, help="Patrols, round the clock in three shifts.")] = 221,
    areas: Annotated[int, typer.Option(min=1, max=150, help="Patrol areas.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same night.")] = 1,
    load: Annotated[float, typer.Option(min=0.01, max=1000, help="Everything comes so many times as fast.")] = 1.0,
    policy: Annotated[
        list[str] | None, typer.Option(help="nearest, least-loaded or balanced; again for more. Else all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play a night: the real desks, routing, clocks and outbox on virtual time, with residents and patrols drawn by
    lot. Prints how long each clock ran (p50: half of them were quicker), and why promises were broken. Nothing is sent.

    The defaults are the usual load: 2.5 messages a second in 446 groups, one in 50 of them a report. With --load 20
    the same reports come in a twentieth of the time, among twenty times as much talk.

    \b
    Examples:
      wuyou simulate
      wuyou simulate --reports 500 --hours 2.8 --people 120 --seed 7
      wuyou simulate --load 20 --policy balanced --json
    """
    quiet("error")
    from bot.simulation.night import Night
    from routing.dispatch import Policy

    wanted = list(dict.fromkeys(policy or [each.value for each in Policy]))
    if strangers := [each for each in wanted if each not in set(Policy)]:
        names = ", ".join(Policy)
        refuse(f"{strangers[0]!r} is no policy; the names are {names}.", REFUSED)
    night = Night(reports, hours, people, areas, seed, load)
    found = _played(night, wanted, shown=not as_json)
    if as_json:
        say(json.dumps(_listed(night, found), ensure_ascii=False, indent=2))
    else:
        _show(night, found)


def _played(night: Night, policies: list[str], *, shown: bool) -> list[Figures]:
    """One night under each policy, each in a process of its own, all at once: so no processor is idle at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # Spawned: a child that is forked would inherit threads that it does not have.
    context = get_context("spawn")
    came = context.Array("q", len(policies))
    with (
        Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True), disable=not shown,
        ) as bars,
        ProcessPoolExecutor(len(policies), context, _begin, (came,)) as pool,
    ):  # fmt: skip
        lines = [bars.add_task(policy, total=night.reports) for policy in policies]
        futures: list[Future[Figures]] = [pool.submit(_play, night, *each) for each in enumerate(policies)]
        left: set[Future[Figures]] = set(futures)
        while left:
            _, left = wait(left, 0.2, FIRST_COMPLETED)
            for place, line in enumerate(lines):
                bars.update(line, completed=came[place])
        return [future.result() for future in futures]


#: In a child: how many reports have come, policy by policy.
_came: list[Any] = []


def _begin(came: Any) -> None:
    _came[:] = [came]


def _play(night: Night, line: int, policy: str) -> Figures:
    """In a child."""
    quiet("error")
    from bot.simulation.night import simulate as play

    def told(count: int) -> None:
        _came[0][line] = count

    return play(night, policy, told)


def _listed(night: Night, found: list[Figures]) -> dict[str, Any]:
    """The first policy's figures at the top, and all of them by name."""
    told = {each.policy: {**asdict(each), "clocks": {k: _clock(c) for k, c in each.clocks.items()}} for each in found}
    return {"night": asdict(night), **told[found[0].policy], "policies": told}


def _clock(clock: ClockFigures) -> dict[str, Any]:
    return {**asdict(clock), "broken": clock.broken}


def _lasted(seconds: float) -> str:
    """How long, for a person: "0.23 s", "4 min 05 s", "1 h 49 min"."""
    if seconds < 99.5:
        return f"{seconds:.{2 if seconds < 9.95 else 0}f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min"


def _kept(clock: ClockFigures) -> str:
    """The share of promises that were kept, cut off and not rounded up: 100 % means all of them."""
    kept = clock.count - clock.broken
    return f"{kept * 1000 // clock.count / 10:g} %" if clock.count else "-"


def _show(night: Night, found: list[Figures]) -> None:
    say(
        f"{night.reports} reports in {night.hours / night.load:.3g} hours, {night.people} patrols in {night.areas} "
        f"areas, seed {night.seed}. Times run from the resident's message; 99 of 100 are within p99."
    )
    kinds = list(found[0].clocks)
    rows = [
        (
            kind if each is found[0] else "", each.policy, *map(_lasted, (clock.p50, clock.p95, clock.p99)),
            f"{clock.broken} of {clock.count}", _kept(clock),
        )
        for kind in kinds
        for each in found
        for clock in (each.clocks[kind],)
    ]  # fmt: skip
    table(("clock", "policy", "p50", "p95", "p99", "late", "kept"), rows)
    causes = {
        (kind, cause): [each.clocks[kind].breaches.get(cause, 0) for each in found]
        for kind in kinds
        for cause in sorted({cause for each in found for cause in each.clocks[kind].breaches})
    }
    if causes:
        most = sorted(causes, key=lambda each: (kinds.index(each[0]), -sum(causes[each])))
        table(("late", "because", *(each.policy for each in found)), [(*each, *causes[each]) for each in most])
    else:
        say("No promise was broken.")
    for each in found:
        broken = sum(clock.broken for clock in each.clocks.values())
        say(
            f"{each.policy}: {broken} promises broken; {each.letters} letters, {each.refused} refused by the app; "
            f"{each.asked:.2f} people asked for each case; {each.talk} messages of neighbours; the longest wait for "
            f"the machine {_lasted(each.longest_wait)}."
        )
