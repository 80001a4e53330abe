"""Codes that people read to each other and type: of the family guard. Pure."""

from __future__ import annotations

import unicodedata

from bot.ledger.mall import LETTERS

LENGTH = 8  #: 31^8 codes, 850,000 million.


def drawn(random: bytes) -> str:
    """A code from bytes that nobody can guess; the same bytes give the same code."""
    number = int.from_bytes(random[:16])
    code = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(LETTERS))
        code += LETTERS[place]
    return code


def tidy(written: str) -> str:
    """A code as it is kept, however it was typed; "" for what is none."""
    plain = unicodedata.normalize("NFKC", written[:100]).upper()
    code = "".join(char for char in plain if char not in " -·.")
    return code if len(code) == LENGTH and all(char in LETTERS for char in code) else ""


def shown(code: str) -> str:
    """A code as people read it: "K7QF 3MAB"."""
    return f"{code[:4]} {code[4:]}"
