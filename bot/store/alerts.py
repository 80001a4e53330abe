"""Alerts: what the desk, the clocks and other systems read of them; and what is the same for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.outcome import Standing
from bot.store import alert_rows
from bot.store.books import Books
from bot.store.database import Database
from bot.store.private import DataKey, Keys
from routing.alert import OPEN, Alert, AlertStep, State


class Alerts(Books):
    """Reads of alerts. They are written with the Outcome that changes them."""

    def __init__(
        self, db: Database, keys: Keys, house: DataKey, now: Callable[[], datetime], first: Mapping[str, str]
    ) -> None:
        super().__init__(db, keys, house, now, first)
        self.standing = Standing()  #: Goes into each scene; whoever reads the configuration puts it here.

    async def alert(self, alert: str) -> Alert | None:
        """The alert of that id ("a38164275"); None where there is none."""
        return await self.db.read(lambda connection: alert_rows.alert(connection, self.keys, alert))

    async def alerts(self, states: Iterable[State] = OPEN, limit: int = 100) -> list[Alert]:
        """The alerts in one of these states (those somebody still has something to do with), the newest first."""
        wanted = tuple(states)
        return await self.db.read(lambda connection: alert_rows.alerts(connection, self.keys, wanted, limit))

    async def alert_steps(self, alert: str) -> tuple[AlertStep, ...]:
        """What was done to an alert, by whom and when, the oldest first."""
        return await self.db.read(lambda connection: alert_rows.steps(connection, self.keys, alert))
