"""Text normalised once: one spelling for what people type in many."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

#: Characters kept of one message. A report is rarely past 300; 5 MB of text must cost no more than a page does.
MOST = 4000

# Control, zero-width, bidi, variation selectors, private use, surrogates, tags, non-characters: none of them is said.
_UNSAID = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\uffff"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U0010ffff]"
)
# What OpenCC's table leaves alone because the right choice needs a phrase; in a chat it nearly always means these.
_CHAT_FORMS = {"著": "着", "妳": "你", "裏": "里", "牠": "它", "祂": "他"}


def normalise(text: str) -> str:
    """Returns `text` in NFKC, simplified, lower case, blanks collapsed and trimmed, unsaid characters out.

    At most MOST characters come back, whatever goes in; the work is bounded too.
    """
    said = _UNSAID.sub("", text[: MOST * 2])
    if not said.isascii():
        said = unicodedata.normalize("NFKC", said[:MOST]).translate(_simplified())
        said = _UNSAID.sub("", said)
    return " ".join(said.lower().split())[:MOST].rstrip()


@cache
def _simplified() -> dict[int, str]:
    """Traditional → simplified, character by character: OpenCC's own table without its phrases, which cost 30 times as
    much and matter to a reader, not to an n-gram."""
    table: dict[int, str] = {}
    lines = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        traditional, _, simplified = line.partition("\t")
        if len(traditional) == 1 and simplified:
            table[ord(traditional)] = simplified.split()[0]
    return table | {ord(one): other for one, other in _CHAT_FORMS.items()}
