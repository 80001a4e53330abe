"""wuyou route explain, of a day that is past: reads what is on record of it, or says how far the record reaches."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli_terminal import opened, refuse

if TYPE_CHECKING:
    from bot.cli_ask import Street
    from bot.config import Settings
    from bot.route_past import Day
    from bot.route_words import Explained
    from bot.store import Store
    from bot.texts import Texts


async def street_at(settings: Settings, at: datetime, file: Path | None) -> tuple[Street, Day]:
    """The street as it was at that moment, with the answers of today."""
    from bot.cli_ask import Street

    async with opened(settings) as store:
        day = await _day_of(settings, store, at, file)
        return Street(day.directory, store.faq, store.reach), day


async def case_at(
    settings: Settings, shown: str, on: date | None, file: Path | None, texts: Texts, language: str
) -> tuple[Explained, Day, list[str], list[str]]:
    """Why a case went where it went, by what was known then; what is to be said before the explanation, and after."""
    from bot.desks.dispatching import source_of
    from bot.route_past import of_the_case, sent
    from bot.route_words import explain
    from bot.store import reads

    number = "".join(char for char in shown if char.isdigit())
    async with opened(settings) as store:
        case = await store.db.read(lambda connection: reads.case(connection, store.keys, number))
        if case is None:
            refuse(f"There is no case {shown!r}.")
        steps = await store.db.read(lambda connection: reads.steps(connection, store.keys, case))
        reporter = await store.db.read(
            lambda connection: reads.thread_by_id(connection, store.keys, store.house, case.thread)
        )
        found = sent(case, steps, on)
        if found is None:
            refuse(f"Case {case.shown} had not been sent to anybody by the end of {on}.")
        day = await _day_of(settings, store, found.at, file)
    source = source_of(reporter.at) if reporter else ""
    why = explain(found.case, day.directory, day.reach, found.at, day.rules, source, passed=found.passed)
    return why, day, *of_the_case(found, why.route.person, day, texts, language)


async def _day_of(settings: Settings, store: Store, at: datetime, file: Path | None) -> Day:
    from bot.route_past import Unreached, day_of
    from bot.rules_file import read_rules, rules_of
    from routing.sla import LOCAL

    def local(moment: datetime) -> str:
        return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M}"

    try:
        return await day_of(store, at, rules_of(settings.routing.rules), read_rules(file) if file else None)
    except Unreached as unreached:
        if unreached.begins is None:
            refuse("No address book was imported yet.")
        refuse(
            f"The address book is on record from {local(unreached.begins)} on, and {local(at)} lies before that."
            " A case keeps the reason it was routed by: the desk's page shows it."
        )
