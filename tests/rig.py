"""The house in a test: real store, intake, desks, clocks and outbox; a fake app, a clock put forward by hand.

Letters are rendered as their keys, so that tests assert keys: "case.status case.head.received case.ask.place".
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from bot.channels.base import RenderedButton
from bot.cleaner import clean as clean_picture
from bot.cleaner import print_of
from bot.clock import Sweeper
from bot.darkroom import Darkroom
from bot.intake import Intake
from bot.knowledge import Knowledge
from bot.messages import Address, Inbound, Kind, Letter, Media, MediaKind, Press, Quoted, Said, Sender, Words
from bot.my_data import MyData
from bot.outbox import Outbox
from bot.outcome import FaqEntry, Held
from bot.photos import PhotoRefused, Photos
from bot.scenery import Scenery
from bot.store import Database, Keys, Store, people
from bot.store.migrate import migrate
from bot.store.tables import STEP
from bot.texts import Rendered, Texts
from nlu.linear import Reader
from nlu.model import Model
from nlu.understand import Encoder, Remote, Understand
from nlu.understanding import Lexicon, Understanding
from routing.case import Case, Verb
from routing.directory import DirectoryRows
from tests import town
from tests.fakes import App, Clock, Message
from tests.tables import MovedIn, tables_at

#: Chats by the names that dialogs use.
GROUPS = {"willow": town.GROUP_WILLOW, "bridge": town.GROUP_BRIDGE, "grid1": town.GROUP_GRID_1}
FAQ = (
    FaqEntry(
        "residence_permit", "居住证怎么办理、要什么材料", "带身份证去窗口。",
        ("居住证怎么办", "办居住证要什么材料", "外地人办居住证"), "柳桥便民服务中心",
    ),
    FaqEntry("garbage_sorting", "垃圾分类怎么分", "厨余放绿桶。", ("垃圾怎么分类", "剩菜放哪个桶", "厨余垃圾放哪个桶")),
)  # fmt: skip


def keys_of(words: Words) -> Iterator[str]:
    """The text keys that a parameter holds."""
    if isinstance(words, Said):
        yield words.key
        for inner in words.params.values():
            yield from keys_of(inner)
    elif isinstance(words, tuple):
        for each in words:
            yield from keys_of(each)


def render(letter: Letter) -> Rendered:
    """A letter as its keys; the plain parameters follow after a bar."""
    said = " ".join([letter.key, *(key for value in letter.params.values() for key in keys_of(value))])
    plain = " ".join(str(value) for value in letter.params.values() if isinstance(value, str) and value)
    return Rendered(
        f"{said} | {plain}",
        tuple(
            tuple(
                RenderedButton(" ".join([button.label.removeprefix("button."), *map(str, button.params.values())]),
                               button.data, button.url)
                for button in row
            )
            for row in letter.buttons
        ),
    )  # fmt: skip


#: By the model's id: the model, and what reads messages for it. To make one costs more than a whole dialog.
_READERS: dict[int, tuple[Model, Reader]] = {}


class Hearsay(Understand):
    """Understands for real, but for some words as it is told to. Other engines have all the time in the world."""

    def __init__(
        self,
        model: Model,
        told: Mapping[str, Mapping[str, object]],
        remote: Remote | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        _, reader = _READERS.get(id(model), (model, None))
        super().__init__(model, remote=remote, encoder=encoder, budget=60.0, reader=reader)
        _READERS[id(model)] = model, self.reader
        self._told = told
        self.engines: list[str] = []  #: Which engine decided, message by message.

    async def understand(self, text: str, *, topic: str | None, lexicon: Lexicon, now: datetime) -> Understanding:
        heard = await super().understand(text, topic=topic, lexicon=lexicon, now=now)
        self.engines.append(heard.engine)
        return replace(heard, **self._told.get(text, {}))  # type: ignore[arg-type]


class QuickPhotos(Photos):
    """Cleans in this process: the one of its own costs more than a whole dialog (tests of photos pay for it)."""

    async def _clean(self, data: bytes) -> tuple[bytes, int]:
        try:
            cleaned = clean_picture(data)
            return cleaned, print_of(cleaned)
        except (ValueError, OverflowError):
            raise PhotoRefused("photo.cannot_open") from None


class Rig:
    """One house with everybody in it. People are named as in the town; residents by any other name."""

    def __init__(
        self,
        store: Store,
        app: App,
        clock: Clock,
        intake: Intake,
        outbox: Outbox,
        sweeper: Sweeper,
        darkroom: Darkroom,
        nlu: Hearsay,
        knowledge: Knowledge,
        data: MyData,
    ) -> None:
        self.data = data
        self.store, self.app, self.clock = store, app, clock
        self.intake, self.outbox, self.sweeper, self.darkroom = intake, outbox, sweeper, darkroom
        self.nlu, self.knowledge = nlu, knowledge
        self.keys = itertools.count(1)
        self._messages = itertools.count(1)
        self.last_in: Inbound | None = None  #: What came in last.

    # --- what people do

    async def says(
        self,
        who: str,
        where: str,
        text: str = "",
        *,
        photos: Sequence[str] = (),
        pin: tuple[float, float] | None = None,
        reply_to: Message | None = None,
        quoted: Quoted | None = None,
        addressed: bool | None = None,
        album: str = "",
        admin: bool = False,
        kind: MediaKind = MediaKind.PHOTO,
        settle: bool = True,
    ) -> Inbound:
        """Somebody writes in a group ("willow") or alone ("private"). "@bot" at the beginning addresses the bot."""
        private = where == "private"
        mentions = text.startswith("@bot")
        text = text.removeprefix("@bot").strip()
        command, _, argument = text.removeprefix("/").partition(" ") if text.startswith("/") else ("", "", "")
        if reply_to:
            quoted = Quoted(reply_to.id, mine=True, text=reply_to.text)
        inbound = Inbound(
            key=str(next(self.keys)),
            at=self.at(who, where),
            kind=Kind.MESSAGE,
            sent_at=self.clock(),
            private=private,
            sender=Sender(town.user_of(who), who, admin=admin),
            message_id=f"m{next(self._messages)}",
            text=text,
            media=tuple(Media(kind, ref, ref) for ref in photos),
            location=pin,
            quoted=quoted,
            addressed=(private or mentions or bool(command) or bool(reply_to)) if addressed is None else addressed,
            command=command,
            argument=argument,
            album=album,
            title=where,
        )
        await self.comes(inbound, settle=settle)
        return inbound

    async def presses(
        self, who: str, message: Message, label: str, *, data: str = "", admin: bool = False, settle: bool = True
    ) -> Inbound:
        """Somebody presses a button under a message of the bot's; `data` is what a forger sends instead."""
        private = message.chat not in GROUPS.values()
        inbound = Inbound(
            key=str(next(self.keys)),
            at=Address(town.CHANNEL, town.BOT, message.chat),
            kind=Kind.PRESS,
            sent_at=self.clock(),
            private=private,
            sender=Sender(town.user_of(who), who, admin=admin),
            message_id=message.id,
            addressed=True,
            press=Press(data or message.data(label), message.id),
        )
        await self.comes(inbound, settle=settle)
        return inbound

    async def comes(self, inbound: Inbound, *, settle: bool = True) -> None:
        await self.intake.take([inbound])
        self.last_in = inbound
        if settle:
            await self.settles()

    async def passes(self, **time: float) -> None:
        """Time passes, and the clocks that went off meanwhile ring one after the other."""
        self.clock.forward(**time)
        while await self.sweeper.sweep():
            await self.settles()
        await self.settles()

    async def settles(self) -> None:
        """Everything that was set going comes to rest."""
        await self.intake.idle()
        while await self.darkroom.develop():
            pass
        assert await self.outbox.drain(10.0), "letters still wait"

    # --- looking

    def at(self, who: str, where: str) -> Address:
        chat = town.user_of(who) if where == "private" else GROUPS.get(where, where)
        return Address(town.CHANNEL, town.BOT, chat)

    def last(self, where: str, key: str = "") -> Message:
        """The newest message in a group ("willow") or with a person ("alice")."""
        return self.app.last(GROUPS.get(where) or town.user_of(where), key)

    def chat(self, where: str) -> list[Message]:
        return self.app.chat(GROUPS.get(where) or town.user_of(where))

    async def newest(self) -> Case:
        """The case that was opened last."""
        first = select(STEP.c.case).where(STEP.c.verb == Verb.RECEIVE.value).order_by(STEP.c.id.desc())
        found = await self.store.db.read(lambda c: c.scalar(first))
        return await self.case(found or "")

    async def case(self, number: str) -> Case:
        scene = await self.store.scene_for_case(number)
        assert scene.case is not None
        return scene.case


