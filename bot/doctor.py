"""The doctor: looks at everything the bot needs and says what mends what is wrong. Changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from bot import doctor_dingtalk, doctor_engines, doctor_outside
from bot.config import ConfigError, Settings, secrets_of
from bot.dingtalk_accounts import first_of
from bot.doctor_alerts import alert_findings
from bot.doctor_directory import directory_findings
from bot.doctor_leave import leave_findings
from bot.doctor_rules import rule_findings, stranger_findings
from bot.doctor_store import kept
from bot.finding import Finding, Level, exit_code, some
from bot.learnt import learnt_in
from bot.outcome import FaqEntry
from bot.web.systems import signer_of
from routing.directory import Directory, Hears
from routing.sla import LOCAL

__all__ = ["Finding", "Level", "configuration", "examine", "exit_code", "faq_findings"]

#: In the web channel everybody can be written to first, by this account.
FIRST = {"web": "web"}

EXPIRES_SOON = timedelta(days=30)
_LITTLE, _TOO_LITTLE = 1024**3, 100 * 1024**2  #: Bytes of disk space.
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def examine(settings: Settings, now: datetime, *, outside: bool = True) -> AsyncIterator[Finding]:
    """Yields what is found, in the order in which to mend it. `outside`: ask over the network, too."""
    for finding in (*configuration(settings), *rule_findings(settings), *keys(settings), *space(settings)):
        yield finding
    yield await doctor_outside.photos(settings)
    found = kept(settings, now, FIRST | first_of(settings))
    for finding in found.findings:
        yield finding
    memory = found.memory
    if memory.versions or not any(each.level is Level.BROKEN for each in found.findings):
        directory, today = memory.directory, now.astimezone(LOCAL).date()
        for finding in (
            *directory_findings(directory, memory.reach, bots(settings)),
            *leave_findings(directory, memory.reach, today),
            *alert_findings(directory, memory.reach, settings.web.public_url),
            *stranger_findings(settings, directory),
            *doctor_dingtalk.directory_findings(settings, directory),
            *faq_findings(memory.faq, today, directory),
        ):
            yield finding
    listens = any(group.hears is Hears.LISTEN and group.channel == "telegram" for group in memory.directory.groups)
    async for finding in doctor_engines.engines(settings, learnt_in(settings)):
        yield finding
    if outside:
        async for finding in doctor_outside.telegram(settings, listens=listens):
            yield finding
        async for finding in doctor_dingtalk.outside(settings):
            yield finding


def bots(settings: Settings) -> frozenset[str]:
    """The accounts that run under these settings, as "channel:account"."""
    web = {f"{channel}:{bot}" for channel, bot in FIRST.items()} if settings.channels.web.enabled else set()
    told = settings.channels.telegram
    telegram = {f"telegram:{bot.name}" for bot in told.bots} if told.enabled else set()
    return frozenset(web | telegram) | doctor_dingtalk.accounts(settings)


def configuration(settings: Settings) -> Iterator[Finding]:
    """What is wrong in settings that can be read. With a broken one `wuyou run` does not start."""
    told, web = settings.channels.telegram, settings.web
    if not (settings.channels.web.enabled or told.enabled or settings.channels.dingtalk.enabled):
        yield Finding(
            Level.BROKEN,
            "No channel is enabled.",
            "Set channels.web.enabled, channels.telegram.enabled or channels.dingtalk.enabled.",
        )
    if told.enabled and not told.bots:
        yield Finding(
            Level.BROKEN,
            "channels.telegram.enabled is true, but channels.telegram.bots names no account.",
            "Add one: - {name: bot1, token_env: WUYOU_BOT1_TOKEN, secret_env: WUYOU_BOT1_SECRET}",
        )
    if told.enabled:
        yield from _accounts(settings)
    yield from doctor_dingtalk.settings_findings(settings)
    try:
        signer_of(settings)
    except ConfigError as fault:
        yield Finding(Level.BROKEN, str(fault), "Name an RSA key and its certificate (PEM), or neither.")
    url = urlsplit(web.public_url)
    if web.public_url and (url.scheme not in ("http", "https") or not url.netloc):
        yield Finding(
            Level.BROKEN, f"web.public_url {web.public_url!r} is no address.", "Write it like https://wuyou.example"
        )
    if settings.channels.web.enabled and not web.public_url:
        yield Finding(
            Level.NOTE,
            "web.public_url is empty: the links that `wuyou invite` makes lead to this machine only.",
            "Set web.public_url to the address under which people reach the bot.",
        )
    if url.scheme == "https" and not web.trusted_proxies:
        yield Finding(
            Level.NOTE,
            "web.trusted_proxies names nobody: all who come through the server with the certificate count as one "
            "visitor where tries to sign in are counted.",
            "Name that server's address: trusted_proxies: [127.0.0.1]. It has to send X-Forwarded-For.",
        )
    if settings.channels.web.enabled and web.host not in _LOOPBACK and url.scheme != "https":
        yield Finding(
            Level.WARNING,
            f"The page is open to the network on {web.host} without https: cookies and words can be read on the way.",
            "Put a server with a certificate in front and set web.public_url to its https address.",
        )


def _accounts(settings: Settings) -> Iterator[Finding]:
    told = settings.channels.telegram
    webhook = told.mode == "webhook"
    if webhook and not settings.web.public_url.startswith("https://"):
        yield Finding(
            Level.BROKEN,
            "channels.telegram.mode is webhook, and web.public_url is no https address that Telegram could call.",
            "Set web.public_url, or set the mode to polling.",
        )
    names = [bot.name for bot in told.bots]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield Finding(Level.BROKEN, f"channels.telegram.bots names {some(twice)} twice.", "Give each its own name.")
    for bot in told.bots:
        try:
            secret = secrets_of(bot).secret
        except ConfigError as error:
            yield Finding(Level.BROKEN, str(error), f"export {bot.token_env}=... with the token from @BotFather")
            continue
        if webhook and not secret:
            yield Finding(
                Level.BROKEN,
                f"The webhook of {bot.name} has no secret, so anybody could send it messages.",
                f"Name a variable as secret_env and set it: export {bot.secret_env or 'WUYOU_BOT1_SECRET'}="
                "$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')",
            )


def keys(settings: Settings) -> Iterator[Finding]:
    """The key file: there, and nobody else's to read."""
    path = Path(settings.keys)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        yield Finding(
            Level.NOTE,
            f"There is no key file {path} yet.",
            "The first start makes it. If there was one before, put your copy back: without it names and words of "
            "residents cannot be read.",
        )
        return
    except OSError as error:
        yield Finding(Level.BROKEN, f"The key file {path} cannot be read ({error.strerror}).", f"chmod 600 {path}")
        return
    if mode & 0o077:
        yield Finding(Level.BROKEN, f"Others can read the key file {path}.", f"chmod 600 {path}")
    elif not os.access(path, os.R_OK):
        yield Finding(
            Level.BROKEN,
            f"The key file {path} cannot be read.",
            f"Give it to the bot's user: chown USER {path}",
        )
    else:
        yield Finding(Level.WELL, f"The key file {path} is readable by its owner only; keep a copy elsewhere.")


