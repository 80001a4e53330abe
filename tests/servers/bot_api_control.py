"""The way into a fake server that runs as a process of its own: JSON over HTTP under /_control/.

POST /_control/VERB with a JSON object, answered by {"result": ...} or 400 {"error": "..."}:

    bot          {username, name?, privacy?, token?}                    -> {id, username, token}
    user         {name, username?}                                      -> {id}
    group        {title, members?: [user], bots?: [username], kind?}    -> {id}
    writes, sends_photo, sends_location, sends_voice, sends_sticker, sends_document
                 {who, where: chat id or bot username, text | content (base64) | latitude, longitude,
                  mention?: username, reply_to?: message_id, album?, caption?}   -> {message_id}
    edits        {who, where, message_id, text}
    presses      {who, where, message_id, button | data}                -> {id}
    starts, blocks   {who, bot?, payload?}
    adds_bot, removes_bot, promotes   {where, bot?}
    migrate      {where}                                                -> {id}
    injects      {update, bot?}                                         -> {update_id}
    repeats_last_update {times?}     doubles_next_update {count?}
    refuse_next  {code, description?, retry_after?, times?, methods?}
    lose_next_response, drop_next_request   {times?, methods?}
    delay_next   {seconds, times?, methods?}        schedule_next {times?}        heal {}
    forward      {seconds}
    messages     {where, who?: user of a private chat with bot `where`} -> what bots wrote there
    calls        {since?}                                               -> the call log
    state        {}                                                     -> per bot: pending updates, webhook, presses
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.servers.bot_api_chats import BotAccount, Chat, Json, Message
from tests.servers.bot_api_people import Person

if TYPE_CHECKING:
    from tests.servers.bot_api import BotApi

#: Verbs whose JSON object is their arguments as they stand.
_PLAIN = frozenset(
    [
        "repeats_last_update",
        "doubles_next_update",
        "refuse_next",
        "lose_next_response",
        "drop_next_request",
        "delay_next",
        "schedule_next",
        "heal",
    ]
)
_WRITES = frozenset(["writes", "sends_photo", "sends_location", "sends_voice", "sends_sticker", "sends_document"])


class Control:
    """Translates JSON into the verbs of the server and its cast."""

    def __init__(self, server: BotApi) -> None:
        self._server = server

    async def answer(self, request: web.BaseRequest, verb: str) -> web.Response:
        """Do what `verb` says and answer its result."""
        try:
            body = await request.read()
            result = self._do(verb, json.loads(body) if body else {})
        except (LookupError, TypeError, ValueError) as error:
            return _json(400, {"error": f"{type(error).__name__}: {error}"})
        return _json(200, {"result": result})

    def _do(self, verb: str, said: Json) -> Any:
        server = self._server
        if verb in _PLAIN:
            return getattr(server, verb)(**said)
        if verb in _WRITES:
            return {"message_id": self._writes(verb, said).id}
        if verb == "forward":
            return server.clock.forward(said["seconds"])
        own = getattr(self, f"_{verb}", None)
        if own is None or verb in ("do", "server", "message", "where", "person", "account"):
            raise LookupError(f"no verb {verb!r}; see the head of bot_api_control.py")
        return own(said)

    # ---- finding ----

    def _account(self, username: str | None) -> BotAccount:
        if username is None:
            return self._server.bot
        return next(bot for bot in self._server.bots if bot.username == username)

    def _person_of(self, said: Json) -> Person:
        return self._server.people[int(said["who"])]

    def _place(self, said: Json) -> Chat:
        where = said["where"]
        if isinstance(where, int):
            return self._server.chats[where]
        return self._person_of(said).inbox(self._account(where))

    def _found(self, said: Json, key: str = "message_id") -> Message:
        return self._place(said).kept[int(said[key])]

    # ---- cast ----

    def _bot(self, said: Json) -> Json:
        bot = self._server.new_bot(**said)
        return {"id": bot.id, "username": bot.username, "token": bot.token}

    def _user(self, said: Json) -> Json:
        return {"id": self._server.user(**said).id}

    def _group(self, said: Json) -> Json:
        members = [self._server.people[number] for number in said.pop("members", [])]
        bots = [self._account(name) for name in said.pop("bots", [])]
        return {"id": self._server.group(said.pop("title"), members, bots=bots, **said).id}

    def _writes(self, verb: str, said: Json) -> Message:
        person = self._person_of(said)
        where = said["where"]
        target: Chat | BotAccount = self._server.chats[where] if isinstance(where, int) else self._account(where)
        arguments = {key: value for key, value in said.items() if key not in ("who", "where", "text", "content")}
        if "mention" in said:
            arguments["mention"] = self._account(said["mention"])
        if "reply_to" in said:
            arguments["reply_to"] = self._found(said, "reply_to")
        if "text" in said:
            arguments["text"] = said["text"]
        if "content" in said:
            arguments["content"] = base64.b64decode(said["content"])
        message: Message = getattr(person, verb)(target, **arguments)
        return message

    def _edits(self, said: Json) -> Json:
        return {"message_id": self._person_of(said).edits(self._found(said), said["text"]).id}

    def _presses(self, said: Json) -> Json:
        press = self._person_of(said).presses(self._found(said), said.get("button", ""), data=said.get("data"))
        return {"id": None if press is None else press.id}

    def _starts(self, said: Json) -> Json:
        return {"message_id": self._person_of(said).starts(self._account(said.get("bot")), said.get("payload", "")).id}

    def _blocks(self, said: Json) -> None:
        self._person_of(said).blocks(self._account(said.get("bot")))

    def _adds_bot(self, said: Json) -> None:
        self._server.adds_bot(self._place(said), self._account(said.get("bot")))

    def _removes_bot(self, said: Json) -> None:
        self._server.removes_bot(self._place(said), self._account(said.get("bot")))

    def _promotes(self, said: Json) -> None:
        self._server.promotes(self._account(said.get("bot")), self._place(said))

    def _migrate(self, said: Json) -> Json:
        return {"id": self._server.migrate(self._place(said)).id}

    def _injects(self, said: Json) -> Json:
        return {"update_id": self._server.injects(said["update"], self._account(said.get("bot"))).id}

    # ---- looking ----

    def _messages(self, said: Json) -> list[Json]:
        return [
            {
                "message_id": message.id, "bot": message.sender.username, "text": message.shown,
                "buttons": message.button_rows, "photo": message.photo is not None, "edited": bool(message.edited),
                "versions": [version.shown for version in message.versions], "date": message.date,
                "reply_to": message.reply_to.id if message.reply_to else None,
            }
            for message in self._place(said).messages
        ]  # fmt: skip

    def _calls(self, said: Json) -> list[Json]:
        return [asdict(call) for call in self._server.calls[said.get("since", 0) :]]

    def _state(self, said: Json) -> Json:
        return {
            bot.username: {
                "pending": list(bot.updates.pending),
                "webhook": bot.updates.webhook_info(),
                "presses": {press.id: press.answers for press in self._server.presses.values() if press.bot is bot},
            }
            for bot in self._server.bots
        }


def _json(status: int, body: Json) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")
