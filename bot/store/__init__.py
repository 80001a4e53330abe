"""What is kept: rows on SQLite or PostgreSQL, read for a decision and written by its Outcome."""

from bot.store.database import Database
from bot.store.inbox import Parked
from bot.store.private import Keys, KeyTrouble
from bot.store.rows import Done, Stale
from bot.store.store import Store

__all__ = ["Database", "Done", "KeyTrouble", "Keys", "Parked", "Stale", "Store"]
