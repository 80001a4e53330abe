"""How tests run the command wuyou, and look at what it left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import typer.testing

from bot.cli import app
from bot.store import Database, Keys, Store
from bot.texts import Rendered

Wuyou = Callable[..., Any]

#: Commands that read no configuration.
BARE = ("version", "demo")

# To make all commands of what is declared takes longer than to run one of them: they are made once.
typer.testing._get_command = cache(typer.testing._get_command)


def runs(*words: object) -> Any:
    """Runs a command as it stands."""
    return typer.testing.CliRunner().invoke(app, [str(word) for word in words])


def configured(folder: Path) -> Wuyou:
    """Runs a command on the configuration in that folder."""

    def run(*words: str) -> Any:
        bare = words[0] in BARE or "--demo" in words or "--help" in words
        return runs(*words, *(() if bare else ("--config", folder / "config.yaml")))

    return run


def in_store(folder: Path, fn: Callable[[Store], Awaitable[Any]]) -> Any:
    """What `fn` returns (awaited) for the store of that folder; letters it writes say their keys."""

    async def look() -> Any:
        db = Database.open(f"sqlite:///{folder}/data/wuyou.db")
        try:
            keys = Keys.load(folder / "data" / "keys.json")
            return await fn(await Store.open(db, keys, lambda letter: Rendered(letter.key)))
        finally:
            await db.close()

    return asyncio.run(look())
