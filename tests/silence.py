"""What no log may hold: identity numbers, telephone numbers, tokens. Read over all that a test printed or logged."""

from __future__ import annotations

import re

#: Kind -> what it looks like. Numbers stand alone: longer ones are instants, ids, sizes.
_NEVER = {
    "an identity number": re.compile(
        r"(?<![\w.])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w|\.\d)"
    ),
    "a telephone number": re.compile(r"(?<![\w.:-])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\w|\.\d)"),
    "a Telegram token": re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}"),
    "a key of another system": re.compile(r"(?<!\w)(?:wy_|whsec_)[A-Za-z0-9_+/=-]{24,}"),
    "a one-time link": re.compile(r"/(?:my|join)/[A-Za-z0-9_-]{40,}|[?&#](?:start|code)=[A-Za-z0-9_-]{16,}"),
    "a bearer's token": re.compile(r"(?i)(?:bearer |access_token=)[A-Za-z0-9._-]{16,}"),
}


def told(text: str) -> str:
    """What of it stands in the text, and the line without its digits; empty when nothing does."""
    for kind, pattern in _NEVER.items():
        if found := pattern.search(text):
            start = text.rfind("\n", 0, found.start()) + 1
            return f"{kind} in: {text[start : found.start()]}..."
    return ""
