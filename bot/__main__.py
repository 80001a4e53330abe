"""Builds every object and runs them, top to bottom: the only file that knows every class."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from sqlalchemy import Connection, inspect

from bot.channels.base import Channel
from bot.channels.dingtalk import DingTalkChannel
from bot.channels.hooks import HooksChannel
from bot.channels.systems import SystemsChannel
from bot.channels.web import ACCOUNT, ChatRooms, WebChannel
from bot.clock import Sweeper, utc_now
from bot.config import Settings, secrets_of
from bot.darkroom import Darkroom
from bot.dingtalk_accounts import credentials_of, first_of, robots_of
from bot.figures import Figures
from bot.intake import Intake
from bot.knowledge import Asker, Knowledge
from bot.learnt import model_of
from bot.limits import DINGTALK, HOOKS, TELEGRAM, UNLIMITED
from bot.lookout import Lookout
from bot.messages import Address
from bot.my_data import MyData
from bot.one_core import OneCore, roam
from bot.outbox import Outbox
from bot.outcome import GroupChange, Held, Outcome, PhotoOrder
from bot.payday import Payday
from bot.photos import Photos
from bot.rule_book import RuleBook
from bot.scenery import Scenery
from bot.standing import standing_of
from bot.store import Database, Done, Keys, Stale, Store
from bot.store.file_ids import KeptFileIds
from bot.store.migrate import migrate
from bot.texts import Texts
from bot.upkeep import Upkeep
from bot.web import systems, telegram_hook
from bot.web.app import app
from bot.web.health import Health
from bot.web.seats import Seat
from nlu.rasa import Rasa
from nlu.semantic import SentenceEncoder
from nlu.similarity import SameMatter
from nlu.understand import Understand
from nlu.understanding import Lexicon
from routing.dispatch import Plan, Policy
from routing.sla import LOCAL

if TYPE_CHECKING:
    from bot.channels.telegram import TelegramChannel

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class House:
    """What runs, for those who look at it from outside: the demo's furniture, tests, the doctor."""

    settings: Settings
    store: Store
    rooms: ChatRooms
    intake: Intake
    outbox: Outbox
    sweeper: Sweeper
    darkroom: Darkroom
    photos: Photos
    application: web.Application
    tasks: tuple[Callable[[], Coroutine[None, None, None]], ...]


