"""Brings parcels to Telegram: Courier. A picture is uploaded once; what is half sent is not begun again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from weakref import WeakValueDictionary

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import BadRequest, TelegramError

from bot.channels.base import Fate, Parcel, RenderedButton, SendError
from bot.channels.pictures import Album, FileIds
from bot.channels.telegram_fate import fate, no_reply, other_way, unchanged, wrong_file
from bot.channels.telegram_parts import MOST_CAPTION, MOST_TEXT, Part, Shape, cut, parts, units
from bot.messages import Address
from bot.photos import PhotoGone

log = structlog.get_logger(__name__)


def keyboard(rows: tuple[tuple[RenderedButton, ...], ...]) -> InlineKeyboardMarkup | None:
    made = [[_button(button) for button in row] for row in rows if row]
    return InlineKeyboardMarkup(made) if made else None


def _button(button: RenderedButton) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.text, url=button.url)
    return InlineKeyboardButton(button.text, callback_data=button.data)


@dataclass(slots=True)
class _Half:
    """How far a parcel of several calls came."""

    done: list[Part] = field(default_factory=list)
    main: str = ""


class Courier:
    """Brings parcels to Telegram. Every refusal leaves it as a SendError."""

    #: Parcels that stopped half-way and are remembered. After a restart they begin anew: at most one more copy.
    MOST_HALVES = 1000

    def __init__(self, album: Album, file_ids: FileIds | None = None) -> None:
        self._album, self._ids = album, file_ids or FileIds()
        self._halves: OrderedDict[tuple[Address, int], _Half] = OrderedDict()
        self._uploads: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def carry(self, bot: Bot, parcel: Parcel) -> str:
        """Returns the id of the message that carries the words. Raises SendError."""
        try:
            chat = int(parcel.to.chat)
        except ValueError:
            raise SendError(Fate.GONE, f"{parcel.to.chat!r} is no chat of Telegram's") from None
        return await (self._edit(bot, chat, parcel) if parcel.edits else self._send(bot, chat, parcel))

    async def _send(self, bot: Bot, chat: int, parcel: Parcel) -> str:
        plan = parts(parcel)
        if not plan:
            raise SendError(Fate.REFUSED, "an empty letter")
        name = (parcel.to, parcel.id)
        half = self._halves.pop(name, _Half())
        if plan[: len(half.done)] != tuple(half.done):
            half = _Half()  # a later letter of the slot took this one's place
        try:
            for part in plan[len(half.done) :]:
                sent = await self._part(bot, chat, parcel, part)
                half.main = sent if part.main else half.main
                half.done.append(part)
        except SendError as error:
            if half.done and error.fate in (Fate.WAIT, Fate.RETRY, Fate.UNKNOWN):
                self._halves[name] = half
                while len(self._halves) > self.MOST_HALVES:
                    self._halves.popitem(last=False)
            raise
        return half.main

    async def _part(self, bot: Bot, chat: int, parcel: Parcel, part: Part) -> str:
        """Makes one call. A picture or place that is refused does not keep the words from arriving."""
        try:
            return str((await self._call(bot, chat, parcel, part))[0].message_id)
        except PhotoGone as gone:
            rest = tuple(key for key in part.keys if key not in gone.args)
            if part.shape is Shape.ALBUM and 0 < len(rest) < len(part.keys):
                shape = Shape.ALBUM if len(rest) > 1 else Shape.PHOTO
                return await self._part(bot, chat, parcel, replace(part, shape=shape, keys=rest))
            refused = SendError(Fate.REFUSED, "the picture is no longer kept")
        except TelegramError as error:
            if parcel.reply_to and no_reply(error):
                return await self._part(bot, chat, replace(parcel, reply_to=""), part)
            refused = fate(error)
            if refused.fate is not Fate.REFUSED or part.shape is Shape.TEXT:
                raise refused from None
        log.warning("letter.part_refused", letter=parcel.id, part=part.shape, reason=refused.reason)
        if part.main and parcel.text:
            return await self._part(bot, chat, parcel, Part(Shape.TEXT, cut(parcel.text, MOST_TEXT), main=True))
        if part.main:
            raise refused
        return ""

    async def _call(self, bot: Bot, chat: int, parcel: Parcel, part: Part) -> Sequence[Message]:
        # Every part is a reply, so that all of them stand in the topic of a forum where the question stands.
        to = parcel.reply_to
        reply = ReplyParameters(int(to), allow_sending_without_reply=True) if to.isdecimal() and int(to) else None
        markup = keyboard(parcel.buttons) if part.main else None
        match part.shape:
            case Shape.TEXT:
                quiet = LinkPreviewOptions(is_disabled=True)
                return [
                    await bot.send_message(
                        chat, part.text, reply_markup=markup, reply_parameters=reply, link_preview_options=quiet
                    )
                ]
            case Shape.PLACE:
                assert parcel.location is not None
                lat, lon = parcel.location
                return [await bot.send_location(chat, lat, lon, reply_markup=markup, reply_parameters=reply)]
            case _:
                return await self._with_files(bot, chat, parcel.to.bot, part, markup, reply)

    async def _with_files(
        self,
        bot: Bot,
        chat: int,
        account: str,
        part: Part,
        markup: InlineKeyboardMarkup | None,
        reply: ReplyParameters | None,
    ) -> Sequence[Message]:
        """Sends pictures by their file_id; those that Telegram does not know yet are uploaded, each by one letter
        while the others that show it wait."""
        async with AsyncExitStack() as stack:
            for key in sorted({key for key in part.keys if not self._ids.find(account, key)}):
                await stack.enter_async_context(self._upload(account, key))
            known = {key: self._ids.find(account, key) for key in part.keys}
            files: list[str | bytes] = [known[key] or await self._album.read(key) for key in part.keys]
            try:
                sent = await _show(bot, chat, part, files, markup, reply)
            except BadRequest as error:
                if not (wrong_file(error) and any(known.values())):
                    raise
                for key in part.keys:
                    self._ids.keep(account, key, "")
                files = [await self._album.read(key) for key in part.keys]
                sent = await _show(bot, chat, part, files, markup, reply)
            for key, message in zip(part.keys, sent, strict=False):
                self._ids.keep(account, key, _file_id(message))
            return sent

    def _upload(self, account: str, key: str) -> asyncio.Lock:
        lock = self._uploads.get((account, key))
        if lock is None:
            lock = self._uploads[account, key] = asyncio.Lock()
        return lock

    async def _edit(self, bot: Bot, chat: int, parcel: Parcel) -> str:
        """Changes the message in place. One that shows just that already is a success."""
        if not parcel.edits.isdecimal() or int(parcel.edits) == 0:
            raise SendError(Fate.SEND_ANEW, "Telegram gave the message no number")
        long = units(parcel.text) > MOST_CAPTION
        ways = [Shape.TEXT]
        if parcel.had_photo:
            # Words beside an album, or too many for a caption, stand in a message of their own.
            apart = long or len(parcel.photos) > 1
            ways = [Shape.TEXT, Shape.PHOTO] if apart else [Shape.PHOTO, Shape.TEXT]
        for way in ways:
            try:
                await self._change(bot, chat, parcel, way, long)
                break
            except TelegramError as error:
                if unchanged(error):
                    break
                if way is ways[-1] or not other_way(error):
                    raise fate(error, edit=True) from None
        return parcel.edits

    async def _change(self, bot: Bot, chat: int, parcel: Parcel, way: Shape, long: bool) -> None:
        markup, number = keyboard(parcel.buttons), int(parcel.edits)
        if way is Shape.PHOTO:
            if long:
                raise SendError(Fate.SEND_ANEW, "the words no longer fit under the picture")
            await bot.edit_message_caption(chat, number, caption=parcel.text, reply_markup=markup)
            return
        quiet, text = LinkPreviewOptions(is_disabled=True), cut(parcel.text, MOST_TEXT)
        await bot.edit_message_text(text, chat, number, reply_markup=markup, link_preview_options=quiet)


async def _show(
    bot: Bot,
    chat: int,
    part: Part,
    files: list[str | bytes],
    markup: InlineKeyboardMarkup | None,
    reply: ReplyParameters | None,
) -> Sequence[Message]:
    caption = part.text or None
    match part.shape:
        case Shape.ALBUM:
            return await bot.send_media_group(chat, [InputMediaPhoto(file) for file in files], reply_parameters=reply)
        case Shape.VOICE:
            return [await bot.send_voice(chat, files[0], caption=caption, reply_markup=markup, reply_parameters=reply)]
        case _:
            return [await bot.send_photo(chat, files[0], caption=caption, reply_markup=markup, reply_parameters=reply)]


def _file_id(message: Message) -> str:
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height).file_id
    return message.voice.file_id if message.voice else ""
