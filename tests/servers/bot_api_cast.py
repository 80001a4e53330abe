"""The cast: people, groups and bots, what happens among them, and which bot hears what."""

from __future__ import annotations

from collections.abc import Iterable

from tests.servers.bot_api_chats import GROUP_RIGHTS, RIGHTS, BotAccount, Chat, Json, Member, Message, Press
from tests.servers.bot_api_clock import Clock
from tests.servers.bot_api_files import Files
from tests.servers.bot_api_limits import Limits
from tests.servers.bot_api_people import Person
from tests.servers.bot_api_updates import DAY, Update

_MEMBERSHIP_LANE = 5 << 33


class Cast:
    """Everybody and everything on the server, with the verbs that change it. Holds no socket."""

    def __init__(self, clock: Clock | None = None, limits: Limits | None = None) -> None:
        self.clock = clock or Clock()
        self.limits = limits or Limits()
        self.files = Files()
        self.bots: list[BotAccount] = []
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}  #: Groups by id; private chats live in their bot.
        self.presses: dict[str, Press] = {}
        self._count = 0
        self._albums: dict[str, str] = {}
        self._last_update: tuple[BotAccount, Update] | None = None
        self._doubles = 0

    def number(self, base: int = 0) -> int:
        """Return a number that was not given before."""
        self._count += 1
        return base + self._count

    def album(self, name: str | None) -> str | None:
        """Return the media_group_id for the test's `name`."""
        return None if name is None else self._albums.setdefault(name, str(self.number(13_900_000_000_000_000)))

    # ---- who is there ----

    def user(self, name: str, *, surname: str = "", username: str = "", language: str = "zh-hans") -> Person:
        """Return a new person."""
        person = Person(self, self.number(700_000_000), name, surname, username, language)
        self.people[person.id] = person
        return person

    def group(
        self,
        title: str,
        members: Iterable[Person] = (),
        *,
        bots: Iterable[BotAccount] = (),
        kind: str = "supergroup",
        owner: Person | None = None,
        forum: bool = False,
        id: int | None = None,
    ) -> Chat:
        """Return a new group. `bots` stand in it without having been announced; `adds_bot` announces."""
        if id is None:
            id = -self.number(1_002_000_000_000 if kind == "supergroup" else 4_000_000)
        # Number 1 is the General topic of a forum.
        chat = self.chats[id] = Chat(id, kind, title, forum=forum, next_id=2 if forum else 1)
        owner = owner or self.user("Owner")
        everybody: list[Person | BotAccount] = [owner, *members, *bots]
        for user in everybody:
            chat.members[user.id] = Member(user, "creator" if user is owner else "member")
        return chat

    def topic(self, group: Chat, name: str) -> int:
        """Open a topic in a forum group and return its message_thread_id."""
        created = {"forum_topic_created": {"name": name, "icon_color": 7322096}, "service": True}
        message = self.announces(group, self._owner(group), created)
        message.thread = message.id
        group.topics[message.id] = name
        return message.id

    def private(self, person: Person, bot: BotAccount) -> Chat:
        """Return the private chat of the two; it exists from the first look, but is `started` by the person only."""
        chat = bot.private.get(person.id)
        if chat is None:
            chat = bot.private[person.id] = Chat(person.id, "private", person=person)
            chat.members = {person.id: Member(person), bot.id: Member(bot)}
        return chat

    def _owner(self, chat: Chat) -> Person:
        if chat.person is not None:
            return chat.person
        return next(m.user for m in chat.members.values() if m.status == "creator" and isinstance(m.user, Person))

    # ---- coming, going, standing ----

    def adds_bot(self, group: Chat, bot: BotAccount | None = None, by: Person | None = None) -> Message:
        """Add the bot: my_chat_member, then the service message."""
        bot = bot or self.bots[0]
        self.stands(bot, group, "member", by=by)
        return self.admits(bot, group, by=by)

    def removes_bot(self, group: Chat, bot: BotAccount | None = None, by: Person | None = None) -> None:
        """Kick the bot out: my_chat_member; sending gives 403 from now on."""
        self.stands(bot or self.bots[0], group, "kicked", by=by)

    def promotes(self, who: BotAccount | Person, group: Chat, *rights: str, by: Person | None = None) -> None:
        """Make somebody an administrator with `rights` (all but promoting, when none are named)."""
        default = (right for right in RIGHTS + GROUP_RIGHTS if right != "can_promote_members")
        self.stands(who, group, "administrator", by=by, rights=frozenset(rights or default) | {"can_manage_chat"})

    def demotes(self, who: BotAccount | Person, group: Chat, by: Person | None = None) -> None:
        """Make an administrator a plain member."""
        self.stands(who, group, "member", by=by)

    def mutes(self, who: BotAccount | Person, group: Chat, *permissions: str, by: Person | None = None) -> None:
        """Take permissions (can_send_messages, when none are named) from a member."""
        self.stands(who, group, "restricted", by=by, muted=frozenset(permissions or ("can_send_messages",)))

    def block(self, chat: Chat | Person, bot: BotAccount | None = None) -> None:
        """Shut the bot out: a person blocks it, a group kicks it."""
        bot = bot or self.bots[0]
        if isinstance(chat, Person):
            chat.blocks(bot)
        elif chat.person is not None:
            chat.person.blocks(bot)
        else:
            self.removes_bot(chat, bot)

    def deactivates(self, person: Person) -> None:
        """The person's account is gone."""
        person.deactivated = True

    def stands(
        self,
        who: BotAccount | Person,
        chat: Chat,
        status: str,
        *,
        by: Person | None = None,
        rights: frozenset[str] = frozenset(),
        muted: frozenset[str] = frozenset(),
    ) -> None:
        """Give somebody a standing in the chat; a bot hears of its own by my_chat_member."""
        old = chat.members.get(who.id) or Member(who, "left")
        new = chat.members[who.id] = Member(who, status, rights, muted)
        body: Json = {
            "chat": chat.json(), "from": (by or self._owner(chat)).json(), "date": int(self.clock.time()),
            "old_chat_member": old.json(), "new_chat_member": new.json(),
        }  # fmt: skip
        if isinstance(who, BotAccount):
            self.queue(who, "my_chat_member", body, chat.id + _MEMBERSHIP_LANE)
        else:
            for bot in chat.bots():
                if chat.members[bot.id].status == "administrator":
                    self.queue(bot, "chat_member", body, who.id + (6 << 33))

    def admits(self, who: BotAccount | Person, group: Chat, by: Person | None = None) -> Message:
        """Announce that somebody came."""
        if who.id not in group.members or not group.members[who.id].inside:
            group.members[who.id] = Member(who)
        new = who.json()
        came = {"new_chat_participant": new, "new_chat_member": new, "new_chat_members": [new]}
        return self.announces(group, by or self._owner(group), came)

    def dismisses(self, who: Person, group: Chat, by: Person | None = None) -> Message:
        """Announce that a person left or was removed."""
        group.members[who.id] = Member(who, "left")
        return self.announces(group, by or self._owner(group), {"left_chat_member": who.json()})

    def announces(self, group: Chat, by: Person | BotAccount, what: Json) -> Message:
        """Put a service message into the group."""
        message = Message(group, by, self.clock.time(), extra={**what, "service": True})
        group.keep(message)
        self.deliver(message)
        return message

    def migrate(self, chat: Chat, new: Chat | None = None) -> Chat:
        """Turn a basic group into a supergroup (`new`, or one made here) and return it.

        The old id answers 400 with migrate_to_chat_id; both service messages arrive; numbers start anew.
        """
        if new is None:
            owner = self._owner(chat)
            new = self.group(chat.title, owner=owner)
            new.members = {key: Member(m.user, m.status, m.rights, m.muted) for key, m in chat.members.items()}
        self.announces(chat, self._owner(chat), {"migrate_to_chat_id": new.id})
        chat.moved_to = new
        self.announces(new, self._owner(new), {"migrate_from_chat_id": chat.id})
        return new

    def deletes_group(self, chat: Chat) -> None:
        """The basic group is gone for everybody."""
        chat.closed = True

    # ---- what the bots hear ----

    def deliver(self, message: Message, kind: str = "message") -> None:
        """Queue `message` for every bot that hears it."""
        chat = message.chat
        for bot in [m.user for m in chat.members.values() if isinstance(m.user, BotAccount)]:
            if chat.members[bot.id].inside and self.hears(bot, message):
                self.queue(bot, kind, message.json(bot), chat.id)

    def hears(self, bot: BotAccount, message: Message) -> bool:
        """Return whether `bot` gets `message`: the privacy rules of the FAQ ("What messages will my bot get?").

        Service messages and private chats: always. Other bots: never. Administrators and bots without privacy: all.
        Else commands with its name (without one, if it spoke last), replies to it, mentions of it.
        """
        chat = message.chat
        if message.sender.is_bot and not message.anonymous:
            return False
        if not chat.is_group or "service" in message.extra or not bot.privacy:
            return True
        if chat.members[bot.id].status == "administrator":
            return True
        if message.reply_to is not None and message.reply_to.sender is bot:
            return True
        raw = message.shown.encode("utf-16-le")
        name = f"@{bot.username}".lower()
        for entity in message.entities:
            start = entity["offset"] * 2
            word = raw[start : start + entity["length"] * 2].decode("utf-16-le").lower()
            if entity["type"] == "mention" and word == name:
                return True
            if entity["type"] == "bot_command":
                if word.endswith(name):
                    return True
                if "@" not in word and chat.last_bot in (None, bot.id):
                    return True
        return False

    def queue(self, bot: BotAccount, kind: str, body: Json, lane: int, life: float = DAY) -> None:
        """Queue one update for `bot`, twice if `doubles_next_update` was said."""
        update = bot.updates.add(kind, body, lane, life)
        if update is None:
            return
        self._last_update = (bot, update)
        if self._doubles:
            self._doubles -= 1
            bot.updates.repeat(update)

    def injects(self, body: Json, bot: BotAccount | None = None, lane: int = 1) -> Update:
        """Queue a whole update as it stands (a recorded one, an unknown kind, a broken one)."""
        bot = bot or self.bots[0]
        update = bot.updates.inject(body, lane)
        self._last_update = (bot, update)
        return update

    def repeats_last_update(self, times: int = 1) -> None:
        """Deliver the latest update again under the same update_id, even after it was confirmed."""
        if self._last_update is None:
            raise LookupError("there was no update yet")
        bot, update = self._last_update
        bot.updates.repeat(update, times)

    def doubles_next_update(self, count: int = 1) -> None:
        """Deliver each of the next `count` updates twice."""
        self._doubles += count