@asynccontextmanager
async def build(
    settings: Settings,
    *,
    seats: Sequence[Seat] | None = None,
    now: Callable[[], datetime] = utc_now,
    model_folder: Path | None = None,
) -> AsyncIterator[House]:
    """Wires everything. Nothing runs yet: tests drive the parts, `run` runs them. `seats` only in the demo. The trained
    model is kept in `model_folder` (None: beside the keys) under the hash of the written data."""
    signer = systems.signer_of(settings)
    async with AsyncExitStack() as stack:
        # What is kept
        db = Database.open(settings.database)
        stack.push_async_callback(db.close)
        # A key is only ever made together with a new database: without its own, an old one cannot be read.
        keys = Keys.load(Path(settings.keys), create=await db.read(_is_new))
        await asyncio.to_thread(migrate, db)
        texts = Texts.load(settings.texts.language)
        usernames: dict[str, str] = {}
        first = {"web": ACCOUNT, **first_of(settings)}
        store = await Store.open(
            db, keys, texts.render, now=now, first=first, table=settings.table(), usernames=usernames
        )
        rules = RuleBook(settings.routing.rules, store)
        store.plan = Plan(Policy(settings.routing.dispatch), fresh=timedelta(minutes=settings.routing.position_minutes))
        photos = Photos(settings.photos, printed=store.keep_print, keys=keys, pages=settings.web.public_url)

        # What is understood
        model = await asyncio.to_thread(model_of, settings, written(), model_folder)
        remote = encoder = None
        if settings.nlu.engine == "rasa":
            remote = await stack.enter_async_context(Rasa(settings.nlu.rasa_url))
        if settings.nlu.encoder:
            encoder = SentenceEncoder(settings.nlu.encoder, begin=roam)
            stack.push_async_callback(encoder.close)
        nlu = Understand(model, remote=remote, encoder=encoder)
        knowledge = Knowledge(model.background, model.entries)

        # Who is spoken with
        rooms = ChatRooms(db, now, keys)
        hooks = HooksChannel(db, store.house, now)
        stack.push_async_callback(hooks.close)
        channels: dict[str, Channel] = {SystemsChannel.name: SystemsChannel(), HooksChannel.name: hooks}
        if settings.channels.web.enabled:
            channels["web"] = WebChannel(rooms, photos)
        telegram = _telegram(settings, photos, usernames, KeptFileIds(db, "telegram"))
        if telegram is not None:
            channels["telegram"] = telegram
            stack.push_async_callback(telegram.close)
        dingtalk = _dingtalk(settings, photos, keys, KeptFileIds(db, DingTalkChannel.name))
        if dingtalk is not None:
            channels["dingtalk"] = dingtalk
            stack.push_async_callback(dingtalk.close)

        store.standing = standing_of(settings, channels)

        # The way out
        async def gone(at: Address) -> None:
            if at.channel == HooksChannel.name:
                await hooks.gave_up(at)
            await store.lost(at)
            if store.directory.group(at.channel, at.bot, at.chat):
                await _learn(
                    store,
                    Outcome(
                        f"gone:{at.channel}:{at.bot}:{at.chat}:{now():%Y%m%d%H}", (GroupChange(at, present=False),)
                    ),
                )

        async def moved(old: Address, new: Address) -> None:
            await _learn(
                store, Outcome(f"moved:{old.channel}:{old.bot}:{old.chat}", (GroupChange(old, moved_to=new.chat),))
            )

        limits = {"web": UNLIMITED, "telegram": TELEGRAM, "dingtalk": DINGTALK, HooksChannel.name: HOOKS}
        worker = f"{socket.gethostname()}:{settings.web.port}"
        outbox = Outbox(db, channels, limits, now, worker, gone, moved, house=store.house)

        # The doors
        figures = Figures(store, outbox)

        def committed(outcome: Outcome) -> None:
            figures.committed(outcome)
            if outcome.letters or outcome.fanouts:
                outbox.wake()
            if any(isinstance(change, PhotoOrder) for change in outcome.changes):
                darkroom.wake()

        darkroom = Darkroom(store, photos, channels, now, committed=committed)

        def lexicon() -> Lexicon:
            # Overheard in whichever group: what holds in one place only is no reason to speak up.
            knowledge.follow(store.faq, store.directory, now().astimezone(LOCAL).date())
            return knowledge.heard_by(Asker()).lexicon

        same = SameMatter(model.background, places=knowledge.places)
        scheme, keeps = settings.points.scheme(), settings.retention
        held = Held(pages=settings.web.public_url, photo_days=keeps.photos, case_days=keeps.cases)
        scenery = Scenery(store, nlu, knowledge, channels, now, lambda: usernames, same, scheme, held)
        intake = Intake(store, scenery, lambda text: nlu.gate(text, lexicon()), channels, now, committed=committed)
        stack.push_async_callback(intake.close)
        sweeper = Sweeper(store, now, committed=committed)
        stack.callback(sweeper.stop)
        data = MyData(store, photos, texts, now)
        upkeep = Upkeep(store, photos, data, now, keeps.spans(), timedelta(days=keeps.copies))
        application = app(
            chat=rooms if "web" in channels else None,
            intake=intake,
            photos=photos,
            texts=texts,
            seats=seats,
            telegram_hooks=telegram_hook.routes(telegram, intake) if telegram else (),
            systems=systems.routes(
                store, intake, photos, texts, now, settings.web.public_url, settings.exports.domain, signer
            ),
            health=Health({"database": lambda: db.read(lambda c: c.exec_driver_sql("SELECT 1"))}, figures.registry),
            directory=lambda: store.directory,
            secure=settings.web.public_url.startswith("https:"),
            role_of=lambda user: _role(store, user),
            store=store,
            now=now,
            background=model.background,
            committed=committed,
            proxies=settings.web.trusted_proxies,
            limits=limits,
            data=data,
            scheme=scheme,
        )
        lookout = Lookout(store, settings.bursts.limits(), now, committed=committed)
        payday = Payday(store, scheme, now, committed=committed)
        tasks = [outbox.run, intake.run, darkroom.run, rules.run, lookout.run, payday.run, upkeep.run]
        if encoder is not None:
            if nlu.encoder is None:
                log.warning("encoder", trouble=f"{encoder.name} won nothing when wuyou train weighed it; not loaded")
            else:
                tasks.append(partial(_encoder_comes, encoder))
        if telegram is not None:
            tasks.append(partial(_listen, telegram, intake, settings))
        if dingtalk is not None:
            tasks.append(partial(dingtalk.listen, intake.take))
        yield House(
            settings,
            store,
            rooms,
            intake,
            outbox,
            sweeper,
            darkroom,
            photos,
            application,
            tuple(tasks),
        )


