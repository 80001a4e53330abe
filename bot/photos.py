"""Photos and voice messages: taken in, cleaned, kept under a name of ours, on disk or in S3."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from bot import cleaner
from bot.cleaner import PRINT, SECONDS, TOO_LARGE
from bot.one_core import CORES
from bot.qr import qr_of

MOST_BYTES = 10 * 1024 * 1024
MOST_VOICE = 5 * 1024 * 1024

#: What the cleaner sees of the environment: how to start, and no token. A decoder may be taken over by a picture.
_SHARED = ("PATH", "LD_LIBRARY_PATH", "LANG")


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
    ) -> None:
        """`address` is a folder, or a URL that obstore knows ("s3://bucket/prefix"). `printed` hears the print of each
        picture that was kept; QR codes lead to the `pages`."""
        self._store: ObjectStore
        if "://" in address:
            self._store = from_url(address)
        else:
            Path(address).mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(Path(address).resolve())
        self._cleaning, self._printed = asyncio.Semaphore(at_once), printed
        self._pages = pages

    async def keep(self, data: bytes, key: str = "") -> str:
        """Cleans and keeps a picture; returns its key ("k3j...x9.jpg"). Raises PhotoRefused."""
        key = key or secrets.token_urlsafe(18) + ".jpg"
        cleaned, print_ = (_voice(data), 0) if key.endswith(".ogg") else await self._clean(data)
        await obstore.put_async(self._store, key, cleaned)
        if print_ and self._printed is not None:
            await self._printed(key, print_)
        return key

    async def read(self, key: str) -> bytes:
        """Returns the kept bytes, or the QR code of an order. Raises PhotoGone."""
        if (drawn := qr_of(key, self._pages)) is not None:
            return drawn
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
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


def _voice(data: bytes) -> bytes:
    """A voice message is kept as it came, for a person's ears: Ogg as the apps send it, and no longer than minutes."""
    if len(data) > MOST_VOICE or not data.startswith(b"OggS"):
        raise PhotoRefused("photo.cannot_open")
    return data
