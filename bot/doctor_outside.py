"""What the doctor asks of others over the network: Telegram's servers, the photo store."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.config import ConfigError, Settings, TelegramBot, secrets_of
from bot.finding import Finding, Level

_PATIENCE = aiohttp.ClientTimeout(total=8)
_SKEW = 5.0  #: Seconds; the Date header is a whole second, and was sent some time ago.


async def telegram(settings: Settings, *, listens: bool) -> AsyncIterator[Finding]:
    """Each bot account: its token, what it may hear (`listens`: a group of the directory is in listen), its webhook.
    No sentence holds a token."""
    told = settings.channels.telegram
    if not told.enabled:
        return
    yield Finding(
        Level.NOTE,
        "Telegram is on: messages leave the mainland of China and are stored abroad. There, personal data needs "
        "separate consent (PIPL, article 39), and DingTalk is the channel to use.",
    )
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        for bot in told.bots:
            async for finding in _account(session, settings, bot, listens):
                yield finding


async def _account(
    session: aiohttp.ClientSession, settings: Settings, bot: TelegramBot, listens: bool
) -> AsyncIterator[Finding]:
    told = settings.channels.telegram
    try:
        base = f"{told.base_url.rstrip('/')}/bot{secrets_of(bot).token}"
    except ConfigError as error:
        yield Finding(Level.BROKEN, str(error), f"Set {bot.token_env} in the environment of the bot.")
        return
    try:
        me, date = await _ask(session, f"{base}/getMe")
        hook, _ = await _ask(session, f"{base}/getWebhookInfo")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        yield Finding(
            Level.BROKEN,
            f"Telegram at {told.base_url} does not answer for {bot.name} ({type(error).__name__}).",
            "Look at the network and at channels.telegram.base_url; in mainland China it is blocked.",
        )
        return
    if "username" not in me:
        yield Finding(
            Level.BROKEN,
            f"Telegram does not know the token of {bot.name}: {me.get('description', 'no reason given')}.",
            f"Copy the token from @BotFather once more into {bot.token_env}.",
        )
        return
    yield Finding(Level.WELL, f"Telegram knows {bot.name} as @{me['username']}.")
    for finding in (*_hearing(bot, me, listens), *_webhook(settings, bot, hook), *_skew("Telegram", date)):
        yield finding


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[dict[str, Any], str]:
    """(result, or the whole answer when there is none; the Date header)."""
    async with session.get(url) as response:
        answer = await response.json(content_type=None)
        if not isinstance(answer, dict):
            raise ValueError("no answer of a Bot API")
        result = answer.get("result")
        return (result if isinstance(result, dict) else answer), response.headers.get("Date", "")


def _hearing(bot: TelegramBot, me: dict[str, Any], listens: bool) -> Iterator[Finding]:
    if me.get("can_join_groups") is False:
        yield Finding(
            Level.BROKEN, f"@{me['username']} may not be added to groups.", "@BotFather: /setjoingroups, Enable."
        )
    if me.get("can_read_all_group_messages") is not False:
        return
    if listens:
        yield Finding(
            Level.WARNING,
            f"@{me['username']} is in privacy mode: in groups set to listen it hears commands, replies and mentions "
            "only, unless it is an administrator there.",
            "@BotFather: /setprivacy, Disable; then take the bot out of those groups and add it again.",
        )
    else:
        yield Finding(Level.NOTE, f"@{me['username']} is in privacy mode, which is right for groups set to mention.")


def _webhook(settings: Settings, bot: TelegramBot, hook: dict[str, Any]) -> Iterator[Finding]:
    url = str(hook.get("url") or "")
    if settings.channels.telegram.mode == "polling":
        if url:
            yield Finding(
                Level.WARNING,
                f"{bot.name} still has a webhook, and while it has one, polling is refused.",
                "wuyou run removes it at the start; if another program set it, stop that one.",
            )
        return
    wanted = f"{settings.web.public_url.rstrip('/')}/telegram/{bot.name}"
    if url != wanted:
        yield Finding(
            Level.WARNING,
            f"The webhook of {bot.name} is {url or 'not set'}, and should be {wanted}.",
            "wuyou run sets it at the start.",
        )
    if hook.get("last_error_message"):
        yield Finding(
            Level.WARNING,
            f"Telegram could not deliver to the webhook of {bot.name}: {hook['last_error_message']}.",
            "Look at web.public_url, its certificate, and whether the port (443, 80, 88 or 8443) is open.",
        )


def _skew(who: str, date: str) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    seconds = (datetime.now(UTC) - theirs).total_seconds()
    if abs(seconds) > _SKEW:
        yield Finding(
            Level.WARNING,
            f"The clock of this machine is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} {who}'s.",
            "Let it be set by NTP: deadlines and sessions are counted by it.",
        )


async def photos(settings: Settings) -> Finding:
    """Whether pictures can be kept."""
    place = settings.photos
    if "://" not in place:
        return _folder(Path(place))
    from bot.photos import PhotoGone, Photos

    try:
        await asyncio.wait_for(Photos(place).read("doctor.jpg"), 10)
    except PhotoGone:
        pass
    except Exception as error:
        return Finding(
            Level.BROKEN,
            f"The photo store {place} does not answer ({type(error).__name__}).",
            "Look at the bucket's name and at the AWS_... variables in the environment.",
        )
    return Finding(Level.WELL, f"The photo store {place} answers.")


def _folder(place: Path) -> Finding:
    near = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=near):
            return Finding(Level.WELL, f"Photos can be written to {place}.")
    except OSError as error:
        return Finding(
            Level.BROKEN,
            f"Photos cannot be written to {place} ({error.strerror}).",
            f"Give the folder to the user the bot runs as: chown USER {near}",
        )
