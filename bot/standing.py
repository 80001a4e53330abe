"""What is the same for all alerts of the house: read once from the settings and from what the channels can do."""

from __future__ import annotations

from collections.abc import Mapping

from bot.channels.base import Channel
from bot.channels.dingtalk_robots import ROBOTS
from bot.config import Settings
from bot.outcome import Standing
from bot.photos import NEUTRAL


def standing_of(settings: Settings, channels: Mapping[str, Channel]) -> Standing:
    """Returns whom to call, how fast alerts spread, and which accounts only send."""
    deaf = {(name, "") for name, channel in channels.items() if not (channel.can.edit or channel.can.recall)}
    return Standing(
        pace=settings.alerts.pace(),
        police=settings.alerts.police,
        neutral=NEUTRAL,
        speakers=frozenset({*deaf, ("dingtalk", ROBOTS)}),
        pages=settings.web.public_url.rstrip("/"),
    )