def space(settings: Settings) -> Iterator[Finding]:
    """Room on the disks that the database and the photos are on."""
    database = make_url(settings.database)
    places = {"photos": settings.photos} if "://" not in settings.photos else {}
    if database.get_backend_name() == "sqlite" and database.database:
        places = {"the database": database.database, **places}
    for what, place in places.items():
        near = next(folder for folder in (Path(place), *Path(place).absolute().parents) if folder.exists())
        free = shutil.disk_usage(near).free
        if free < _LITTLE:
            level = Level.BROKEN if free < _TOO_LITTLE else Level.WARNING
            yield Finding(level, f"{free // 1024**2} MB are left on the disk of {what} ({near}).", "Make room there.")


def faq_findings(
    faq: Mapping[str, FaqEntry], today: date | None = None, directory: Directory | None = None
) -> Iterator[Finding]:
    """An FAQ without entries, or with the sample street's; answers whose time is over or soon will be, and such as
    hold in an area that is not in the directory."""
    if not faq:
        yield Finding(
            Level.WARNING, "The FAQ is empty: the bot answers no question.", "wuyou faq import FILE, or wuyou faq add."
        )
    elif sample := [entry.id for entry in faq.values() if entry.sample]:
        yield Finding(
            Level.WARNING,
            f"{len(sample)} of {len(faq)} answers are the sample street's, not your street's: {some(sample)}.",
            "Write your own and import them, and wuyou faq withdraw the others.",
        )
    if today is not None:
        yield from _dated(faq, today)
    if directory is not None and (lost := [e.id for e in faq.values() if e.area and directory.area(e.area) is None]):
        yield Finding(
            Level.WARNING,
            f"Answers for an area that is not in the directory, which nobody hears ({len(lost)}): {some(lost)}.",
            "Give them the code of an area of areas.csv: wuyou faq list --json shows theirs.",
        )
    if lone := [e.id for e in faq.values() if e.instead_of and e.instead_of not in faq]:
        yield Finding(
            Level.NOTE,
            f"Answers that stand for a general one that is not in use ({len(lone)}): {some(lone)}.",
            "Import the general answer, or leave instead_of empty.",
        )


def _dated(faq: Mapping[str, FaqEntry], today: date) -> Iterator[Finding]:
    over = [entry.id for entry in faq.values() if entry.valid_until and entry.valid_until < today]
    soon = [
        f"{entry.id} ({entry.valid_until})"
        for entry in faq.values()
        if entry.valid_until and today <= entry.valid_until <= today + EXPIRES_SOON
    ]
    if over:
        yield Finding(
            Level.WARNING,
            f"Answers whose time is over, no longer given ({len(over)}): {some(over)}.",
            "Bring them up to date (valid_until), or wuyou faq withdraw them.",
        )
    if soon:
        yield Finding(
            Level.WARNING,
            f"Answers that end within {EXPIRES_SOON.days} days ({len(soon)}): {some(soon)}.",
            "Ask whoever they come from what holds afterwards.",
        )
