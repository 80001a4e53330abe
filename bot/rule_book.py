"""The rules in force: read at the start, read again when their file changes; a wrong file leaves the last good ones."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from bot.config import ConfigError
from bot.rules_file import read_rules, rules_of, strangers
from bot.store import Store
from routing.rules import Rules

log = structlog.get_logger()

#: Seconds between two looks at the file.
EVERY = 2.0


class RuleBook:
    """Puts the rules of a file into the store, from where each decision takes them."""

    def __init__(self, file: str, store: Store) -> None:
        """Takes the rules into force. Raises ConfigError when the file is wrong: there is no good version yet.

        Areas and units that the directory lacks do not keep the bot from starting (the directory may come later): such
        a rule does not hold, or names no unit. They are logged, and the doctor names them.
        """
        self._file, self._store = file, store
        self._seen = self._stamp()
        self._kept = ""  #: The version that is on record.
        store.rules = rules_of(file)
        for sentence in strangers(store.rules, store.directory):
            log.warning("rules", wrong=sentence)

    @property
    def rules(self) -> Rules:
        return self._store.rules

    async def run(self) -> None:
        """Looks at the file every two seconds, and at once upon SIGHUP, until cancelled. Shipped rules never change.
        Which rules came into force is written down."""
        if not self._file:
            await self._keep()
            return
        loop, again = asyncio.get_running_loop(), asyncio.Event()
        # Only the main thread hears signals; elsewhere (a test) the file's time of change is enough.
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
            loop.add_signal_handler(signal.SIGHUP, again.set)
        try:
            while True:
                await self._keep()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(again.wait(), EVERY)
                asked = again.is_set()
                again.clear()
                await self.look(anyway=asked)
        finally:
            with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):
                loop.remove_signal_handler(signal.SIGHUP)

    async def look(self, *, anyway: bool = False) -> bool:
        """Reads the file again if it changed (or `anyway`). Returns whether other rules are in force now. A wrong file,
        or one that names areas or units the directory lacks, changes nothing and is logged once."""
        stamp = await asyncio.to_thread(self._stamp)
        if stamp == self._seen and not anyway:
            return False
        self._seen = stamp
        try:
            found = await asyncio.to_thread(read_rules, Path(self._file), self._store.directory)
        except ConfigError as error:
            for sentence in str(error).splitlines():
                log.error("rules", wrong=sentence, kept=self.rules.version)
            return False
        if found.version == self.rules.version:
            return False
        self._store.rules = found
        log.info("rules", now=found.version, count=len(found.rules))
        return True

    async def _keep(self) -> None:
        """Puts the rules on record; a database that is away is tried again at the next look."""
        if self._kept == self.rules.version:
            return
        rules = self.rules
        try:
            await self._store.take_rules(rules.version, rules.text)
        except DBAPIError as fault:
            log.warning("rules not on record", cause=type(fault).__name__)
        else:
            self._kept = rules.version

    def _stamp(self) -> tuple[int, int, int]:
        """What changes whenever the file does: an editor may put a new one in its place."""
        try:
            found = Path(self._file).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)