#: The town as the usual rig has it.
TOWN = MovedIn()


@asynccontextmanager
async def rig(
    folder: Path,
    model: Model,
    *,
    rows: DirectoryRows | None = None,
    url: str = "",
    can_first: bool = True,
    started: Collection[str] | None = None,
    clock: Clock | None = None,
    app: App | None = None,
    heard: Mapping[str, Mapping[str, object]] | None = None,
    remote: Remote | None = None,
    encoder: Encoder | None = None,
) -> AsyncIterator[Rig]:
    """A house on SQLite (or at `url`) with the town in it; a folder that has one already is taken up again.

    `can_first=False`: an app where the bot may not write first. `started` are those of the staff who wrote to the bot
    alone there once; None is everybody. `heard` says of some words how they are understood (fields of Understanding),
    where a dialog needs a doubt that training might take away; `remote` and `encoder` are asked as well.
    """
    clock = clock or Clock(town.NOON)
    moved_in = (folder / "town.db").exists()
    usual = not (rows or url or moved_in) and can_first and clock() == town.NOON
    moved_in = moved_in or (usual and TOWN.copied(folder))
    db = Database.open(url or tables_at(folder / "town.db"))
    try:
        if url:
            migrate(db)
        keys = Keys.load(folder / "keys", create=True)
        app = app or App()
        app.can = replace(app.can, first=can_first)
        first = {town.CHANNEL: town.BOT} if can_first else {}
        store = await Store.open(db, keys, render, now=clock, first=first, usernames={town.BOT: "wuyou_bot"})
        if not moved_in:
            await store.replace_directory(rows or town.rows())
            await store.faq_put(FAQ)
            if usual:
                TOWN.keep(folder)
            if not can_first:
                staff = [person.id for person in store.directory.people.values()] if started is None else started
                ways = [(town.user_of(who), Address(town.CHANNEL, town.BOT, town.user_of(who))) for who in staff]
                await db.write(lambda c: people.reached(c, keys, store.house, ways, clock()))
                await store.refresh()
        nlu = Hearsay(model, heard or {}, remote, encoder)
        knowledge = Knowledge(model.background, model.entries)
        channels = {town.CHANNEL: app}
        scenery = Scenery(
            store, nlu, knowledge, channels, clock, lambda: store.usernames, held_as=Held(pages="https://wuyou.example")
        )
        outbox = Outbox(db, channels, {}, clock, "rig", store.lost, house=store.house)
        knowledge.follow(store.faq, store.directory)
        intake = Intake(
            store, scenery, lambda text: nlu.gate(text, knowledge.lexicon), channels, clock, album_wait=0.01
        )
        photos = QuickPhotos(str(folder / "photos"), printed=store.keep_print, keys=keys)
        darkroom = Darkroom(store, photos, channels, clock)
        data = MyData(store, photos, Texts.load(), clock)
        yield Rig(store, app, clock, intake, outbox, Sweeper(store, clock), darkroom, nlu, knowledge, data)
        await intake.close()
    finally:
        await db.close()
