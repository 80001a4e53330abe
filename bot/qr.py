"""QR codes of orders: drawn when they are looked at, kept nowhere."""

from __future__ import annotations

import io
import re

import segno

from bot.ledger import code_of

_NAME = re.compile(r"qr-(\w+)\.png")
#: Pixels of one square: some 300 for the whole picture, sharp on a telephone and small enough for a letter.
SCALE = 10


def qr_of(name: str, pages: str) -> bytes | None:
    """The picture (PNG) of a name like "qr-K7QF3M.png", or None for any other. It leads to the page under `pages`
    ("https://wuyou.example") where staff hand the order over; without such an address it is the code alone."""
    found = _NAME.fullmatch(name)
    code = code_of(found.group(1)) if found else ""
    if not code:
        return None
    picture = io.BytesIO()
    # Error correction M: still read with 15 in 100 of it dirty or torn.
    segno.make(address_of(code, pages), error="m", micro=False).save(picture, kind="png", scale=SCALE)
    return picture.getvalue()


def address_of(code: str, pages: str) -> str:
    """Where the counter's page opens an order."""
    return f"{pages.rstrip('/')}/fetch/{code}" if pages else code
