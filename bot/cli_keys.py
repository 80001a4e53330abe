"""Commands on the keys that encrypt personal data: wuyou keys, keys rotate, keys drop, keys copy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.photos import Photos
    from bot.store import Keys, Store
    from bot.store.rotation import Rotated, Standing

#: Seconds until every process has looked at the keys again.
GRACE = 3.0

keys = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@keys.callback()
def standing(context: typer.Context, config: Config = CONFIG, as_json: AsJson = False) -> None:
    """How many data keys lie under which key of the key file. No secret is shown.

    \b
    Examples:
      wuyou keys
      wuyou keys rotate
    """
    if context.invoked_subcommand is not None:
        return
    settings = settings_of(config)

    async def work() -> tuple[tuple[str, ...], Standing, set[str]]:
        async with opened(settings) as store:
            return store.keys.ids, await _standing(store), await _photos(settings, store.keys).trees()

    ids, found, photos = go(work())
    rows = [
        {"key": id, "wraps": "now" if not place else "", "data_keys": found.under.get(id, 0), "photos": id in photos}
        for place, id in enumerate(ids)
    ]
    if as_json:
        say(json.dumps({"keys": rows, "changing": found.changing}, indent=2))
        return
    table(("key", "wraps", "data keys", "photos"), [(r["key"], r["wraps"], r["data_keys"], r["photos"]) for r in rows])
    if found.changing:
        say(f"{found.changing} data keys are being changed: wuyou keys rotate --data finishes it.")


@keys.command()
def rotate(
    data: Annotated[
        bool, typer.Option("--data", help="Change everybody's data key too; seals every row anew.")
    ] = False,
    config: Config = CONFIG,
) -> None:
    """Wrap all data keys, and seal all photos, under a new key; a running bot goes on meanwhile.

    The old key stays in the key file: copies of the database need it. When none of those is needed any more, throw it
    away with wuyou keys drop. Broken off, run it again: it goes on where it stood. The index key stays as it is:
    another one would find nobody again (docs/privacy.md). Afterwards renew your copy of the file: wuyou keys copy.

    \b
    Examples:
      wuyou keys rotate
      wuyou keys rotate --data
    """
    settings = settings_of(config)

    async def work() -> tuple[str, int, int, Rotated | None]:
        from bot.store import rotation

        async with opened(settings) as store:
            before = await _standing(store)
            if set(before.under) <= {store.keys.current}:  # Else one was broken off: its key is there already.
                store.keys.add_tree()
                await store.db.write(rotation.tell)
            wrapped = await rotation.wrap_anew(store.db, store.keys, grace=GRACE)
            done = None
            if data or before.changing:
                done = await rotation.change_data_keys(
                    store.db, store.keys, datetime.now(UTC), keep=timedelta(days=settings.retention.copies), grace=GRACE
                )
            photos = await _photos(settings, store.keys).seal_anew()
            return store.keys.current, wrapped, photos, done

    current, wrapped, photos, done = go(work())
    say(f"{wrapped} data keys now lie under {current}; {photos} photos were sealed anew.")
    if done is not None:
        say(f"{done.changed} owners have another data key; {done.sealed} values were sealed anew.")


@keys.command()
def drop(
    key: Annotated[str, typer.Argument(help="The key, as `wuyou keys` names it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = CONFIG,
) -> None:
    """Throw an old key away for ever: copies of the database made before `wuyou keys rotate` then open no more.

    \b
    Example:
      wuyou keys drop 3fa9c1d2
    """
    settings = settings_of(config)
    if not yes:
        typer.confirm(f"Copies of the database from the time of {key} will open no more. Throw it away?", abort=True)

    async def work() -> str:
        async with opened(settings) as store:
            held = (await _standing(store)).under.get(key, 0)
            if held or key in await _photos(settings, store.keys).trees():
                return f"{key} is needed yet ({held} data keys, or photos, lie under it): wuyou keys rotate"
            try:
                store.keys.drop(key)
            except KeyError:
                return f"{key} is no old key here: wuyou keys names them."
            return ""

    if trouble := go(work()):
        refuse(trouble)
    say(f"{key} is thrown away. Renew the copy of the key file: wuyou keys copy FILE")


@keys.command()
def copy(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, best on a medium kept elsewhere.")],
    config: Config = CONFIG,
) -> None:
    """Copy the key file, and destroy the older copy: with it, and a copy of the database, who was erased could be read.

    \b
    Example:
      wuyou keys copy keys-2026-01.json
    """
    settings = settings_of(config)
    from bot.store import key_file
    from bot.store.private import KeyTrouble

    try:
        key_file.write(to, key_file.read(Path(settings.keys)))
    except FileExistsError:
        refuse(f"{to} is there already: give a new name, then destroy the older copy.")
    except KeyTrouble as trouble:
        refuse(str(trouble))
    say(f"{to}: keep it apart from copies of the database, and destroy the older copy of the key file.")


async def _standing(store: Store) -> Standing:
    from bot.store import rotation

    return await store.db.read(rotation.standing)


def _photos(settings: Settings, keys: Keys) -> Photos:
    from bot.photos import Photos

    return Photos(settings.photos, keys=keys)
