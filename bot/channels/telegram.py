"""Telegram as a channel: several bot accounts, long polling or webhook, sending through one courier.

The promise: an update is confirmed to Telegram only after whoever asked for it came back for more (polling), or after
the webhook's answer, which is given once it is stored. Until then Telegram keeps it for a day and delivers it again.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, TelegramError

from bot.channels.base import Can, Fate, Parcel, SendError
from bot.channels.pictures import Album, FileIds
from bot.channels.telegram_account import About, Account, hush, trouble
from bot.channels.telegram_fate import fate, reason
from bot.channels.telegram_read import ALLOWED, NAME, Unreadable, interpret, read
from bot.channels.telegram_send import Courier
from bot.messages import Address, Inbound, Kind

log = structlog.get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")

POLL_SECONDS = 50  #: The server waits no longer.
#: Updates that Telegram may push at once, each from another chat; it takes no larger number. What comes together is
#: stored together, and one slow chat keeps fewer others waiting.
CONNECTIONS = 100
MOST_DOWNLOAD = 20 * 1024 * 1024  #: getFile gives no more.
#: A press can be answered for 150 s (Client.cpp).
PRESS_SECONDS = 150.0
#: So long an administrator is taken for one without asking again.
STANDING_SECONDS = 60.0
#: All presses and standings that are remembered at once.
_MOST = 10_000

_ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


def utc_now() -> datetime:
    return datetime.now(UTC)


class TelegramChannel:
    """All our bot accounts at Telegram. `bots`: account name -> token; `secrets`: account name -> the webhook's secret,
    made from the token where none is given. `usernames` is filled as accounts are met (account -> @name)."""

    name = NAME
    can = Can(
        hears_all=False, private=True, first=False, edit=True, recall=True, buttons=True, albums=True, uploads=True
    )

    def __init__(
        self,
        bots: Mapping[str, str],
        album: Album,
        *,
        base_url: str = "https://api.telegram.org",
        secrets: Mapping[str, str] | None = None,
        polling: bool = True,
        usernames: MutableMapping[str, str] | None = None,
        file_ids: FileIds | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        hush()
        given = secrets or {}
        self.usernames: MutableMapping[str, str] = {} if usernames is None else usernames
        self._accounts = {
            name: Account(name, token, given.get(name, ""), base_url.rstrip("/"), self.usernames)
            for name, token in bots.items()
        }
        self._courier = Courier(album, file_ids)
        self._polling, self._poll_seconds = polling, poll_seconds
        self._now, self._monotonic, self._sleep = now, monotonic, sleep
        self._queries: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._standings: OrderedDict[tuple[Address, str], tuple[bool, float]] = OrderedDict()

    # --- life

    async def start(self) -> None:
        """Asks Telegram who we are. An account that cannot be met now is met later: nothing else waits for it."""
        await asyncio.gather(*(account.open() for account in self._accounts.values()))
        await asyncio.gather(*(self._try_to_meet(account) for account in self._accounts.values()))

    async def close(self) -> None:
        await asyncio.gather(*(account.close() for account in self._accounts.values()))

    async def describe(self, name: str) -> About:
        """Returns who the account is. Raises SendError(RETRY) when Telegram is out of reach or knows no such token."""
        account = self._account(name)
        try:
            return await account.meet()
        except TelegramError as error:
            raise fate(error, edit=True) from None

    async def set_webhooks(self, public_url: str) -> bool:
        """Has every account's updates pushed to PUBLIC_URL/telegram/NAME. Comes back when Telegram has taken all of
        them, however long it cannot be reached; returns whether it took them (False: it refuses the address)."""
        where = public_url.rstrip("/")
        set_ = await asyncio.gather(
            *(self._set_webhook(each, f"{where}/telegram/{each.name}") for each in self._accounts.values())
        )
        return all(set_)

    async def delete_webhooks(self) -> None:
        """Ends pushing; what waits stays for polling. Polling does it by itself. Raises SendError."""
        for account in self._accounts.values():
            try:
                await account.bot.delete_webhook()
            except TelegramError as error:
                raise fate(error, edit=True) from None

    # --- in

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        """The batches of all accounts, merged. Whoever asks for the next one confirms the one before, and that alone.
        `listen` does the same without one account waiting for another."""
        queue: asyncio.Queue[tuple[list[Inbound], asyncio.Event]] = asyncio.Queue(1)

        async def pump(name: str) -> None:
            async with aclosing(self.updates_of(name)) as batches:
                async for batch in batches:
                    taken = asyncio.Event()
                    await queue.put((batch, taken))
                    await taken.wait()

        pumps = [asyncio.create_task(pump(name)) for name in self._accounts] if self._polling else []
        try:
            while pumps:
                waiting = asyncio.ensure_future(queue.get())
                try:
                    await asyncio.wait([waiting, *pumps], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    if not waiting.done():
                        waiting.cancel()
                for ended in (each for each in pumps if each.done()):
                    ended.result()  # a pump only ends by a mistake of ours: say which
                batch, taken = await waiting
                yield batch
                taken.set()
        finally:
            for each in pumps:
                each.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def listen(self, take: Callable[[Sequence[Inbound]], Awaitable[None]]) -> None:
        """Polls every account and gives `take` what comes, until cancelled. What `take` could not store is not
        confirmed and comes again."""
        if self._polling:
            async with asyncio.TaskGroup() as group:
                for name in self._accounts:
                    group.create_task(self._listen(name, take), name=f"telegram {name}")

    async def updates_of(self, name: str) -> AsyncGenerator[list[Inbound]]:
        """One account's batches, for ever. Asking for the next one confirms the last one."""
        account, offset, failures, ready = self._account(name), 0, 0, False
        while True:
            try:
                if not ready:
                    await account.meet()
                    await account.bot.delete_webhook()
                    ready = True
                raws = await account.poll(offset, self._poll_seconds)
                batch = [inbound for raw in raws if (inbound := await self.receive(name, raw))]
            except TelegramError as error:
                failures += 1
                ready = ready and not isinstance(error, Conflict)
                await self._sleep(trouble(account.name, error, failures))
                continue
            failures = 0
            if batch:
                yield batch
            offset = max([offset, *(number + 1 for raw in raws if isinstance(number := raw.get("update_id"), int))])

    async def receive(self, name: str, raw: Mapping[str, Any]) -> Inbound | None:
        """One update of the account, read; None when it has no id. Whether somebody is an administrator is asked here
        where it decides something. Raises TelegramError while it is not known who we are."""
        about = await self._account(name).meet()
        try:
            inbound = interpret(raw, about.me, self._now())
        except Unreadable as fault:
            log.error("telegram.unreadable", bot=name, fault=str(fault))
            inbound = read(raw, about.me, self._now())
        if inbound is None:
            return None
        if inbound.kind is Kind.PRESS:
            _remember(self._queries, inbound.cause, (str(raw["callback_query"]["id"]), self._monotonic()))
        verb = inbound.press.data.partition(":")[0] if inbound.press else inbound.command
        if verb == "hears" and inbound.sender and not inbound.private and not inbound.sender.admin:
            admin = await self._is_admin(inbound.at, inbound.sender.user_id)
            return replace(inbound, sender=replace(inbound.sender, admin=admin))
        return inbound

    async def answer(self, inbound: Inbound) -> None:
        """Takes the waiting circle off a pressed button, at best. One that is too old is let be."""
        query, at = self._queries.pop(inbound.cause, ("", 0.0))
        if not query or self._monotonic() - at > PRESS_SECONDS:
            return
        try:
            await self._account(inbound.at.bot).bot.answer_callback_query(query, read_timeout=5, connect_timeout=5)
        except TelegramError as error:
            log.info("telegram.press_not_answered", cause=inbound.cause, reason=reason(error))

    @property
    def names(self) -> Collection[str]:
        """The accounts, as the configuration calls them."""
        return self._accounts.keys()

    def is_secret(self, name: str, given: str) -> bool:
        """Whether `given` is the account's webhook secret, compared in constant time. Raises KeyError."""
        return hmac.compare_digest(self._accounts[name].secret.encode(), given.encode("utf-8", "surrogateescape"))

    # --- out

    async def send(self, parcel: Parcel) -> str:
        """Returns the id of the message with the words (of the first one, where there are none). Raises SendError."""
        return await self._courier.carry(self._account(parcel.to.bot).bot, parcel)

    async def recall(self, at: Address, message_id: str) -> None:
        """Takes a message back, within 48 hours. Raises SendError; one that is gone already is no error."""
        await self._courier.delete(self._account(at.bot).bot, int(at.chat), int(message_id))

    async def fetch(self, at: Address, ref: str) -> bytes:
        """Returns the bytes behind a file_id. Raises SendError: GONE for what Telegram has no more, or gives to no bot
        (over 20 MB); RETRY or WAIT when it may go better later."""
        bot = self._account(at.bot).bot
        if not ref:
            raise SendError(Fate.GONE, "a message without a file")
        try:
            file = await bot.get_file(ref)
        except (BadRequest, Forbidden) as error:
            raise SendError(Fate.GONE, reason(error)) from None
        except TelegramError as error:
            raise fate(error, edit=True) from None
        if (file.file_size or 0) > MOST_DOWNLOAD or not file.file_path:
            raise SendError(Fate.GONE, "Telegram does not give this file to bots")
        try:
            return bytes(await file.download_as_bytearray(read_timeout=30))
        except (BadRequest, Forbidden, InvalidToken, OSError) as error:  # 404: the link has run out
            raise SendError(Fate.GONE, f"the file cannot be fetched ({type(error).__name__})") from None
        except TelegramError as error:
            raise fate(error, edit=True) from None

    # --- inside

    def _account(self, name: str) -> Account:
        try:
            return self._accounts[name]
        except KeyError:
            raise SendError(Fate.GONE, f"no Telegram account {name!r} in the configuration") from None

    async def _try_to_meet(self, account: Account) -> None:
        try:
            await account.meet()
        except TelegramError as error:
            trouble(account.name, error, 1)

    async def _listen(self, name: str, take: Callable[[Sequence[Inbound]], Awaitable[None]]) -> None:
        while True:
            try:
                async with aclosing(self.updates_of(name)) as batches:
                    async for batch in batches:
                        await take(batch)
            except Exception:  # a door: what was not stored is not confirmed
                log.exception("telegram.not_taken", bot=name)
                await self._sleep(1.0)

    async def _set_webhook(self, account: Account, url: str) -> bool:
        failures = 0
        while True:
            try:
                await account.bot.set_webhook(
                    url, allowed_updates=list(ALLOWED), secret_token=account.secret, max_connections=CONNECTIONS
                )
                return True
            except BadRequest as error:
                log.error("telegram.webhook_refused", bot=account.name, url=url, reason=reason(error))
                return False
            except TelegramError as error:
                failures += 1
                await self._sleep(trouble(account.name, error, failures))

    async def _is_admin(self, at: Address, user_id: str) -> bool:
        """Whether a person is an administrator of the group now, or was within the last minute."""
        if user_id == at.chat:
            return True  # the group itself speaks: an administrator who does not show who
        known, since = self._standings.get((at, user_id), (False, float("-inf")))
        if self._monotonic() - since < STANDING_SECONDS:
            return known
        try:
            member = await self._account(at.bot).bot.get_chat_member(int(at.chat), int(user_id), read_timeout=5)
        except (TelegramError, ValueError) as error:
            log.info("telegram.standing_unknown", chat=at.chat, reason=type(error).__name__)
            return False
        admin = member.status in _ADMINS
        _remember(self._standings, (at, user_id), (admin, self._monotonic()))
        return admin


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > _MOST:
        memory.popitem(last=False)
