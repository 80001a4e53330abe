"""Photos and voice messages: taken in, cleaned, sealed, kept under a name of ours, on disk or in S3.

Each lies under a key of its own, which grows from the key file by its name: it can be destroyed alone, in copies too.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from bot import cleaner
from bot.cleaner import PRINT, SECONDS, TOO_LARGE
from bot.one_core import CORES
from bot.qr import qr_of
from bot.store.private import Keys, Tampered

MOST_BYTES = 10 * 1024 * 1024
MOST_VOICE = 5 * 1024 * 1024

#: What the cleaner sees of the environment: how to start, and no token. A decoder may be taken over by a picture.
_SHARED = ("PATH", "LD_LIBRARY_PATH", "LANG")


#: A plain picture that takes the place of one taken back. It is part of the program, and in every store.
NEUTRAL = "neutral.jpg"
#: What a sealed picture begins with; behind it the id of the tree that its key grew from.
_SEALED, _TREE = b"\x01wuyou\x01", 8


class PhotoRefused(Exception):
    """What came is no picture we keep. `key` is the text that tells the sender why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class PhotoGone(Exception):
    """There is nothing under this name (any more)."""


class Photos:
    """The photo store. Every picture in it went through the cleaner."""

    def __init__(
        self,
        address: str,
        *,
        at_once: int = 2,
        printed: Callable[[str, int], Awaitable[None]] | None = None,
        pages: str = "",
        keys: Keys | None = None,
    ) -> None:
        """`address` is a folder, or a URL that obstore knows ("s3://bucket/prefix"). `printed` hears the print of each
        picture that was kept; QR codes lead to the `pages`. Without `keys` (only in tests) they lie as they are."""
        self._store: ObjectStore
        if "://" in address:
            self._store = from_url(address)
        else:
            Path(address).mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(Path(address).resolve())
        self._cleaning, self._printed = asyncio.Semaphore(at_once), printed
        self._pages, self._keys = pages, keys

    async def keep(self, data: bytes, key: str = "") -> str:
        """Cleans and keeps a picture; returns its key ("k3j...x9.jpg"). Raises PhotoRefused."""
        key = key or secrets.token_urlsafe(18) + ".jpg"
        cleaned, print_ = (_voice(data), 0) if key.endswith(".ogg") else await self._clean(data)
        await obstore.put_async(self._store, key, self._sealed(key, cleaned))
        if print_ and self._printed is not None:
            await self._printed(key, print_)
        return key

    async def read(self, key: str) -> bytes:
        """Returns the kept bytes, the QR code of an order, or the neutral picture. Raises PhotoGone."""
        if key == NEUTRAL:
            return _neutral()
        if (drawn := qr_of(key, self._pages)) is not None:
            return drawn
        try:
            found = await obstore.get_async(self._store, key)
            return self._opened(key, bytes(await found.bytes_async()))
        except FileNotFoundError:
            raise PhotoGone(key) from None

    async def delete(self, keys: Iterable[str]) -> int:
        """Deletes these. Returns how many there were."""
        count = 0
        for key in keys:
            try:
                await obstore.head_async(self._store, key)
                await obstore.delete_async(self._store, key)
                count += 1
            except FileNotFoundError:
                continue
        return count

    async def names(self) -> list[str]:
        """The keys of all pictures that are kept."""
        found: list[str] = []
        async for some in obstore.list(self._store):
            found += [str(each["path"]) for each in some]
        return found

    async def trees(self) -> set[str]:
        """The ids of the trees that the keys of kept pictures grew from; "" when one is not sealed."""
        return {await self._tree(key) for key in await self.names()}

    async def seal_anew(self) -> int:
        """Seals with keys of the current tree what lies under another one, or is not sealed. Returns how many."""
        count, keys = 0, self._keys
        for key in await self.names() if keys else ():
            if keys and await self._tree(key) != keys.current:
                try:
                    await obstore.put_async(self._store, key, self._sealed(key, await self.read(key)))
                    count += 1
                except PhotoGone:
                    continue
        return count

    async def _tree(self, key: str) -> str:
        try:
            head = bytes(await obstore.get_range_async(self._store, key, start=0, length=len(_SEALED) + _TREE))
        except FileNotFoundError:
            return ""
        return head[len(_SEALED) :].decode("ascii", "replace") if head.startswith(_SEALED) else ""

    def _sealed(self, key: str, plain: bytes) -> bytes:
        if self._keys is None:
            return plain
        tree = self._keys.current
        own = self._keys.of_photo(key, tree)
        if own is None:  # Destroyed while it was on its way.
            raise PhotoRefused("photo.cannot_open")
        return _SEALED + tree.encode() + own.seal_bytes("photo", key, plain)

    def _opened(self, key: str, kept: bytes) -> bytes:
        if not kept.startswith(_SEALED):
            return kept
        tree = kept[len(_SEALED) : len(_SEALED) + _TREE].decode("ascii", "replace")
        own = self._keys.of_photo(key, tree) if self._keys else None
        if own is None:
            raise PhotoGone(key)
        try:
            return own.open_bytes("photo", key, kept[len(_SEALED) + _TREE :])
        except Tampered:
            raise PhotoGone(key) from None

    async def _clean(self, data: bytes) -> tuple[bytes, int]:
        """Returns the clean picture and its print (`cleaner.print_of`)."""
        if len(data) > MOST_BYTES:
            raise PhotoRefused("photo.too_large")
        async with self._cleaning:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",  # Nothing from the working folder or the environment is imported there.
                cleaner.__file__,
                *map(str, CORES),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _SHARED if name in os.environ},
            )
            try:
                cleaned, _ = await asyncio.wait_for(process.communicate(data), SECONDS * 2)
            except TimeoutError:
                raise PhotoRefused("photo.cannot_open") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode == TOO_LARGE:
            raise PhotoRefused("photo.too_large")
        if process.returncode or len(cleaned) <= PRINT:
            raise PhotoRefused("photo.cannot_open")
        return cleaned[PRINT:], int.from_bytes(cleaned[:PRINT])


@cache
def _neutral() -> bytes:
    return (files("bot") / NEUTRAL).read_bytes()


def _voice(data: bytes) -> bytes:
    """A voice message is kept as it came, for a person's ears: Ogg as the apps send it, and no longer than minutes."""
    if len(data) > MOST_VOICE or not data.startswith(b"OggS"):
        raise PhotoRefused("photo.cannot_open")
    return data
