"""Whose address a request comes from when it passes through proxies of our own. What others write of it is not read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADER = "X-Forwarded-For"
MOST_HOPS = 20  #: Addresses of one header that are looked at, from its end.
#: 192.0.2.7:4711 and [2001:db8::7]:4711: some proxies write the port, too.
_WITH_PORT = re.compile(r"\[([0-9a-fA-F:.]{2,45})\](?::\d{1,5})?|([0-9.]{7,15}):\d{1,5}")


def networks(written: Iterable[str]) -> tuple[Network, ...]:
    """The addresses and networks of the setting. Raises ValueError with the one that is none."""
    return tuple(ipaddress.ip_network(each.strip()) for each in written)


def client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The address that the request comes from: the nearest in the headers (each names the one before it) that is no
    proxy of ours. Behind what is no address nothing is believed."""
    found = peer
    at = _address(peer)
    hops = [hop.strip() for header in forwarded for hop in header.split(",")][-MOST_HOPS:]
    while at is not None and _among(at, trusted):
        found = str(at)
        if not hops:
            break
        at = _address(hops.pop())
    return found if at is None else str(at)


def network_of(address: str) -> str:
    """What counts as one place where tries are counted: an address, or the first 64 bits of one of IPv6, of which
    whoever has one has the other 2^64 (RFC 4291). What is no address stands for itself."""
    at = _address(address)
    if at is None:
        return address
    return str(at) if at.version == 4 else str(ipaddress.IPv6Address(int(at) >> 64 << 64))


def behind(trusted: Sequence[Network]) -> Middleware:
    """From here on `request.remote` is that address."""

    @web.middleware
    async def through(request: web.Request, handler: Handler) -> web.StreamResponse:
        if HEADER in request.headers:
            request = request.clone(remote=client(request.remote or "", request.headers.getall(HEADER), trusted))
        return await handler(request)

    return through


def _address(written: str) -> Ip | None:
    if match := _WITH_PORT.fullmatch(written):
        written = match[1] or match[2]
    try:
        at = ipaddress.ip_address(written)
    except ValueError:
        return None
    return at.ipv4_mapped or at if isinstance(at, ipaddress.IPv6Address) else at


def _among(at: Ip, trusted: Sequence[Network]) -> bool:
    return any(at in network for network in trusted)
