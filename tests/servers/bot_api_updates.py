"""What waits for one bot: updates fetched by getUpdates or pushed to its webhook, with the server's real rules."""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import aiohttp

from tests.servers.bot_api_clock import Clock
from tests.servers.bot_api_errors import OTHER_POLL, POLL_ENDED_BY_WEBHOOK, WEBHOOK_ACTIVE, Refused, bad, too_many

Json = dict[str, Any]

DAY = 86_400.0
CALLBACK_LIFE = 150.0
#: Not delivered unless asked for (Client.h, DEFAULT_ALLOWED_UPDATES).
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_SECRET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@dataclass(slots=True, eq=False)
class Update:
    """One update; `lane` is the webhook queue it must be ordered in."""

    id: int
    body: Json
    lane: int
    expires: float  #: Unix time after which the server forgets it.
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request and what came back."""

    update_id: int
    lane: int
    started: float  #: Monotonic seconds.
    ended: float
    status: int  #: 0: no answer.


class Updates:
    """The queue of one bot."""

    def __init__(self, clock: Clock, first_id: int, call: Callable[[str, Json], Awaitable[Any]]) -> None:
        self.allowed: list[str] = []
        self.pending: dict[int, Update] = {}  #: By id, in order.
        self.deliveries: list[Delivery] = []
        self.webhook: Json = {}  #: url, secret_token, max_connections, ...; empty: none.
        #: Factor on the webhook's resend delays (2, 4, 8 ... 60 to 120 s); tests make it small.
        self.patience = 1.0
        #: Whether a repeated offset is slowed down as on the real server (limit 1 / long poll of 3 s).
        self.slows_repeats = True
        self._clock = clock
        self._next_id = first_id
        self._call = call
        self._again: list[Update] = []
        self._soonest = float("inf")  #: No pending update expires before.
        self._poll: asyncio.Future[None] | None = None
        self._previous = (-1, float("-inf"))
        self._next_set_webhook = float("-inf")
        self._lanes: dict[int, deque[Update]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._open = False  #: The server runs.
        self._permits = asyncio.Semaphore(40)
        self._last_error: Json = {}

    @property
    def polling(self) -> bool:
        """Return whether a getUpdates is waiting."""
        return self._poll is not None and not self._poll.done()

    # ---- in ----

    def add(self, kind: str, body: Any, lane: int, life: float = DAY) -> Update | None:
        """Queue an update of `kind`; None when the bot did not ask for that kind."""
        if (kind not in self.allowed) if self.allowed else (kind in NOT_BY_DEFAULT):
            return None
        return self.inject({kind: body}, lane, life)

    def inject(self, body: Json, lane: int = 1, life: float = DAY) -> Update:
        """Queue a whole update as it stands; `update_id` is given here unless the body has one."""
        number = body.get("update_id", self._next_id)
        self._next_id = max(self._next_id, number + 1)
        update = Update(number, {"update_id": number, **body}, lane, self._clock.time() + life)
        self.pending[number] = update
        self._soonest = min(self._soonest, update.expires)
        self._offer(update)
        return update

    def repeat(self, update: Update, times: int = 1) -> None:
        """Deliver `update` again under its old id, confirmed or not: at-least-once made visible."""
        for _ in range(times):
            self._again.append(update)
            self._offer(update)

    def _offer(self, update: Update) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        if self.webhook and self._open:
            self._push(update)

    # ---- getUpdates ----

    async def poll(self, offset: int, limit: int, patience: float) -> list[Json]:
        """Return up to `limit` updates from `offset` on, waiting up to `patience` seconds for the first.

        All before `offset` are confirmed and forgotten. A second call ends the first with 409.
        """
        if self.webhook:
            raise Refused(409, WEBHOOK_ACTIVE)
        now = self._clock.monotonic()
        limit = limit if 1 <= limit <= 100 else 100
        patience = min(max(patience, 0.0), 50.0)
        if self.slows_repeats and offset == self._previous[0]:
            if now < self._previous[1] + 3.0:
                patience = max(patience, 3.0)
            if now < self._previous[1] + 0.5:
                limit = 1
        self._previous = (offset, now)
        self._end_poll(OTHER_POLL)
        self._confirm(offset)
        found = self._take(limit)
        if found or patience <= 0:
            return found
        mine = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await mine
        except TimeoutError:
            return []
        finally:
            if self._poll is mine:
                self._poll = None
        return self._take(limit)

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            offset = list(self.pending)[offset] if -offset <= len(self.pending) else 0
        if offset > 0:
            for number in [number for number in self.pending if number < offset]:
                del self.pending[number]

    def _take(self, limit: int) -> list[Json]:
        self._forget_expired()
        found = list(islice(self.pending.values(), limit))
        if self._again:
            again, self._again = self._again[:limit], self._again[limit:]
            # In order of their numbers, so that a client which confirms the last one does not go back.
            found = sorted([*again, *found], key=lambda update: update.id)[:limit]
        return [update.body for update in found]

    def _forget_expired(self) -> None:
        now = self._clock.time()
        if now <= self._soonest:
            return
        self.pending = {update.id: update for update in self.pending.values() if update.expires >= now}
        self._soonest = min((update.expires for update in self.pending.values()), default=float("inf"))

    def _end_poll(self, why: str) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(Refused(409, why))
        self._poll = None

    # ---- webhook ----

    async def set_webhook(self, url: str, secret: str, max_connections: int, drop: bool) -> None:
        """Push from now on to `url`; an empty one ends pushing. Raises 400 for a bad url or secret, 429 in haste."""
        if url:
            if not url.startswith(("https://", "http://")):
                raise bad("invalid webhook URL specified")
            if len(secret) > 256:
                raise bad("secret token is too long")
            if not _SECRET.issuperset(secret):
                raise bad("secret token contains unallowed characters")
            now = self._clock.monotonic()
            if now < self._next_set_webhook:
                raise too_many(1)
            self._next_set_webhook = now + 1.0
            self._end_poll(POLL_ENDED_BY_WEBHOOK)
        if drop:
            self.pending.clear()
        await self.hang_up()
        self.webhook = {}
        self._open = True
        if url:
            most = min(max(max_connections, 1), 100)
            self.webhook = {"url": url, "secret_token": secret, "max_connections": most}
            self._permits = asyncio.Semaphore(most)
            self._last_error = {}
            self.resume()

    def webhook_info(self) -> Json:
        """Return the WebhookInfo object."""
        self._forget_expired()
        body: Json = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if self.webhook:
            body |= {"max_connections": self.webhook["max_connections"], "ip_address": "127.0.0.1"} | self._last_error
        if self.allowed:
            body["allowed_updates"] = self.allowed
        return body

    def resume(self) -> None:
        """Push what is pending, if there is a webhook; from now on also what comes."""
        self._open = True
        if self.webhook:
            for update in list(self.pending.values()):
                self._push(update)

    async def hang_up(self) -> None:
        """Stop pushing until `resume`; what is not confirmed stays pending."""
        self._open = False
        self._lanes.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def end_polls(self) -> None:
        """Answer a waiting getUpdates at once with nothing: the server stops."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    def _push(self, update: Update) -> None:
        lane = self._lanes.get(update.lane)
        if lane is not None:
            lane.append(update)
            return
        lane = self._lanes[update.lane] = deque([update])
        task = asyncio.get_running_loop().create_task(self._drain(update.lane, lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drain(self, number: int, lane: deque[Update]) -> None:
        """Push one lane in order, one request in flight (WebhookActor.cpp, send_update and on_update_error)."""
        while lane:
            update = lane[0]
            async with self._permits:
                delay = await self._post(update)
            now = self._clock.time()
            if delay is None or now + delay > update.expires:
                lane.popleft()
                if self.pending.get(update.id) is update:
                    del self.pending[update.id]
            elif delay:
                await asyncio.sleep(delay * self.patience)
        if self._lanes.get(number) is lane:
            del self._lanes[number]

    async def _post(self, update: Update) -> float | None:
        """Return None when the bot took the update, else the seconds until the next try."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
            )
        headers = {"Content-Type": "application/json"}
        if self.webhook["secret_token"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook["secret_token"]
        started = self._clock.monotonic()
        status, retry_after, error = 0, 0, "Connection refused"
        try:
            body = json.dumps(update.body).encode()
            async with self._session.post(self.webhook["url"], data=body, headers=headers) as response:
                answer = await response.read()
                status = response.status
                error = f"Wrong response from the webhook: {status} {response.reason}"
                after = response.headers.get("Retry-After", "")
                retry_after = min(int(after), 3600) if after.isdigit() else 0
        except (aiohttp.ClientError, TimeoutError) as fault:
            error = f"Webhook connection failed: {type(fault).__name__}"
        self.deliveries.append(Delivery(update.id, update.lane, started, self._clock.monotonic(), status))
        if 200 <= status <= 299:
            update.tries = 0
            await self._perform(answer)
            return None
        self._last_error = {"last_error_date": int(self._clock.time()), "last_error_message": error}
        update.tries += 1
        if retry_after:
            return float(retry_after)
        if update.tries == 1:
            return 0.0
        return min(2.0 ** (update.tries - 1), random.uniform(60.0, 120.0))

    async def _perform(self, answer: bytes) -> None:
        """Do the one call that a webhook's answer may carry; nobody hears its result."""
        if not answer.startswith(b"{"):
            return
        try:
            call = json.loads(answer)
        except ValueError:
            return
        method = str(call.pop("method", "")).lower()
        if method and not method.startswith("get") and method not in ("setwebhook", "deletewebhook", "close", "logout"):
            await self._call(method, call)
