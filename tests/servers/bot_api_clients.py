"""What the tests of the fake Bot API say to its two clients: pictures, keyboards, refusals."""

from __future__ import annotations

import io
from collections.abc import Awaitable
from typing import Any

import pytest
import telegram
import telegram.error
from PIL import Image

from tests.servers.bot_api import BotApi


def picture(colour: str = "green", size: tuple[int, int] = (320, 200)) -> bytes:
    """Return a small JPEG."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def keyboard(*buttons: tuple[str, str]) -> telegram.InlineKeyboardMarkup:
    """Return one row of buttons: (words, data)."""
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton(text, callback_data=d) for text, d in buttons]]
    )


async def updates(server: BotApi, ptb: telegram.Bot) -> tuple[telegram.Update, ...]:
    """Return and confirm what waits."""
    found = await ptb.get_updates(allowed_updates=[])
    if found:
        server.clock.forward(4)
        await ptb.get_updates(offset=found[-1].update_id + 1)
    server.clock.forward(4)
    return found


async def refusal(call: Awaitable[Any], kind: type[Exception] = telegram.error.BadRequest) -> str:
    """Return what the server said when it refused `call`."""
    with pytest.raises(kind) as caught:
        await call
    return str(caught.value)