async def run(house: House, started: Callable[[str], None] = lambda url: None) -> None:
    """Opens the doors and works until cancelled. `started` hears the address once the page answers."""
    settings = house.settings
    async with asyncio.TaskGroup() as group:
        for task in house.tasks:
            group.create_task(task())
        house.sweeper.start()
        runner = web.AppRunner(house.application, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.web.host, settings.web.port)
            await site.start()
            port = runner.addresses[0][1]
            core = settle()
            group.create_task(core.watch())
            started(f"http://{settings.web.host}:{port}")
            log.info("open", host=settings.web.host, port=port)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def settle() -> OneCore:
    """What was built at the start stays: Python need not look through all of it for rubbish again and again. With the
    model and the address book that takes a tenth of a second in which nobody is answered. And of what comes and goes
    with the messages next to nothing hangs in circles: looked for at every 700 objects, that cost 3 to 7 % of each.
    Returns the core taken."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    core = OneCore()
    core.settle()
    return core


def _telegram(
    settings: Settings, photos: Photos, usernames: dict[str, str], file_ids: KeptFileIds
) -> TelegramChannel | None:
    """The Telegram accounts of the configuration. Raises ConfigError when a token is not set."""
    wanted = settings.channels.telegram
    if not wanted.enabled:
        return None
    # Here, not above: the library takes half a second to import, and the demo does without it.
    from bot.channels.telegram import TelegramChannel

    given = {bot.name: secrets_of(bot) for bot in wanted.bots}
    return TelegramChannel(
        {name: each.token for name, each in given.items()},
        photos,
        base_url=wanted.base_url,
        secrets={name: each.secret for name, each in given.items() if each.secret},
        polling=wanted.mode == "polling",
        usernames=usernames,
        file_ids=file_ids,
    )


def _dingtalk(settings: Settings, photos: Photos, keys: Keys, file_ids: KeptFileIds) -> DingTalkChannel | None:
    """The DingTalk apps and custom robots of the configuration. Raises ConfigError when a secret is not set."""
    wanted = settings.channels.dingtalk
    if not wanted.enabled:
        return None
    return DingTalkChannel(
        {app.name: credentials_of(app) for app in wanted.apps},
        photos,
        mark=keys.blind("dingtalk", "cards").hex(),
        robots=robots_of(settings),
        base_url=wanted.base_url,
        oapi_url=wanted.oapi_url,
        file_ids=file_ids,
    )


async def _encoder_comes(encoder: SentenceEncoder) -> None:
    """Loads the encoder while the bot already answers, and says in the log how that went."""
    encoder.start()
    await encoder.settled()
    if encoder.trouble:
        log.warning("encoder", trouble=encoder.trouble)
    else:
        log.info("encoder", name=encoder.name)


async def _listen(telegram: TelegramChannel, intake: Intake, settings: Settings) -> None:
    """Hears Telegram by the configured way, until cancelled."""
    await telegram.start()
    if settings.channels.telegram.mode == "webhook":
        await telegram.set_webhooks(settings.web.public_url)
    else:
        await telegram.listen(intake.take)


async def _learn(store: Store, outcome: Outcome) -> None:
    """Writes what the way out learned; that somebody wrote it before is no news."""
    try:
        await store.commit(outcome)
    except (Done, Stale):
        log.info("known", cause=outcome.cause)


def _is_new(connection: Connection) -> bool:
    return not inspect(connection).get_table_names()


def _role(store: Store, user: str) -> str:
    person = store.directory.person_by_user("web", user)
    return str(person.role) if person else "resident"


def written() -> Path:
    """The written data, wherever the package lies."""
    return Path(str(files("nlu"))) / "data"


if __name__ == "__main__":
    from bot.cli import main

    main()
