"""Who looks at a page and how they like it: Visitor, Reader, and the proof that a form came from our own page."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from aiohttp import web
from yarl import URL

from bot.texts import LANGUAGES

BROWSER: Final = "wuyou-browser"  #: The cookie that the proof is bound to; random, the same for all seats.
FRESH: Final = web.RequestKey("fresh", str)  #: The name given to a browser that had none yet.
YEAR: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who sits in the chat."""

    user_id: str
    name: str = field(repr=False)
    role: str = "resident"  #: resident, cadre, patrol, unit or desk: how large the page writes, and its label.
    person: str = ""  #: Person id of whoever came in by the desk's sign-in.


@dataclass(frozen=True, slots=True)
class Reader:
    """How the page is shown, and what its forms carry."""

    language: str
    chosen: bool  #: The language was chosen by the switch or the browser, not assumed.
    large: bool
    base: str  #: What stands before every path of this seat: "" or "/s/li".
    path: str  #: Where the reader is, to come back to.
    proof: str = field(repr=False)  #: The hidden field `proof` of every form.

    @property
    def other(self) -> str:
        return "en" if self.language == "zh" else "zh"


class Door(Protocol):
    """How one comes in."""

    #: What stands before the chat's paths, as a route: "" or "/s/{seat}".
    prefix: str

    async def visitor(self, request: web.Request) -> Visitor:
        """Who this is. Raises a redirect or an HTTPException for who may not come in."""
        ...


class Cookies:
    """Reads and sets the cookies of a browser. `secure` on every site that is reached by https."""

    def __init__(self, *, secure: bool, house: str) -> None:
        self.secure, self.house = secure, house

    def set(
        self, response: web.StreamResponse, name: str, value: str, *, seconds: int = YEAR, strict: bool = False
    ) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            secure=self.secure,
            samesite="Strict" if strict else "Lax",
        )

    def reader(self, request: web.Request) -> Reader:
        """How this request's page is shown. What is not chosen here is taken from the browser, then from the house."""
        seat = seat_of(request)
        spoken = request.cookies.get(preference("language", seat)) or request.cookies.get(preference("language", ""))
        chosen = spoken if spoken in LANGUAGES else _accepted(request.headers.get("Accept-Language", ""))
        size = request.cookies.get(preference("size", seat)) or request.cookies.get(preference("size", ""))
        return Reader(
            language=chosen or self.house,
            chosen=bool(chosen),
            large=size == "large",
            base=base_of(request),
            path=_path(request),
            proof=proof(browser_of(request), base_of(request)),
        )


def _path(request: web.Request) -> str:
    """Where the reader is. After a form that is the page it stood on: where it was sent to, nobody can go."""
    if request.method in ("GET", "HEAD"):
        return request.path_qs
    try:
        came = URL(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    return came.raw_path_qs if came.raw_authority == request.host else "/"


def seat_of(request: web.Request) -> str:
    """The seat that the path names; empty outside the demo."""
    return request.match_info.get("seat", "")


def base_of(request: web.Request) -> str:
    prefix, _, rest = request.rel_url.raw_path.partition("/s/")
    return f"/s/{rest.partition('/')[0]}" if seat_of(request) and not prefix else ""


def preference(name: str, seat: str) -> str:
    """The cookie of a preference. Each seat has its own, so that two languages can sit side by side."""
    return f"wuyou-{name}-{sha256(seat.encode()).hexdigest()[:8]}" if seat else f"wuyou-{name}"


def browser_of(request: web.Request) -> str:
    """The browser's random name, made at the first page and remembered by a cookie."""
    known = request.cookies.get(BROWSER, "")
    if 32 <= len(known) <= 64:
        return known
    if FRESH not in request:
        request[FRESH] = secrets.token_urlsafe(32)
    return request[FRESH]


def proof(browser: str, base: str) -> str:
    """What a form of this browser and seat carries. Another site can neither read nor make it."""
    return hmac.new(browser.encode(), f"form {base}".encode(), sha256).hexdigest()


def is_ours(request: web.Request, given: str) -> bool:
    """Whether a POST comes from a page of ours: the browser says so where it can, and the proof fits."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if site is None and origin not in (None, "null") and origin.partition("://")[2] != request.host:
        return False
    known = request.cookies.get(BROWSER, "")
    return 32 <= len(known) <= 64 and hmac.compare_digest(given.encode(), proof(known, base_of(request)).encode())


def _accepted(header: str) -> str:
    """The first language of the header that we speak."""
    for part in header.split(","):
        language = part.split(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return ""
