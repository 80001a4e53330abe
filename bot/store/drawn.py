"""Random bytes from the operating system, drawn in large handfuls: drawn(), below() for numbers, fresh() for a scene.

Each draw from the system lets another thread have the interpreter, and the one that drew waits until that one lets go
(up to 5 ms). A message takes some ten draws, so each thread keeps a handful of its own. Nothing is given out twice: not
to two threads, and not on both sides of a fork.
"""

from __future__ import annotations

import base64
import os
import threading

from bot.outcome import Fresh

HANDFUL = 4096  #: Bytes.
_DIGITS = "123456789"


class _Mine(threading.local):
    handful, used = b"", 0


_mine = _Mine()


def drawn(count: int) -> bytes:
    """Returns so many bytes fit for keys, nonces and tokens."""
    mine = _mine
    start, end = mine.used, mine.used + count
    if end > len(mine.handful):
        mine.handful = os.urandom(max(HANDFUL, count))
        start, end = 0, count
    mine.used = end
    return mine.handful[start:end]


def below(end: int) -> int:
    """Returns a number from 0 to `end` - 1; for ends below 2**64 each is as likely as another to 1 in 2**64."""
    return int.from_bytes(drawn(16)) % end


def token(count: int) -> str:
    """Returns so many random bytes as text for addresses, like `secrets.token_urlsafe`."""
    return base64.urlsafe_b64encode(drawn(count)).rstrip(b"=").decode("ascii")


def fresh(photos: int = 0) -> Fresh:
    """Returns random things: a case number (9^8 of them: one that is taken makes the commit Stale, and the next draw
    is another), a token of 256 bits, and names for so many photos."""
    lot, number = below(len(_DIGITS) ** 8), ""
    for _ in range(8):
        lot, place = divmod(lot, len(_DIGITS))
        number += _DIGITS[place]
    return Fresh(number, token(32), tuple(token(18) for _ in range(photos)))


def _forget() -> None:
    _mine.handful, _mine.used = b"", 0


if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_forget)
