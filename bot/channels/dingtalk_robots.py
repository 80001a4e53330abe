"""Custom robots: the signed webhook of a group that only hears. One robot a group, words and links only."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.channels.base import Fate, Parcel, SendError
from bot.channels.dingtalk_api import Wire
from bot.channels.dingtalk_fate import trouble
from bot.channels.dingtalk_words import text_param, with_links

#: The account that groups.csv names for them; `chat_id` is the robot's name.
ROBOTS = "robots"


@dataclass(frozen=True, slots=True)
class Robot:
    """A group's custom robot: the token of its webhook address, and the secret it signs with."""

    token: str = field(repr=False)
    secret: str = field(repr=False)


class Robots:
    """Sends to groups by their custom robots. A picture never goes there: it could not be taken back."""

    def __init__(self, robots: Mapping[str, Robot], wire: Wire, now: Callable[[], datetime]) -> None:
        self._robots, self._wire, self._now = robots, wire, now

    async def send(self, parcel: Parcel) -> str:
        """Returns "": DingTalk gives these messages no number. Raises SendError."""
        robot = self._robots.get(parcel.to.chat)
        if robot is None:
            raise SendError(Fate.GONE, f"no robot {parcel.to.chat!r} in the file of robots")
        words = with_links(parcel).strip()
        if not words:
            raise SendError(Fate.REFUSED, "a letter without words")
        query = {"access_token": robot.token, **signature(robot.secret, self._now())}
        body = f'{{"msgtype": "text", "text": {text_param(words)}}}'
        headers = {"Content-Type": "application/json"}
        url = f"{self._wire.oapi_url}/robot/send"
        answer = await self._wire.ask("POST", url, params=query, data=body.encode(), headers=headers)
        if wrong := trouble(answer):
            raise wrong
        return ""


def signature(secret: str, now: datetime) -> dict[str, str]:
    """The `timestamp` and `sign` of one call: made anew for each, good for an hour."""
    stamp = str(int(now.timestamp() * 1000))
    digest = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
