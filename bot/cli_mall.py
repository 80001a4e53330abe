"""Commands on the points mall: wuyou mall list, put, stock, withdraw."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, nearest, opened, refuse, say, settings_of, table

if TYPE_CHECKING:
    from bot.ledger import Goods

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@app.callback()
def mall_group() -> None:
    """The points mall: its goods and their stock (docs/points.md).

    \b
    Examples:
      wuyou mall put rice "大米 5 公斤" --price 1200 --stock 20 --pick-up "柳桥社区服务站|周一至周五 9:00-17:00"
      wuyou mall stock rice 10
      wuyou mall list
    """


@app.command("list")
def list_(config: Config = CONFIG, as_json: AsJson = False) -> None:
    """List the goods, with those that are not on offer any more.

    \b
    Example:
      wuyou mall list
    """
    rows = [
        {
            "id": goods.id,
            "name": goods.name,
            "points": goods.price,
            "stock": goods.stock,
            "limit": goods.most or "",
            "offered": "yes" if goods.offered else "no",
        }
        for goods in _all(config)
    ]
    if as_json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        table(rows[0], [row.values() for row in rows])
    else:
        say("There are no goods yet: wuyou mall put")


@app.command()
def put(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Small letters, digits and -; buttons carry it.")],
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    price: Annotated[int, typer.Option(min=1, max=1_000_000, help="Points.")],
    stock: Annotated[int, typer.Option(min=0, max=1_000_000, help="Pieces there are; of new goods only.")] = 0,
    most: Annotated[int, typer.Option(min=0, max=1_000_000, help="For one person in a year; 0: no limit.")] = 0,
    pick_up: Annotated[list[str] | None, typer.Option(help='"place|hours"; may be given several times.')] = None,
    name_en: Annotated[str, typer.Option(help="The name in English.")] = "",
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="A photo of it.")] = None,
    config: Config = CONFIG,
) -> None:
    """Put goods on offer, or change what is said of them. An order that was placed keeps its price.

    \b
    Example:
      wuyou mall put rice "大米 5 公斤" --price 1200 --stock 20 --most 2
    """
    settings = settings_of(config)
    if not _ID.fullmatch(id_):
        refuse(f"{id_!r} is no id: write small letters, digits and -, at most 32.")
    from bot.ledger import Goods, PickUp

    places = tuple(PickUp(*(part.strip() for part in each.split("|", 1))) for each in pick_up or ())

    async def work() -> bool:
        from bot.photos import Photos
        from bot.store.mall import one, put_goods

        async with opened(settings, make=True) as store:
            old = await store.db.read(lambda c: one(c, id_))
            if old is not None and stock:
                refuse(f"{id_} is there already: its stock is counted with `wuyou mall stock {id_} MORE`.")
            key = ""
            if picture is not None:
                key = await Photos(settings.photos, keys=store.keys).keep(picture.read_bytes())
            goods = Goods(id_, name, price, stock, most, places, name_en, key)
            if old is not None:
                goods = replace(
                    goods,
                    version=old.version,
                    picture=key or old.picture,
                    pick_up=places or old.pick_up,
                    name_en=name_en or old.name_en,
                )
            await store.db.write(lambda c: put_goods(c, goods))
            return old is None

    from bot.photos import PhotoRefused

    try:
        new = go(work())
    except PhotoRefused:
        refuse(f"{picture} is no picture that can be kept: give a JPEG, PNG or WebP of at most 10 MB.")
    say(f"{id_}: on offer." if new else f"{id_}: changed.")


@app.command(context_settings={"ignore_unknown_options": True})  # -2 is a number, not an option.
def stock(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    more: Annotated[
        int, typer.Argument(metavar="MORE", min=-1_000_000, max=1_000_000, help="So many came; below 0: they went.")
    ],
    config: Config = CONFIG,
) -> None:
    """Count pieces in, or out: never below 0.

    \b
    Examples:
      wuyou mall stock rice 10
      wuyou mall stock rice -2
    """
    settings = settings_of(config)

    async def work() -> tuple[bool, list[Goods]]:
        from bot.store.mall import goods, restock

        async with opened(settings) as store:
            done = await store.db.write(lambda c: restock(c, id_, more))
            return done, await store.db.read(lambda c: goods(c, all_=True))

    done, there = go(work())
    found = next((goods for goods in there if goods.id == id_), None)
    if found is None:
        refuse(f"There are no goods {id_!r}{nearest(id_, [goods.id for goods in there])}")
    if not done:
        refuse(f"{id_}: there are only {found.stock}; nothing was changed.")
    say(f"{id_}: {found.stock} in stock.")


@app.command()
def withdraw(id_: Annotated[str, typer.Argument(metavar="ID")], config: Config = CONFIG) -> None:
    """Take goods off offer. What was ordered before is still handed over; `wuyou mall put` offers them again.

    \b
    Example:
      wuyou mall withdraw rice
    """
    settings = settings_of(config)
    there = {goods.id: goods for goods in _all(config)}
    if id_ not in there:
        refuse(f"There are no goods {id_!r}{nearest(id_, there)}")

    async def work() -> None:
        from bot.store.mall import put_goods

        async with opened(settings) as store:
            await store.db.write(lambda c: put_goods(c, replace(there[id_], offered=False)))

    go(work())
    say(f"{id_}: not on offer any more.")


def _all(config: Path) -> list[Goods]:
    settings = settings_of(config)

    async def work() -> list[Goods]:
        from bot.store.mall import goods

        async with opened(settings) as store:
            return await store.db.read(lambda c: goods(c, all_=True))

    return go(work())
