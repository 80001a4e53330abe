"""wuyou retention: what of personal data has had its time, when the next goes, and letting it go."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_terminal import CONFIG, AsJson, Config, go, opened, quiet, say, settings_of, table

if TYPE_CHECKING:
    from bot.store.retention import Due

_KEPT = {
    "updates": "ids of updates, and what failed and was never put back in line",
    "photos": "photos and voice messages of closed cases",
    "chat": "messages of the browser chat",
    "cases": "words and places of closed cases; that there was one stays",
    "people": "residents who were not heard of since: erased",
}


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go and when; nothing is changed.")] = False,
    config: Config = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Let go what has had its time. A running bot does so by itself every night at three.

    How long what is kept stands under `retention` in the configuration. Points stay, under an id that nobody is behind
    any more; the audit stays, and its reasons go with the people they were about.

    \b
    Examples:
      wuyou retention --dry-run
      wuyou retention
    """
    settings = settings_of(config)
    quiet()

    async def work() -> tuple[list[Due], dict[str, int]]:
        from bot.my_data import MyData
        from bot.photos import Photos
        from bot.store import retention as store_retention
        from bot.texts import Texts
        from bot.upkeep import Upkeep

        async with opened(settings) as store:
            now, spans = datetime.now(UTC), settings.retention.spans()
            found = await store.db.read(lambda c: store_retention.due(c, now, spans))
            if dry_run:
                return found, {}
            photos = Photos(settings.photos, keys=store.keys)
            data = MyData(store, photos, Texts.load(settings.texts.language), lambda: now)
            return found, await Upkeep(store, photos, data, lambda: now, spans).round()

    found, gone = go(work())
    if as_json:
        rows = [
            {"kind": each.kind, "due": each.count, "older_than": each.before.isoformat(),
             "next": each.next.isoformat() if each.next else None, "gone": gone.get(each.kind)}
            for each in found
        ]  # fmt: skip
        say(json.dumps(rows, indent=2))
        return
    shown = [
        (each.kind, each.count if dry_run else gone[each.kind], f"{each.before:%Y-%m-%d}",
         f"{each.next:%Y-%m-%d}" if each.next else "-", _KEPT[each.kind])
        for each in found
    ]  # fmt: skip
    table(("kind", "would go" if dry_run else "gone", "older than", "next on", "what"), shown)
