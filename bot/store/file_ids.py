"""An app's names for pictures, kept: after a restart, and by every worker, a picture goes by the name it has."""

from __future__ import annotations

import structlog

from bot.channels.pictures import FileIdsInMemory
from bot.store import pilots
from bot.store.database import Closed, Database

log = structlog.get_logger(__name__)


class KeptFileIds:
    """The names of one channel. What was read or written here is known without asking the database."""

    def __init__(self, db: Database, channel: str) -> None:
        self._db, self._channel, self._known = db, channel, FileIdsInMemory()

    async def find(self, account: str, key: str) -> str:
        found = await self._known.find(account, key)
        if not found:
            found = await self._db.read(lambda c: pilots.find(c, self._channel, account, key))
            if found:
                await self._known.keep(account, key, found)
        return found

    async def keep(self, account: str, key: str, file_id: str) -> None:
        if not file_id or await self._known.find(account, key) == file_id:
            return
        await self._known.keep(account, key, file_id)
        try:
            await self._db.write(lambda c: pilots.keep(c, self._channel, account, key, file_id))
        except Closed:
            raise
        except Exception:  # The message was sent: it must not count as failed because its picture's name is lost.
            log.exception("file_id.not_kept", channel=self._channel, bot=account)

    async def forget(self, account: str, key: str, file_id: str) -> None:
        await self._known.forget(account, key, file_id)
        await self._db.write(lambda c: pilots.forget(c, self._channel, account, key, file_id))
