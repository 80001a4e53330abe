"""A process that gives everybody other keys, and says so after each transaction, to be killed in the middle.

python -m tests.crash.rotating ADDRESS KEYFILE GRACE
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from bot.store import Database, Keys
from bot.store.rotation import change_data_keys, tell, wrap_anew


class Saying(Database):
    """Says what it wrote."""

    def write(self, fn: Callable[[Connection], Any]) -> Any:
        written = super().write(fn)
        written.add_done_callback(lambda _: print("written", flush=True))
        return written


async def main(url: str, keys: str, grace: float) -> None:
    db, keys_ = Saying.open(url), Keys.load(keys)
    keys_.add_tree()
    await db.write(tell)
    await wrap_anew(db, keys_, grace=grace)
    await change_data_keys(db, keys_, datetime.now(UTC), grace=grace)
    await db.close()
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
