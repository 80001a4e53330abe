"""Passwords: argon2id, two at a time on threads of their own; as slow for a name that nobody has."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from bot.one_core import roam

T = TypeVar("T")

#: RFC 9106's and OWASP's smaller setting: 19 MiB, two passes; about a tenth of a second.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)
AT_ONCE = 2  #: More would take the memory and the cores that answer residents.
SHORTEST, LONGEST = 10, 200
#: What a finger runs along, either way.
_ROWS = ("0123456789012345678901234567890", "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_DIFFERENT = 5  #: Characters a password has at least that differ.


class Passwords:
    """Hashes and verifies. Close it when the house closes."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password", initializer=roam)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to keep, with its salt and its cost."""
        return await self._aside(_HASHER.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether this is the password that was kept. With nothing kept the same work is done, and it never fits."""
        if not self._nobody:
            self._nobody = await self._aside(_HASHER.hash, secrets.token_urlsafe(16))
        return await self._aside(_verify, kept or self._nobody, password[:LONGEST]) and kept is not None

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _aside(self, work: Callable[..., T], *words: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *words)


def _verify(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def weakness(password: str, *names: str) -> str:
    """Why this is no password to take, as a text key below web.desk.weak; "" when it is one. `names` are those of its
    person, which anybody would try first."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    low = password.lower()
    plain = len(set(low)) < _DIFFERENT or any(low in row or low[::-1] in row for row in _ROWS)
    if plain or any(len(name) > 1 and name.lower() in low and len(low) - len(name) < _DIFFERENT for name in names):
        return "plain"
    return ""
