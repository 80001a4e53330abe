"""Pages: templates filled in the reader's language, with the little things they need: times, avatars, links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.messages import Words
from bot.texts import Texts
from bot.web.readers import Reader

HERE = Path(__file__).parent
LOCAL = ZoneInfo("Asia/Shanghai")
HUES = 8

# What can be tapped in a text: an address of the web, or a number that everybody may call.
_LIVE = re.compile(
    r"(?P<url>https?://[^\s<>\"'，。；！？、）】》]+)"
    r"|(?<![\d\-*])(?P<tel>110|119|120|122|12119|12345|12348|12315|96\d{3})(?![\d\-*])"
)


class Pages:
    """Fills templates. Everything is escaped by Jinja2; nothing is ever marked as safe."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def fill(self, template: str, reader: Reader, **names: Any) -> str:
        """The filled template."""

        def say(key: str, **params: Words) -> str:
            return self.texts.say(f"web.{key}", params, reader.language)

        def when(at: datetime, now: datetime) -> str:
            return self.when(at, now, reader.language)

        def day(at: datetime, now: datetime) -> str:
            return self.day(at, now, reader.language)

        def blurb(key: str) -> str:
            return self.texts.say(key, {}, reader.language)

        filled = _templates().get_template(template)
        return filled.render(say=say, when=when, day=day, blurb=blurb, reader=reader, **names)

    def page(self, template: str, reader: Reader, *, status: int = 200, **names: Any) -> web.Response:
        """A whole page."""
        return web.Response(text=self.fill(template, reader, **names), content_type="text/html", status=status)

    def notice(self, reader: Reader, key: str, *, status: int = 200, **params: Words) -> web.Response:
        """A page that says one thing: web.notice.<key> with its title and a way on."""
        title = self.texts.say(f"web.notice.{key}.title", params, reader.language)
        words = self.texts.say(f"web.notice.{key}.words", params, reader.language)
        return self.page("notice.html", reader, status=status, title=title, words=words)

    # --- times, as people say them

    def day(self, at: datetime, now: datetime, language: str) -> str:
        """Today, yesterday, the weekday within a week, else the date; all local."""
        there, here = at.astimezone(LOCAL).date(), now.astimezone(LOCAL).date()
        days = (here - there).days
        if days == 0:
            return self.texts.say("web.day.today", {}, language)
        if days == 1:
            return self.texts.say("web.day.yesterday", {}, language)
        if 1 < days < 7:
            return self.texts.say(f"web.day.weekday{there.isoweekday()}", {}, language)
        params: dict[str, Words] = {"year": str(there.year), "month": str(there.month), "day": str(there.day)}
        key = "web.day.date" if there.year == here.year else "web.day.dated"
        return self.texts.say(key, params, language)

    def when(self, at: datetime, now: datetime, language: str) -> str:
        """For the list of chats: the time of today, else the day."""
        if at.astimezone(LOCAL).date() == now.astimezone(LOCAL).date():
            return local(at)
        return self.day(at, now, language)


@cache
def _assets() -> Mapping[str, str]:
    """Name -> what its content is known by, of all static files."""
    static = HERE / "static"
    files = (path for path in static.rglob("*") if path.is_file())
    return {path.relative_to(static).as_posix(): sha256(path.read_bytes()).hexdigest()[:10] for path in files}


@cache
def _templates() -> Environment:
    """The templates, each compiled once in a process, however many houses it opens."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        asset=asset, segments=segments, hue=hue, initial=initial, clock=local, path=path, safe_url=safe_url
    )
    return found


def asset(name: str) -> str:
    """The address of a static file; it changes with its content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={_assets().get(name, '0')}"


def local(at: datetime) -> str:
    """Local hours and minutes."""
    return at.astimezone(LOCAL).strftime("%H:%M")


def segments(text: str) -> Iterator[tuple[str, str]]:
    """Yields ("text" | "url" | "tel", piece): the template makes links of them, so nothing has to be marked safe."""
    at = 0
    for found in _LIVE.finditer(text):
        if found.start() > at:
            yield "text", text[at : found.start()]
        yield str(found.lastgroup), found[0]
        at = found.end()
    if at < len(text):
        yield "text", text[at:]


def hue(name: str) -> int:
    """One of HUES colours, the same for the same name on every page."""
    return sha256(name.encode()).digest()[0] % HUES


def initial(name: str, *, person: bool = True) -> str:
    """The character on an avatar: the given name's last one in Chinese, the first letter otherwise."""
    name = re.sub(r"[\s\(（].*\Z", "", name.strip()) if person else name.strip()
    if not name:
        return "·"
    return name[-1] if person and not name.isascii() else name[0].upper()


def path(*parts: str) -> str:
    """A path of escaped parts; an empty first part is the root."""
    first, *rest = parts
    return "/".join([first, *(quote(part, safe="") for part in rest)])


def safe_url(url: str) -> str:
    """The address if a click on it leads to the web, to the telephone or to a page of ours; else nothing."""
    ours = url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if ours or url.startswith(("https://", "http://", "tel:")) else ""


def as_json(content: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(content, ensure_ascii=False), content_type="application/json", status=status)
