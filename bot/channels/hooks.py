"""The channel of outgoing webhooks: a letter to an endpoint is signed (Standard Webhooks) and posted to it."""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot import webhooks
from bot.channels.base import Can, Fate, Parcel, SendError
from bot.messages import Address, Inbound
from bot.store.database import Database
from bot.store.hook_letters import NAME
from bot.store.private import DataKey
from bot.store.systems import Hook, close_hook, hooks

PATIENCE: Final = aiohttp.ClientTimeout(total=20)
#: Of IPv6 (RFC 6052, RFC 4291, RFC 9637): addresses of the other protocol, the open internet, and what is for books.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST, _FOR_BOOKS = ipaddress.IPv6Network("2000::/3"), ipaddress.IPv6Network("3fff::/20")
LONGEST_WAIT: Final = 3600.0  #: Seconds that a 429 may ask for.


class HooksChannel:
    """One attempt per call; the outbox comes again. Whatever is not 2xx is a failure; 410 closes the endpoint."""

    name = NAME
    can = Can(
        hears_all=False, private=False, first=True, edit=False, recall=False, buttons=False, albums=False,
        idempotent=True,
    )  # fmt: skip

    def __init__(self, db: Database, house: DataKey, now: Callable[[], datetime]) -> None:
        self._db, self._house, self._now = db, house, now
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def send(self, parcel: Parcel) -> str:
        name = parcel.to.chat
        found = await self._db.read(lambda c: hooks(c, self._house))
        hook = next((each for each in found if each.name == name and each.closed_at is None), None)
        if hook is None:
            raise SendError(Fate.GONE, "the endpoint was closed")
        if not hook.inside and not may_reach(hook.url):
            raise SendError(Fate.REFUSED, "the address lies in a private network: add the endpoint with --inside")
        body, at = parcel.text.encode(), self._now()
        id = str(json.loads(body)["id"])
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": webhooks.sign(hook.secret, id, at, body),
        }
        try:
            async with self._session(hook).post(
                hook.url, data=body, headers=headers, allow_redirects=False, timeout=PATIENCE
            ) as answer:
                status, after = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            # The same id comes again: whether this one arrived makes no difference.
            raise SendError(Fate.RETRY, f"no answer: {type(fault).__name__}") from None
        if 200 <= status < 300:
            return id
        if status == 410:
            await self._db.write(lambda c: close_hook(c, name, at, "it answered 410: gone"))
            raise SendError(Fate.GONE, "the endpoint says 410: closed")
        asked = float(after) if re.fullmatch("[0-9]{1,6}", after) else 0.0
        if status == 429:
            raise SendError(Fate.WAIT, "429", after=min(max(asked or 60.0, 1.0), LONGEST_WAIT))
        raise SendError(Fate.RETRY, f"answered {status}", after=min(asked, LONGEST_WAIT))

    async def gave_up(self, at: Address) -> None:
        """The outbox calls there no more. One that went of its own doing is closed already, and says why."""
        now = self._now()
        await self._db.write(lambda c: close_hook(c, at.chat, now, "ten attempts over three days failed"))

    async def fetch(self, at: Address, ref: str) -> bytes:
        raise SendError(Fate.GONE, "endpoints send no pictures")

    async def updates(self) -> AsyncIterator[Sequence[Inbound]]:
        return
        yield ()

    async def answer(self, inbound: Inbound) -> None:
        """No button was pressed."""

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, hook: Hook) -> aiohttp.ClientSession:
        if hook.inside not in self._sessions:
            resolver: AbstractResolver = ThreadedResolver() if hook.inside else Outside()
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
            self._sessions[hook.inside] = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._sessions[hook.inside]


class Outside(ThreadedResolver):
    """Finds addresses of the open internet only, so that a name cannot lead into this house."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [each for each in await super().resolve(host, port, family) if is_outside(each["host"])]
        if not found:
            raise OSError(None, f"{host} lies in a private network")
        return found


def may_reach(url: str) -> bool:
    """Whether the host, where it is written as a number, lies outside; a name is looked at when it is found."""
    host = (URL(url).host or "").rstrip(".")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and host != "localhost" and not host.isdigit()
    return is_outside(host)


def is_outside(address: str) -> bool:
    """Whether this is an address of the open internet. One of IPv6 that only wraps one of IPv4 (mapped, 6to4, NAT64) is
    what it wraps."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour
        found = wrapped or (ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else found)
    if isinstance(found, ipaddress.IPv6Address) and (found not in _UNICAST or found in _FOR_BOOKS):
        return False
    return found.is_global and not found.is_multicast
