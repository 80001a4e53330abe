"""Somebody with a browser but no script: cookies, forms, pages."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from io import BytesIO
from typing import Any

import aiohttp
from yarl import URL

from tests.bot.web.harness import House

_TAG = re.compile(r"<[^>]+>")


class Guest:
    """A browser. `page` is the last page seen."""

    def __init__(self, session: aiohttp.ClientSession, house: House) -> None:
        self._session, self._house = session, house
        self.page, self.status, self.url = "", 0, ""
        self.headers: Any = {}
        self.proof = ""  #: Of the last page that had a form.

    async def open(self, path: str, *, follow: bool = True, **headers: str) -> str:
        asks = {"Accept": "text/html", **headers}
        async with self._session.get(self._house.url + path, headers=asks, allow_redirects=follow) as answer:
            await self._see(answer)
        return self.page

    async def send(
        self,
        path: str,
        *,
        as_json: bool = False,
        headers: dict[str, str] | None = None,
        follow: bool = True,
        **fields: Any,
    ) -> str:
        """Posts a form with the proof of the page seen last. `photos` is a list of bytes."""
        form = aiohttp.FormData(default_to_multipart=True)
        if "proof" not in fields:
            form.add_field("proof", self.proof)
        for name, value in fields.items():
            if name == "photos":
                for n, data in enumerate(value):
                    form.add_field("photos", BytesIO(data), filename=f"{n}.jpg", content_type="image/jpeg")
            else:
                form.add_field(name, BytesIO(value.encode()), content_type="text/plain")  # aiohttp warns of long texts.
        asks = {"Accept": "application/json" if as_json else "text/html", **(headers or {})}
        there = self._house.url + path
        async with self._session.post(there, data=form, headers=asks, allow_redirects=follow) as answer:
            await self._see(answer)
        return self.page

    @asynccontextmanager
    async def listening(self, path: str) -> AsyncIterator[Line]:
        """A line of events, opened with this browser's cookies."""
        async with self._session.get(self._house.url + path) as answer:
            assert answer.status == 200
            yield Line(answer)

    def cookie(self, name: str) -> str:
        """What this browser keeps under that name."""
        return next((each.value for each in self._session.cookie_jar if each.key == name), "")

    def cookies(self) -> list[tuple[str, str]]:
        """All that this browser keeps: (name, value)."""
        return [(each.key, each.value) for each in self._session.cookie_jar]

    def keep(self, name: str, value: str) -> None:
        """Puts a cookie into this browser."""
        self._session.cookie_jar.update_cookies({name: value}, URL(self._house.url))

    @property
    def texts(self) -> list[str]:
        """What the bubbles on the page say."""
        found = re.findall(r'<p class="text"[^>]*>(.*?)</p>', self.page, re.DOTALL)
        return [unescape(_TAG.sub("", words)) for words in found]

    async def _see(self, answer: aiohttp.ClientResponse) -> None:
        self.status, self.url, self.headers = answer.status, answer.url.path_qs, answer.headers
        body = await answer.read()
        self.page = body.decode("utf-8", "replace")
        if found := re.search(r'name="proof" value="(\w+)"', self.page):
            self.proof = found[1]


@asynccontextmanager
async def guest(house: House) -> AsyncIterator[Guest]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Guest(session, house)


class Line:
    """An open line of events."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.last_id = ""

    async def next(self, kind: str = "message") -> dict[str, Any]:
        """The next event of the kind."""
        event, data = "", ""
        async for raw in self._answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("id: "):
                self.last_id = line[4:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and event == kind:
                return dict(json.loads(data))
            elif not line:
                event = ""
        raise EOFError


@asynccontextmanager
async def listening(house: House, path: str, *, last_id: str = "") -> AsyncIterator[Line]:
    """A line opened as a browser opens it: with the last event's id when it calls again."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with aiohttp.ClientSession() as session, session.get(house.url + path, headers=headers) as answer:
        assert answer.status == 200
        yield Line(answer)
