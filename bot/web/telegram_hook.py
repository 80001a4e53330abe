"""Telegram's webhook: POST /telegram/{bot}. Stored first, then answered; what could not be stored is sent again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiohttp import web
from pydantic_core import from_json

from bot.messages import Inbound

log = structlog.get_logger(__name__)

#: An update is a few kilobytes; what is larger than this comes from somebody else.
MOST_BYTES = 8 * 1024 * 1024
SECRET = "X-Telegram-Bot-Api-Secret-Token"


class Accounts(Protocol):
    """The bot accounts whose updates are pushed here."""

    @property
    def names(self) -> Collection[str]: ...

    def is_secret(self, name: str, given: str) -> bool: ...

    async def receive(self, name: str, raw: Mapping[str, Any]) -> Inbound | None: ...


class Intake(Protocol):
    """Where what came in is stored before it is acknowledged."""

    async def take(self, inbounds: Sequence[Inbound]) -> None: ...


def routes(accounts: Accounts, intake: Intake) -> list[web.RouteDef]:
    """One for each account: a path without a pattern is found at once."""
    return [web.post(f"/telegram/{name}", hook(accounts, name, intake)) for name in accounts.names]


def hook(accounts: Accounts, name: str, intake: Intake) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Returns the account's handler. It answers 403 without the right secret, 400 and 413 for what is no update, 500
    when it could not be stored (Telegram comes again), else 200."""

    async def receive(request: web.Request) -> web.Response:
        if not accounts.is_secret(name, request.headers.get(SECRET, "")):
            return web.Response(status=403)
        try:
            raw = _parsed(await _body(request))
        except (ValueError, RecursionError, web.RequestPayloadError):  # The last: not packed as it says.
            return web.Response(status=400)
        if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
            return web.Response(status=400)
        try:
            inbound = await accounts.receive(name, raw)
            if inbound is not None:
                await intake.take((inbound,))
        except Exception:  # a door: whatever went wrong, Telegram keeps the update and comes again
            log.exception("telegram.not_taken", bot=name, update=raw["update_id"])
            return web.Response(status=500)
        return web.Response()

    return receive


async def _body(request: web.Request) -> bytes:
    """The request's body. The limit of pages is not the limit here, and a copy of the request with another one takes
    longer than to read it. Raises HTTPRequestEntityTooLarge."""
    content, parts, size = request.content, [], 0
    while True:
        part = await content.readany()
        size += len(part)
        if size > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES, size)
        parts.append(part)
        if content.at_eof():
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _parsed(body: bytes) -> Any:
    """The JSON. Raises ValueError or RecursionError. The quick parser takes no half of a surrogate pair, which apps do
    send: then the patient one has the word."""
    try:
        return from_json(body, cache_strings="keys", allow_inf_nan=False)
    except ValueError:
        return json.loads(body)
