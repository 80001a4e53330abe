"""Keeps the threads that share Python's lock on one core, and moves them together when others need that core.

Only one of them runs at a time, whatever the machine has: the event loop, the store's writer, its readers. Left to
themselves they hop between the cores, and each time the lock is handed on another core has to be woken and its cache
filled. On one core the same message costs a quarter less. What computes without the lock (passwords, an encoder, a
picture in a process of its own) is let `roam` over all cores.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

#: The part of the time between two looks that others may have our core while the loop stands ready.
PATIENCE = 0.1

#: Seconds between two looks.
LOOK = 1.0

#: The cores this process was given. Empty where the system does not let one choose.
CORES: frozenset[int] = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()

_THREADS = Path("/proc/self/task")


@dataclass(frozen=True, slots=True)
class Spent:
    """Nanoseconds that a thread ran, and that it stood ready while something else had its core."""

    ran: int
    waited: int


def crowded_out(before: Mapping[int, Spent], after: Mapping[int, Spent], loop: int, seconds: float) -> bool:
    """Whether others had the core for more than PATIENCE of these seconds while the thread `loop` stood ready. A part
    of its waiting may have been for our own threads: at most as long as those ran."""
    if loop not in before or loop not in after:
        return False
    ours = sum(after[each].ran - before[each].ran for each in after.keys() & before.keys() - {loop})
    return after[loop].waited - before[loop].waited - ours > PATIENCE * seconds * 1e9


def roam() -> None:
    """Gives the calling thread all cores again: for threads that compute without Python's lock."""
    if CORES:
        os.sched_setaffinity(0, CORES)


class OneCore:
    """The core on which the event loop and the store run. Make it on the loop's thread."""

    def __init__(self, cores: Collection[int] = CORES) -> None:
        self.core: int | None = None  #: None: wherever the system puts us.
        self._cores = sorted(cores)
        self._loop = threading.get_native_id()

    def settle(self) -> None:
        """Takes the core this thread runs on, for it and the store's threads; threads that they start come along.
        Nothing happens where there is one core, or where the system does not tell who waits for it (not Linux)."""
        if len(self._cores) < 2 or not _spent([self._loop]):
            return
        stat = (_THREADS / str(self._loop) / "stat").read_text()
        here = int(stat.rpartition(")")[2].split()[36])  # "processor" in proc(5), the 39th field
        store = [each.native_id for each in threading.enumerate() if each.name.startswith("store-")]
        self._go(here if here in self._cores else self._cores[0], [self._loop, *filter(None, store)])

    async def watch(self) -> None:
        """Moves to the next core whenever others crowd us out; until cancelled."""
        while self.core is not None:
            before = _spent(self.threads())
            await asyncio.sleep(LOOK)
            if crowded_out(before, _spent(self.threads()), self._loop, LOOK):
                self.move()

    def move(self) -> None:
        """Takes our threads to the next core."""
        if self.core is not None:
            after = [core for core in self._cores if core > self.core]
            self._go(after[0] if after else self._cores[0], self.threads())
            log.debug("core.moved", core=self.core)

    def threads(self) -> list[int]:
        """Our threads that are bound to the core."""

        return [thread for thread in map(int, os.listdir(_THREADS)) if _cores_of(thread) == {self.core}]

    def _go(self, core: int, threads: Collection[int]) -> None:
        self.core = core
        for thread in threads:
            with suppress(OSError):  # It ended meanwhile.
                os.sched_setaffinity(thread, {core})


def _cores_of(thread: int) -> set[int]:
    try:
        return os.sched_getaffinity(thread)
    except OSError:  # It ended meanwhile.
        return set()


def _spent(threads: Collection[int]) -> dict[int, Spent]:
    found = {}
    for thread in threads:
        with suppress(OSError, ValueError, IndexError):
            ran, waited = (_THREADS / str(thread) / "schedstat").read_text().split()[:2]
            found[thread] = Spent(int(ran), int(waited))
    return found
