"""The doors for other systems, put together: Open311, signals, and their OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.store import Store
from bot.texts import Texts
from bot.web import openapi
from bot.web.chat import PhotoStore
from bot.web.open311 import Open311
from bot.web.open311_write import Writing
from bot.web.reporting import Intake, Reports
from bot.web.signals import Signals


def routes(
    store: Store, intake: Intake, photos: PhotoStore, texts: Texts, now: Callable[[], datetime], url: str = ""
) -> list[web.RouteDef]:
    """The routes. `url` is how the house is reached from outside; empty: as the request says."""
    reports = Reports(store, intake, now)
    writing = Writing(store, reports, photos, texts)
    return [
        *Open311(store, texts, reports, writing, now, url).routes(),
        *Signals(store, reports, now).routes(),
        *openapi.routes(),
    ]
