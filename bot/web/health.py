"""Health: is the process alive, is it ready, and its figures for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bot.web.pages import as_json

PATIENCE = 2.0  #: Seconds a check may take before it counts as failed.

#: Returns when all is well, raises otherwise.
Check = Callable[[], Awaitable[object]]

log = structlog.get_logger(__name__)


class Health:
    """/livez answers as long as the loop turns; /readyz asks every part; /metrics shows the registry."""

    def __init__(self, checks: Mapping[str, Check] | None = None, registry: CollectorRegistry = REGISTRY) -> None:
        self._checks, self._registry = dict(checks or {}), registry

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/livez", self.livez), web.get("/readyz", self.readyz), web.get("/metrics", self.metrics)]

    async def livez(self, request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """200 when every part is well, else 503; the body names each part. Why one failed is in the log only."""
        found = dict(zip(self._checks, await asyncio.gather(*map(self._ask, self._checks)), strict=True))
        return as_json(found, status=200 if all(state == "ok" for state in found.values()) else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        body = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def _ask(self, name: str) -> str:
        try:
            await asyncio.wait_for(self._checks[name](), PATIENCE)
        except Exception as error:
            log.warning("not ready", part=name, error=repr(error))
            return "failed"
        return "ok"
