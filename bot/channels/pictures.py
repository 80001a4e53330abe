"""Pictures on their way out: the Album they come from, and FileIds, an app's names for those it has already."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol


class Album(Protocol):
    """Where photos are kept."""

    async def read(self, key: str) -> bytes: ...


class FileIds:
    """An app's names for pictures it has already, per bot account: the same bytes are uploaded once. In memory, the
    latest `most` of them; a store may stand behind the same two verbs."""

    def __init__(self, most: int = 10_000) -> None:
        self._most, self._ids = most, OrderedDict[tuple[str, str], str]()

    def find(self, account: str, key: str) -> str:
        found = self._ids.get((account, key), "")
        if found:
            self._ids.move_to_end((account, key))
        return found

    def keep(self, account: str, key: str, file_id: str) -> None:
        """An empty `file_id` forgets."""
        if not file_id:
            self._ids.pop((account, key), None)
            return
        self._ids[account, key] = file_id
        while len(self._ids) > self._most:
            self._ids.popitem(last=False)
