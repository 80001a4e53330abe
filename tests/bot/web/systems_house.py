"""A house whose doors for other systems are open, with the whole way behind them: intake, desks, store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.store.systems import add_system
from bot.texts import Texts
from bot.web import systems
from bot.web.app import app
from bot.web.health import Health
from bot.xml_out import Signer
from nlu.model import Model
from tests.rig import QuickPhotos, Rig, rig


@dataclass
class Town:
    """The town as other systems see it."""

    rig: Rig
    url: str
    session: aiohttp.ClientSession
    photos: QuickPhotos

    async def key(self, name: str, *may: str) -> tuple[str, str]:
        """(key, webhook secret) of a new system."""
        store = self.rig.store
        made = await store.db.write(lambda c: add_system(c, store.house, name, may, self.rig.clock()))
        assert made is not None
        return made

    async def get(self, path: str, **query: str) -> tuple[int, Any]:
        async with self.session.get(self.url + path, params=query) as answer:
            is_json = answer.content_type.endswith("json")
            return answer.status, await (answer.json() if is_json else answer.text())

    async def post(self, path: str, **given: Any) -> tuple[int, Any]:
        async with self.session.post(self.url + path, **given) as answer:
            is_json = answer.content_type.endswith("json")
            return answer.status, await (answer.json() if is_json else answer.text())

    async def cases(self) -> int:
        return int(
            await self.rig.store.db.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM cases").scalar() or 0)
        )


@asynccontextmanager
async def open_town(folder: Path, model: Model, url: str = "", signer: Signer | None = None) -> AsyncIterator[Town]:
    async with rig(folder, model, url=url) as here:
        photos, texts = QuickPhotos(str(folder / "photos")), Texts.load()
        doors = systems.routes(here.store, here.intake, photos, texts, here.clock, signer=signer)
        application = app(
            chat=None, intake=here.intake, photos=photos, texts=texts, seats=None, health=Health(), systems=doors
        )
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            async with aiohttp.ClientSession() as session:
                port = runner.addresses[0][1]
                yield Town(here, f"http://127.0.0.1:{port}", session, photos)
        finally:
            await runner.cleanup()
