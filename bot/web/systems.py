"""The doors for other systems, put together: Open311, signals, alerts, and their OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.config import ConfigError, Settings
from bot.store import Store
from bot.texts import Texts
from bot.web import openapi
from bot.web.chat import PhotoStore
from bot.web.exports import Exports
from bot.web.open311 import Open311
from bot.web.open311_write import Writing
from bot.web.reporting import Intake, Reports
from bot.web.signals import Signals
from bot.xml_out import BadKey, Signer


def routes(
    store: Store,
    intake: Intake,
    photos: PhotoStore,
    texts: Texts,
    now: Callable[[], datetime],
    url: str = "",
    domain: str = "",
    signer: Signer | None = None,
) -> list[web.RouteDef]:
    """The routes. `url` is how the house is reached from outside, `domain` how it signs what it sends; empty: as the
    request says."""
    reports = Reports(store, intake, now)
    writing = Writing(store, reports, photos, texts)
    return [
        *Open311(store, texts, reports, writing, now, url).routes(),
        *Signals(store, reports, now).routes(),
        *Exports(store, reports, photos, texts.say, now, url, domain, signer).routes(),
        *openapi.routes(),
    ]


def signer_of(settings: Settings) -> Signer | None:
    """What signs CAP documents; None where nothing is set. Raises ConfigError."""
    key, certificate = settings.exports.sign_key, settings.exports.sign_certificate
    if bool(key) != bool(certificate):
        raise ConfigError("exports: sign_key and sign_certificate are set together, or neither.")
    try:
        return Signer.load(key, certificate)
    except BadKey as fault:
        raise ConfigError(f"exports.sign_key ({key}) and exports.sign_certificate ({certificate}): {fault}.") from None
