"""wuyou doctor: what is missing or wrong, each with what mends it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli_terminal import BROKEN, CONFIG, AsJson, Config, quiet, say, show


def doctor(
    config: Config = CONFIG,
    as_json: AsJson = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody over the network.")] = False,
) -> None:
    """Look at everything the bot needs, and say what mends what is wrong. Nothing is changed.

    Exit codes: 0 all well (notes count as well), 1 warnings, 2 something is broken.

    \b
    Examples:
      wuyou doctor
      wuyou doctor --config config.yaml --json
    """
    import asyncio

    from bot.config import ConfigError, load
    from bot.doctor import Finding, Level, examine, exit_code

    quiet("error")
    found: list[Finding] = []

    async def look() -> None:
        async for finding in examine(settings, datetime.now(UTC), outside=not offline):
            found.append(finding)
            if not as_json:
                show([finding])

    try:
        settings = load(config)
    except ConfigError as error:
        finding = Finding(Level.BROKEN, str(error), "Correct it; every key stands in docs/configuration.md.")
        if not as_json:
            show([finding])
        found.append(finding)
    else:
        asyncio.run(look())
    code = exit_code(found)
    if as_json:
        rows = [{"level": each.level.value, "what": each.what, "mend": each.mend} for each in found]
        say(json.dumps({"code": code, "findings": rows}, ensure_ascii=False, indent=2))
    else:
        say(("All well.", "There are warnings.", "Something is broken.")[code])
    raise typer.Exit(BROKEN if code == BROKEN else code)
