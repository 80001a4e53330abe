"""What is posted to Open311: the form read and checked, with everything that is wrong with it named at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_request import FileField

from bot.channels.systems import Report
from bot.messages import Signal
from bot.photos import PhotoRefused
from bot.store import Store
from bot.store.systems import System
from bot.texts import Texts
from bot.web.chat import PhotoStore
from bot.web.open311_words import Refused, place_in
from bot.web.postbox import Mistaken, Uploads
from bot.web.proxies import network_of
from bot.web.reporting import Reports, TooMany
from routing.platforms import CATEGORIES

MIB: Final = 1024 * 1024
MOST_BODY: Final = 32 * MIB
MOST_WORDS: Final = 4000  #: The standard's.
MOST_PHOTO, MOST_PHOTOS = 10 * MIB, 5

#: How a field may be called.
FIELD: Final = r"^([a-z_]{1,40}(\[\])?|attribute\[(danger|since)\](\[\])?)$"
#: The fields that mean something; the others are the sender's own.
READ: Final = frozenset(
    {"api_key", "service_code", "description", "lat", "long", "address_string", "address_id", "media_url", "account_id",
     "device_id", "email", "phone", "first_name", "last_name", "service_request_id", "jurisdiction_id"}
)  # fmt: skip
_ATTRIBUTE = re.compile(r"attribute\[([a-z_]{1,40})\](?:\[\])?")
MEDIA_URL: Final = r"^(https?://[!#-;=?-~]{1,500})?$"

#: Raises Refused when a jurisdiction is named that is not this one.
IsHere = Callable[[web.Request, str], None]


@dataclass(slots=True)
class Posted:
    """A form as it was posted."""

    fields: dict[str, str] = field(default_factory=dict, repr=False)
    attributes: list[tuple[str, str]] = field(default_factory=list, repr=False)
    pictures: list[bytes] = field(default_factory=list, repr=False)
    media_urls: list[str] = field(default_factory=list, repr=False)


class Writing:
    """Reads what other systems post, and whose key they bring."""

    def __init__(self, store: Store, reports: Reports, photos: PhotoStore, texts: Texts) -> None:
        self._store, self._reports, self._photos, self._texts = store, reports, photos, texts
        self._uploads = Uploads(most=4)

    async def report(self, request: web.Request, id: str, is_here: IsHere) -> tuple[System, Report]:
        """Raises Refused; then nothing was kept."""
        posted = await self._posted(request)
        is_here(request, posted.fields.get("jurisdiction_id", ""))
        system = await self._system(request, posted)
        fields, directory = posted.fields, self._store.directory
        wrong: list[str] = []
        category = CATEGORIES.get(fields.get("service_code", ""))
        if category is None:
            wrong.append("service_code is missing or is no service")
        words = fields.get("description", "").strip()
        if len(words) > MOST_WORDS:
            wrong.append(f"description: at most {MOST_WORDS} characters")
        location = None
        try:
            location = place_in(fields)
        except Refused as refused:
            wrong += refused.descriptions
        place, address_id = fields.get("address_string", "").strip(), fields.get("address_id", "").strip()
        if len(place) > 200:
            wrong.append("address_string: at most 200 characters")
        if not (location or place or address_id) and not any("lat and long" in each for each in wrong):
            wrong.append("a place is missing: lat and long, address_string or address_id")
        media = [url for url in (fields.get("media_url", ""), *posted.media_urls) if url]
        if not all(re.fullmatch(MEDIA_URL, url) for url in media):
            wrong.append("media_url, media_urls: one of them is no address of http or https")
        if len(media) > MOST_PHOTOS:
            wrong.append(f"media_urls: at most {MOST_PHOTOS} of them")
        if wrong or category is None:
            raise Refused(400, *wrong[:10])
        if address_id and directory.address(address_id) is None and directory.area(address_id) is None:
            raise Refused(404, "address_id is no standard address and no area")
        whose = next((fields[name] for name in ("account_id", "device_id", "email", "phone") if fields.get(name)), "")
        lines = (words or str(getattr(category, self._texts.house)), *self._answers(posted), *media)
        return system, Report(
            id,
            "\n".join(line for line in lines if line),
            Signal(category.code, place, address_id),
            location,
            await self._kept(posted.pictures),
            f"{fields.get('last_name', '')}{fields.get('first_name', '')}".strip(),
            whose,
        )

    async def update(self, request: web.Request, id: str, is_here: IsHere) -> tuple[System, Report, str]:
        """More about a case that this same system reported; the third is where that report came from."""
        posted = await self._posted(request)
        is_here(request, posted.fields.get("jurisdiction_id", ""))
        system = await self._system(request, posted)
        number = posted.fields.get("service_request_id", "")
        words = posted.fields.get("description", "").strip()
        if not words or len(words) > MOST_WORDS:
            raise Refused(400, f"description: from 1 to {MOST_WORDS} characters")
        chat = await self._reports.chat_of(system, number) if re.fullmatch("[1-9]{8}", number) else ""
        if not chat:
            raise Refused(404, "service_request_id is no request of this system's")
        return system, Report(id, words, Signal(case=number), photos=await self._kept(posted.pictures)), chat

    async def _posted(self, request: web.Request) -> Posted:
        """The form. Whose key it is stands in it, so it is read before anybody is known: large ones four at a time."""
        try:
            with self._uploads.of(network_of(request.remote or ""), request.content_length):
                return await read(request)
        except Mistaken:
            raise Refused(429, "too many large forms at once: wait a second") from None

    async def _system(self, request: web.Request, posted: Posted) -> System:
        key = (
            posted.fields.get("api_key", "") or request.query.get("api_key", "") or request.headers.get("X-API-Key", "")
        )
        try:
            system = await self._reports.system(key, "open311", network_of(request.remote or ""))
        except TooMany as many:
            said = f"too many wrong keys: wait {many.seconds} seconds"
            raise Refused(429, said, after=many.seconds) from None
        if system is None:
            raise Refused(403, "api_key is missing or is not good for this")
        if self._reports.pace.wait_for(system.name):
            raise Refused(429, "too many at once: wait a second")
        return system

    def _answers(self, posted: Posted) -> list[str]:
        """The attributes as lines of words: a person reads them with the report."""
        said = []
        for name, value in posted.attributes:
            if name == "danger":
                answer = "yes" if value == "yes" else "no"
                said.append(f"{self._say('danger')} {self._say(answer)}")
            else:
                said.append(f"{self._say('since')} {value[:200]}")
        return said

    def _say(self, key: str) -> str:
        return self._texts.say(f"web.open311.{key}")

    async def _kept(self, pictures: list[bytes]) -> tuple[str, ...]:
        try:
            return tuple([await self._photos.keep(each) for each in pictures])
        except PhotoRefused:
            raise Refused(400, "media: a picture is none, or is too large") from None


async def read(request: web.Request) -> Posted:
    """Reads a form, multipart or not. Raises Refused for what is none."""
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Refused(400, "post a form: application/x-www-form-urlencoded or multipart/form-data")
    if (request.content_length or 0) > MOST_BODY:
        raise Refused(400, f"the form is larger than {MOST_BODY // MIB} MiB")
    posted = Posted()
    try:
        form = await request.clone(client_max_size=MOST_BODY).post()
    except (ValueError, RecursionError, LookupError, HttpProcessingError, web.RequestPayloadError):
        raise Refused(400, "the body is no form") from None
    try:
        for name, value in form.items():
            _put(posted, name, value)
    finally:
        for value in form.values():
            if isinstance(value, FileField):
                value.file.close()
    if len(posted.pictures) > MOST_PHOTOS or len(posted.attributes) > 20:
        raise Refused(400, f"at most {MOST_PHOTOS} pictures and 20 attributes")
    return posted


def _put(posted: Posted, name: str, value: object) -> None:
    if not re.fullmatch(FIELD, name):
        raise Refused(400, f"{name[:60]!r} is no field")
    if isinstance(value, FileField):
        picture = value.file.read(MOST_PHOTO + 1)
        if name not in ("media", "media[]") or len(picture) > MOST_PHOTO:
            raise Refused(400, f"media: pictures of at most {MOST_PHOTO // MIB} MiB in the field media[]")
        posted.pictures.append(picture)
    elif found := _ATTRIBUTE.fullmatch(name):
        posted.attributes.append((found[1], str(value)))
    elif name in ("media_urls", "media_urls[]"):
        posted.media_urls += [url.strip() for url in str(value).split(",") if url.strip()]
    elif posted.fields.setdefault(name, str(value)) != value and name in READ:
        raise Refused(400, f"{name}: named twice, and not alike")
