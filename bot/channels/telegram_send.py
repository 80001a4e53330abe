"""Brings parcels to Telegram: Courier. A picture is uploaded once; what is half sent is not begun again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
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
from bot.channels.pictures import Album, FileIds, FileIdsInMemory
from bot.channels.telegram_fate import fate, no_reply, other_way, unchanged, wrong_file
from bot.channels.telegram_parts import MOST_CAPTION, MOST_TEXT, Part, Shape, Way, cut, edit_ways, parts
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
        self._album, self._ids = album, file_ids or FileIdsInMemory()
        self._halves: OrderedDict[tuple[Address, int], _Half] = OrderedDict()
        self._uploads: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def carry(self, bot: Bot, parcel: Parcel) -> str:
        """Returns the id of the message that carries the words. Raises SendError."""
        try:
            chat = int(parcel.to.chat)
        except ValueError:
            raise SendError(Fate.GONE, f"{parcel.to.chat!r} is no chat of Telegram's") from None
        if not parcel.edits:
            return await self._send(bot, chat, parcel)
        try:
            return await self._edit(bot, chat, parcel)
        except SendError as error:
            if not parcel.recalls or error.fate not in (Fate.SEND_ANEW, Fate.REFUSED):
                raise
            await self._take_back(bot, chat, parcel)
        return await self._send(bot, chat, replace(parcel, edits="", photos=()))

    async def _take_back(self, bot: Bot, chat: int, parcel: Parcel) -> None:
        """Deletes what could not be changed. Raises SendError, SEND_ANEW when Telegram leaves it where it is: the words
        follow all the same, and it is counted among those that were not taken back."""
        if parcel.edits.isdecimal() and int(parcel.edits):
            try:
                await self.delete(bot, chat, int(parcel.edits))
            except SendError as error:
                if error.fate is Fate.REFUSED:
                    raise SendError(Fate.SEND_ANEW, error.reason) from None
                raise
        else:
            raise SendError(Fate.SEND_ANEW, "Telegram gave the message no number")

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
                account = parcel.to.bot
                return await self._with_files(
                    account, part.keys, lambda files: _show(bot, chat, part, files, markup, reply)
                )

    async def _with_files(
        self, account: str, keys: Sequence[str], show: Callable[[list[str | bytes]], Awaitable[Sequence[Message]]]
    ) -> Sequence[Message]:
        """Shows pictures by their file_id; those that Telegram does not know yet are uploaded, each by one letter while
        the others that show it wait. Of a file_id that turns out to be wrong the bytes are uploaded again."""
        for last in (False, True):
            async with AsyncExitStack() as stack:
                for key in sorted({key for key in keys if not await self._ids.find(account, key)}):
                    await stack.enter_async_context(self._upload(account, key))
                known = {key: await self._ids.find(account, key) for key in keys}
                try:
                    sent = await show([known[key] or await self._album.read(key) for key in keys])
                except BadRequest as error:
                    if last or not (wrong_file(error) and any(known.values())):
                        raise
                    for key, file_id in known.items():
                        await self._ids.forget(account, key, file_id)
                    continue
                for key, message in zip(keys, sent, strict=False):
                    if file_id := _file_id(message):
                        await self._ids.keep(account, key, file_id)
                break
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
        ways = edit_ways(parcel)
        for way in ways:
            try:
                await self._change(bot, chat, parcel, way)
                break
            except PhotoGone:
                refused = SendError(Fate.REFUSED, "the picture is no longer kept")
            except TelegramError as error:
                if unchanged(error):
                    break
                refused = fate(error, edit=True)
                if not other_way(error):
                    raise refused from None
            if way is ways[-1]:
                raise refused
        return parcel.edits

    async def _change(self, bot: Bot, chat: int, parcel: Parcel, way: Way) -> None:
        markup, number = keyboard(parcel.buttons), int(parcel.edits)
        match way:
            case Way.PICTURE:

                async def show(files: list[str | bytes]) -> Sequence[Message]:
                    media = InputMediaPhoto(files[0], caption=cut(parcel.text, MOST_CAPTION))
                    changed = await bot.edit_message_media(media, chat, number, reply_markup=markup)
                    return [changed] if isinstance(changed, Message) else []

                await self._with_files(parcel.to.bot, parcel.photos, show)
            case Way.CAPTION:
                caption = cut(parcel.text, MOST_CAPTION)
                await bot.edit_message_caption(chat, number, caption=caption, reply_markup=markup)
            case Way.TEXT:
                quiet, text = LinkPreviewOptions(is_disabled=True), cut(parcel.text, MOST_TEXT)
                await bot.edit_message_text(text, chat, number, reply_markup=markup, link_preview_options=quiet)
            case Way.NONE:
                raise SendError(Fate.SEND_ANEW, "the words no longer fit under the picture, or the picture must go")

    async def delete(self, bot: Bot, chat: int, number: int) -> None:
        """Takes a message back, within 48 hours. Raises SendError; one that is gone already is no error."""
        try:
            await bot.delete_message(chat, number)
        except TelegramError as error:
            if "message to delete not found" not in error.message.lower():
                raise fate(error, edit=True) from None


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
