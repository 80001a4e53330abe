"""How tests are dealt out to the workers of pytest-xdist; imported only where it runs."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

#: Folders that stay together, as they need what costs seconds in each process: aiogram.
TOGETHER = ("tests/servers/",)


class ByFile(LoadScopeScheduling):
    """Files whole and in their order. (pytest-xdist finds its own groups by the names of tests, which since pytest 9.2
    it can no longer change.)"""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])
