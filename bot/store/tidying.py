"""Forgetting what has had its day. Cases, and who wrote them, are no business of this file."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, literal, select, update

from bot.store import accounts, family_rows, letter_reads, prints, web_session
from bot.store.columns import Flag
from bot.store.tables import CAUSE, INBOX, LEASE, LINK, MISS, THREAD

#: Telegram draws new update ids after a week of silence; no app sends an update again after so long.
IDS_LIVE = timedelta(days=30)
LINKS_LIVE = timedelta(days=7)  #: After they ended: whoever comes late is told that the way is closed.
#: What a letter said is needed no more once it was sent; an edit brings its own words.
BODIES_LIVE = timedelta(hours=1)
TROUBLES_LIVE = timedelta(days=30)  #: So long a person may send a refused one again.
MISSES_LIVE = timedelta(days=90)  #: A question nobody asked again for a season is no entry to write.
PRINTS_LIVE = timedelta(days=1)  #: Of a picture that was uploaded and never sent.
AT_ONCE = 5_000  #: Rows of a kind per call: the writer has others waiting.


def tidy(connection: Connection, now: datetime) -> int:
    """Deletes ids of updates and causes dealt with long ago, ended links, leases and sessions; forgets drafts nobody
    answered and what was said in them, old questions without an answer, and the words of letters that were sent.
    Returns how many rows; 0 when there was nothing (left) to do."""
    old = select(INBOX.c.arrival).where(INBOX.c.received_at < now - IDS_LIVE, INBOX.c.payload.is_(None)).limit(AT_ONCE)
    causes = select(CAUSE.c.cause).where(CAUSE.c.at < now - IDS_LIVE).limit(AT_ONCE)
    drafts = (
        select(THREAD.c.id).where(THREAD.c.draft_until < now, THREAD.c.private == literal(False, Flag())).limit(AT_ONCE)
    )
    count = connection.execute(delete(INBOX).where(INBOX.c.arrival.in_(old))).rowcount
    count += connection.execute(delete(CAUSE).where(CAUSE.c.cause.in_(causes))).rowcount
    count += connection.execute(delete(LINK).where(LINK.c.expires_at < now - LINKS_LIVE)).rowcount
    count += connection.execute(delete(LEASE).where(LEASE.c.until < now - IDS_LIVE)).rowcount
    # In a group only the draft is sealed there. (Of a private talk it holds the chat as well: that draft waits for
    # its next message.)
    forgotten = {"sealed": None, "draft_until": None, "version": THREAD.c.version + 1}
    count += connection.execute(update(THREAD).where(THREAD.c.id.in_(drafts)).values(forgotten)).rowcount
    count += connection.execute(delete(MISS).where(MISS.c.last_at < now - MISSES_LIVE)).rowcount
    count += prints.forget(connection, now - PRINTS_LIVE, AT_ONCE)
    count += letter_reads.forget(connection, now - BODIES_LIVE, now - TROUBLES_LIVE, AT_ONCE)
    count += family_rows.forget_unanswered(connection, now)
    web_session.sweep(connection, now)
    accounts.sweep(connection, now)
    return count
