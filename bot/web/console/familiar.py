"""Browsers in which somebody signed in before: wrong tries of strangers under the same name do not make them wait.

A device cookie (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"): it lets nobody in, it only says among
whose tries one counts.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from aiohttp import web

from bot.store.private import Keys
from bot.web.readers import Cookies

LIFE = timedelta(days=90)
_HASH = 40  #: Characters of the mark's hash.


class Familiar:
    """Marks browsers, one mark for each person, and knows them again."""

    def __init__(self, keys: Keys, cookies: Cookies) -> None:
        self._keys, self._cookies = keys, cookies

    def mark(self, response: web.StreamResponse, person: str, now: datetime) -> None:
        """This person signed in with this browser."""
        said = f"{int(now.timestamp())}.{secrets.token_urlsafe(16)}"
        value = f"{said}.{self._hash(person, said)}"
        self._cookies.set(response, self._name(person), value, seconds=int(LIFE.total_seconds()), strict=True)

    def known(self, request: web.Request, person: str, now: datetime) -> str:
        """What names this browser, if the person signed in with it of late; else ""."""
        kept = request.cookies.get(self._name(person), "")[:200]
        said, _, given = (kept if kept.isascii() else "").rpartition(".")
        if not hmac.compare_digest(given, self._hash(person, said)):
            return ""
        since = int(said.partition(".")[0])
        return said if since > (now - LIFE).timestamp() else ""

    def _name(self, person: str) -> str:
        prefix = "__Host-" if self._cookies.secure else ""
        return f"{prefix}wuyou-known-{self._keys.blind('desk browser of', person).hex()[:12]}"

    def _hash(self, person: str, said: str) -> str:
        return self._keys.blind("desk browser", f"{said} {person}").hex()[:_HASH]
