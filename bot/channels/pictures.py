"""Pictures on their way out: the Album they come from, and FileIds, an app's names for those it has already."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol


class Album(Protocol):
    """Where photos are kept."""

    async def read(self, key: str) -> bytes: ...


class FileIds(Protocol):
    """An app's names for pictures it has already, per bot account: the same bytes are uploaded once."""

    async def find(self, account: str, key: str) -> str:
        """Returns the name, or "" where none is known."""
        ...

    async def keep(self, account: str, key: str, file_id: str) -> None: ...

    async def forget(self, account: str, key: str, file_id: str) -> None:
        """The app does not know this name any more. A newer one stays."""
        ...


class FileIdsInMemory:
    """The latest `most` of them."""

    def __init__(self, most: int = 10_000) -> None:
        self._most, self._ids = most, OrderedDict[tuple[str, str], str]()

    async def find(self, account: str, key: str) -> str:
        found = self._ids.get((account, key), "")
        if found:
            self._ids.move_to_end((account, key))
        return found

    async def keep(self, account: str, key: str, file_id: str) -> None:
        self._ids[account, key] = file_id
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)

    async def forget(self, account: str, key: str, file_id: str) -> None:
        if self._ids.get((account, key)) == file_id:
            del self._ids[account, key]
