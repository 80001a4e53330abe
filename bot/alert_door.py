"""Doing something to an alert from a page, a command or another system: looked at again when it changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.desks.missing import Refused
from bot.outcome import Outcome, Scene
from bot.store import Done, Stale, Store
from bot.store.desk_cases import was_done
from routing.directory import Directory

#: The same deed against changed rows, before it counts as failed.
LOOKS = 8

#: What a verb of bot/desks/missing makes of how it stands: `lambda scene, directory, now: missing.pause(...)`.
Decide = Callable[[Scene, Directory, datetime], Outcome]


async def do(store: Store, alert: str, cause: str, decide: Decide, now: Callable[[], datetime]) -> Outcome | None:
    """Decides and commits, like any message; returns what was written. `alert` is its id, "" for one that begins; the
    outcome's cause must be `cause`. None: this cause was dealt with before, by the first click of two. Raises Refused
    where it may not be done, and Stale when others were quicker eight times."""
    for _ in range(LOOKS):
        scene = await store.scene_for_case(alert)
        try:
            outcome = decide(scene, store.directory, now())
            await store.commit(outcome)
        except Stale:
            continue
        except Done:
            return None
        except Refused:
            if await store.db.read(lambda connection: was_done(connection, cause)):
                return None  # Clicked twice: the first one did it.
            raise
        return outcome
    raise Stale(alert)
