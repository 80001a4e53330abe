"""The chat page: the list of chats, one conversation, and what can be done there. It works without script."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Protocol

from aiohttp import web

from bot.channels.web import ChatRooms
from bot.messages import Sender
from bot.photos import PhotoGone, PhotoRefused
from bot.store.web_chat import BOT, Chat, Message
from bot.web.events import Events
from bot.web.forms import Form, location_in, read_form
from bot.web.ground import Ground
from bot.web.pages import Pages, as_json, path
from bot.web.postbox import Intake, Mistaken, Pace, Postbox, Uploads
from bot.web.readers import Cookies, Door, Reader, Visitor, is_ours

PAGE = 50  #: Messages shown at once.
ANSWER_SOON = 1.5  #: Seconds a page without script waits for the bot, so that it comes back with the answer on it.


class PhotoStore(Protocol):
    """Takes photos in (cleaned) and gives them back."""

    async def keep(self, data: bytes) -> str: ...

    async def read(self, key: str) -> bytes: ...


class ChatPages:
    """The chat, behind one door."""

    def __init__(
        self,
        rooms: ChatRooms,
        intake: Intake,
        photos: PhotoStore,
        pages: Pages,
        cookies: Cookies,
        door: Door,
        ground: Ground,
    ) -> None:
        self._rooms, self._photos, self._pages, self._cookies = rooms, photos, pages, cookies
        self._door, self._ground = door, ground
        self._postbox, self._pace, self._uploads = Postbox(rooms, intake), Pace(), Uploads()
        self._events = Events(rooms, self.bubble, self.row)

    def routes(self) -> list[web.RouteDef]:
        chat = f"{self._door.prefix}/chat"
        return [
            web.get(chat, self.list),
            web.get(f"{chat}/events", self.events),
            web.get(f"{chat}/street.json", self.street),
            web.get(f"{chat}/{{chat}}", self.talk),
            web.get(f"{chat}/{{chat}}/earlier", self.earlier),
            web.post(f"{chat}/{{chat}}/messages", self.post),
            web.post(f"{chat}/{{chat}}/press", self.press),
            web.post(f"{chat}/{{chat}}/recall", self.recall),
            web.post(f"{chat}/{{chat}}/read", self.read),
            web.get(f"{self._door.prefix}/photos/{{key}}", self.photo),
        ]

    async def catch_up(self) -> None:
        """Hands over what a crash left behind."""
        await self._postbox.catch_up()

    # --- pages

    async def list(self, request: web.Request) -> web.Response:
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        return await self._messenger(request, visitor, reader, None)

    async def talk(self, request: web.Request) -> web.Response:
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        chat = await self._chat(request, visitor)
        return await self._messenger(request, visitor, reader, chat)

    async def earlier(self, request: web.Request) -> web.Response:
        """For script: the messages before one, as a piece of the page."""
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        chat = await self._chat(request, visitor)
        messages = await self._rooms.page(chat.id, _number(request.query.get("before", "")), PAGE)
        html = self._pages.fill(
            "messages.html", reader, messages=messages, more=len(messages) == PAGE, **self._around(chat, visitor)
        )
        return web.Response(text=html, content_type="text/html")

    async def events(self, request: web.Request) -> web.StreamResponse:
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        return await self._events.stream(request, visitor, reader, lambda: self._door.visitor(request))

    async def street(self, request: web.Request) -> web.Response:
        await self._door.visitor(request)
        response = web.Response(body=self._ground.geojson(), content_type="application/geo+json")
        response.headers["Cache-Control"] = "private, max-age=600"
        return response

    async def photo(self, request: web.Request) -> web.Response:
        """The photo, to those who sit in a chat where it was posted."""
        visitor = await self._door.visitor(request)
        key = request.match_info["key"]
        if not await self._rooms.may_see(visitor.user_id, key):
            raise web.HTTPNotFound
        # The browser asks each time whether it may show it: a photo never changes, but it may be taken back.
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{key}"', "Content-Disposition": "inline"}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        try:
            body = await self._photos.read(key)
        except PhotoGone:
            raise web.HTTPNotFound from None
        return web.Response(body=body, content_type="image/jpeg", headers=headers)

    # --- what people do

    async def post(self, request: web.Request) -> web.Response:
        """A message: words, photos, a place. Answers 303 to the chat, or JSON to script; both mean "it is stored"."""
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        chat = await self._chat(request, visitor)
        form = Form()
        try:
            with self._uploads.of(visitor.user_id, request.content_length):
                form = await self._form(request, photos=True)
                message = await self._taken(form, chat, _sender(visitor, reader))
        except Mistaken as mistake:
            return await self._refuse(request, visitor, reader, chat, f"web.refused.{mistake.reason}", mistake, form)
        except PhotoRefused as refusal:
            return await self._refuse(request, visitor, reader, chat, refusal.key, Mistaken("photo"), form)
        if _wants_json(request):
            return as_json({"id": message.id, "html": self.bubble(message, chat, visitor, reader)})
        return await self._answered(visitor, reader, chat)

    async def press(self, request: web.Request) -> web.StreamResponse:
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        chat = await self._chat(request, visitor)
        form = await self._form(request)
        try:
            self._keep_pace(visitor.user_id)
            sender = _sender(visitor, reader)
            await self._postbox.press(chat, sender, form.get("message"), form.get("data"), form.get("key"))
        except Mistaken as mistake:
            return await self._refuse(request, visitor, reader, chat, f"web.refused.{mistake.reason}", mistake, Form())
        if _wants_json(request):
            return as_json({})
        return await self._answered(visitor, reader, chat)

    async def recall(self, request: web.Request) -> web.StreamResponse:
        visitor, reader = await self._door.visitor(request), self._cookies.reader(request)
        chat = await self._chat(request, visitor)
        form = await self._form(request)
        try:
            self._keep_pace(visitor.user_id)
            message = await self._postbox.recall(chat, _sender(visitor, reader), form.get("message"))
        except Mistaken as mistake:
            return await self._refuse(request, visitor, reader, chat, f"web.refused.{mistake.reason}", mistake, Form())
        if _wants_json(request):
            return as_json({"id": message.id, "html": self.bubble(message, chat, visitor, reader)})
        raise web.HTTPSeeOther(path(f"{reader.base}/chat", chat.id))

    async def read(self, request: web.Request) -> web.Response:
        """For script: what was shown while the page lay open is read."""
        visitor = await self._door.visitor(request)
        chat = await self._chat(request, visitor)
        form = await self._form(request)
        await self._rooms.mark_read(chat.id, visitor.user_id, _number(form.get("seq")) or 0)
        return as_json({})

    # --- pieces of a page, also sent to open pages

    def bubble(self, message: Message, chat: Chat, visitor: Visitor, reader: Reader) -> str:
        return self._pages.fill("bubble.html", reader, m=message, **self._around(chat, visitor))

    def row(self, chat: Chat, visitor: Visitor, reader: Reader) -> str:
        return self._pages.fill("row.html", reader, row=chat, **self._around(None, visitor))

    def _around(self, chat: Chat | None, visitor: Visitor) -> dict[str, Any]:
        return {
            "chat": chat,
            "me": visitor,
            "now": self._rooms.now(),
            "BOT": BOT,
            "fresh_key": lambda: secrets.token_hex(16),
            "plan": self._ground.plan,
        }

    async def _messenger(
        self,
        request: web.Request,
        visitor: Visitor,
        reader: Reader,
        chat: Chat | None,
        *,
        status: int = 200,
        trouble: str = "",
        text: str = "",
    ) -> web.Response:
        since = self._rooms.now()  # Before reading: what happens meanwhile is sent to the page once more.
        messages: Sequence[Message] = ()
        if chat is not None:
            messages = await self._rooms.page(chat.id, _number(request.query.get("before", "")), PAGE)
            if messages and "before" not in request.query:
                await self._rooms.mark_read(chat.id, visitor.user_id, messages[-1].seq)
        answering = await self._answering(request, chat)
        return self._pages.page(
            "messenger.html",
            reader,
            status=status,
            chats=await self._rooms.chats(visitor.user_id),
            messages=messages,
            more=len(messages) == PAGE,
            past="before" in request.query,
            answering=answering,
            trouble=trouble,
            text=text,
            since=round(since.timestamp() * 1_000_000),
            demo=bool(self._door.prefix),
            has_map=self._ground.known,
            home=self._ground.home(chat.id) if chat else None,
            **self._around(chat, visitor),
        )

    async def _answering(self, request: web.Request, chat: Chat | None) -> Message | None:
        wanted = request.query.get("reply", "")
        if chat is None or not wanted:
            return None
        message = await self._rooms.message(wanted)
        return message if message and message.chat == chat.id and not message.deleted else None

    # --- parts of doing

    async def _chat(self, request: web.Request, visitor: Visitor) -> Chat:
        chat = await self._rooms.chat(request.match_info["chat"], visitor.user_id)
        if chat is None:
            raise web.HTTPNotFound
        return chat

    async def _form(self, request: web.Request, *, photos: bool = False) -> Form:
        """The form, if it came from a page of ours."""
        form = await read_form(request, photos=photos)
        if not is_ours(request, request.headers.get("X-Proof") or form.get("proof")):
            raise web.HTTPForbidden
        return form

    async def _taken(self, form: Form, chat: Chat, sender: Sender) -> Message:
        if form.too_long:
            raise Mistaken("long", 413)
        if form.too_big:
            raise Mistaken("photo_big", 413)
        if form.too_many:
            raise Mistaken("photos_many", 413)
        key = form.get("key")
        if (there := await self._postbox.seen(key)) and there.author == sender.user_id:
            # Sent before, and the answer was lost on the way: its photos are not taken in a second time.
            return await self._postbox.post(chat, sender, key, there.text or ".", there.photos)
        self._keep_pace(sender.user_id)
        photos = [await self._photos.keep(data) for data in form.photos]
        where = location_in(form.get("location"))
        return await self._postbox.post(
            chat, sender, key, self._words(form, sender), photos, where, form.get("reply_to")
        )

    def _words(self, form: Form, sender: Sender) -> str:
        """What was written; or what a ready-made button says, and the bot's name where it was called by a button."""
        words = form.get("say") or form.get("text")
        return (
            f"{self._pages.texts.say('web.write.mention', {}, sender.language)} {words}" if form.get("call") else words
        )

    def _keep_pace(self, user_id: str) -> None:
        if self._pace.wait_for(user_id):
            raise Mistaken("fast", 429)

    async def _answered(self, visitor: Visitor, reader: Reader, chat: Chat) -> web.Response:
        """Back to the chat; a moment later when the bot is about to say something there."""
        with self._rooms.listening(visitor.user_id) as listener:
            listener.chats = {chat.id}
            await listener.wait(ANSWER_SOON)
        raise web.HTTPSeeOther(path(f"{reader.base}/chat", chat.id))

    async def _refuse(
        self,
        request: web.Request,
        visitor: Visitor,
        reader: Reader,
        chat: Chat,
        reason: str,
        mistake: Mistaken,
        form: Form,
    ) -> web.Response:
        words = self._pages.texts.say(reason, {}, reader.language)
        if _wants_json(request):
            return as_json({"error": words}, status=mistake.status)
        return await self._messenger(
            request, visitor, reader, chat, status=mistake.status, trouble=words, text=form.get("text")
        )


def _sender(visitor: Visitor, reader: Reader) -> Sender:
    return Sender(visitor.user_id, visitor.name, language=reader.language if reader.chosen else "")


def _wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _number(words: str) -> int | None:
    return int(words) if words.isascii() and words.isdigit() and len(words) < 19 else None
