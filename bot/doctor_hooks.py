"""What the doctor says of endpoints that are told of cases: which do not answer, and which went."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from bot.finding import Finding, Level, counted
from bot.store.hook_troubles import gone, late


def hook_findings(connection: Connection) -> Iterator[Finding]:
    """Endpoints that fail now and are tried again, and those that were closed by their own doing."""
    for each in late(connection):
        yield Finding(
            Level.WARNING,
            f"The endpoint {each.name} does not take what it is told ({each.error}): "
            f"{counted(each.waiting, 'message')} waiting since {each.since:%Y-%m-%d %H:%M}Z.",
            "It is tried again for three days, then closed. Ask its people what is wrong there.",
        )
    for name, at, why in gone(connection):
        yield Finding(
            Level.WARNING,
            f"The endpoint {name} was closed on {at:%Y-%m-%d %H:%M}Z: {why}.",
            f"wuyou hook resume {name}, then wuyou hook resend {name}; or, if it is not wanted any more: wuyou hook "
            f"withdraw {name}.",
        )
