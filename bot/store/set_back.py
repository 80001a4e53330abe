"""A clock that was set back: instants in the outbox that would keep letters waiting until it has caught up again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, type_coerce, update

from bot.limits import LONGEST
from bot.store.columns import Big
from bot.store.leases import Terms
from bot.store.letter_rows import FILE_IDS, IS_LEASED, IS_WAITING, LETTERS, QUEUE, RATES

#: No chat's or account's bucket takes longer to empty.
FULL = timedelta(minutes=5)


class Ticks:
    """What a clock said last."""

    def __init__(self) -> None:
        self._latest: datetime | None = None

    def heard(self, now: datetime) -> None:
        self._latest = now

    def back(self, now: datetime) -> timedelta:
        """By how much it was set back since; a little is nothing."""
        back = (self._latest or now) - now
        return back if back > timedelta(seconds=1) else timedelta(0)


def set_back(connection: Connection, terms: Terms, now: datetime, by: timedelta = timedelta(0)) -> None:
    """Puts right what lies further ahead than any rule puts it; what is true nevertheless is found again when the line
    is looked at. `by`: so far it was just set back, which is when apps said how long to wait. Done twice (several
    workers see it) it makes some calls earlier than the app asked for, and the app says so."""
    o, far = LETTERS.c, now + terms.lease
    connection.execute(update(QUEUE).where(QUEUE.c.ready_at > now).values(ready_at=now))
    connection.execute(update(LETTERS).where(IS_LEASED, o.lease_until > far).values(lease_until=far))
    connection.execute(update(FILE_IDS).where(FILE_IDS.c.pilot_until > far).values(pilot_until=now))
    if by:
        earlier = by // timedelta(microseconds=1)
        for table, column in ((LETTERS, o.due), (RATES, RATES.c.blocked_until), (RATES, RATES.c.tat)):
            rows = update(table).where(column > now).values({column.name: type_coerce(column, Big) - earlier})
            connection.execute(rows if table is RATES else rows.where(IS_WAITING))
        return
    # An endpoint is called again after hours, by its schedule; all others after a minute at most.
    backing = [name for name, limits in terms.limits.items() if not limits.schedule]
    late = update(LETTERS).where(IS_WAITING, o.channel.in_(backing), o.due > now + LONGEST)
    connection.execute(late.values(due=now + LONGEST))
    # No limit fills a bucket for longer; and one that is never believed is never written anew.
    connection.execute(update(RATES).where(RATES.c.tat > now + FULL).values(tat=now))
