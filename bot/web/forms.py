"""Forms of the chat page, read piece by piece: no upload is ever held whole in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from aiohttp import BodyPartReader, web

MIB: Final = 1024 * 1024
MOST_PHOTOS: Final = 10
MOST_PHOTO: Final = 10 * MIB
MOST_WORDS: Final = 64 * 1024  #: Bytes of a field that are kept; what is longer is read to its end and told so.
MOST_BODY: Final = MOST_PHOTOS * MOST_PHOTO + 6 * MIB
MOST_PLAIN: Final = MIB  #: Of a form without photos.
MOST_FIELDS: Final = 40


@dataclass(slots=True)
class Form:
    """What a form held."""

    fields: dict[str, str] = field(default_factory=dict, repr=False)
    photos: list[bytes] = field(default_factory=list, repr=False)
    too_long: bool = False  #: A text was longer than anybody writes.
    too_big: bool = False  #: A photo, or all of it, was.
    too_many: bool = False

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


async def read_form(request: web.Request, *, photos: bool = False) -> Form:
    """Reads the form to its end, so that the browser gets to hear the answer; keeps no more than it may. Photos are
    taken only where they are asked for: nobody who has not come in fills the memory with them.

    Raises HTTPRequestEntityTooLarge at once when even that would be too much to listen to.
    """
    most = MOST_BODY if photos else MOST_PLAIN
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    form = Form()
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise web.HTTPUnsupportedMediaType
    try:
        if request.content_type == "multipart/form-data":
            await _read_parts(request, form, most)
        else:
            for name, value in (await request.post()).items():
                form.fields.setdefault(name, str(value))
    except (ValueError, LookupError, web.RequestPayloadError) as error:  # What aiohttp says of a body that is no form.
        raise web.HTTPBadRequest from error
    return form


async def _read_parts(request: web.Request, form: Form, most_in_all: int) -> None:
    read, parts = 0, 0
    async for part in await request.multipart():
        parts += 1
        if not isinstance(part, BodyPartReader) or not part.name or parts > MOST_FIELDS:
            raise web.HTTPBadRequest
        is_photo = part.name == "photos"
        most = MOST_PHOTO if is_photo else MOST_WORDS
        kept, size = bytearray(), 0
        while chunk := await part.read_chunk(64 * 1024):
            size += len(chunk)
            read += len(chunk)
            if read > most_in_all:
                raise web.HTTPRequestEntityTooLarge(most_in_all, read)
            if size <= most:
                kept += chunk
        if is_photo:
            _take_photo(form, bytes(kept), size)
        elif size > most:
            form.too_long = True
        else:
            form.fields.setdefault(part.name, kept.decode("utf-8", "replace"))


def _take_photo(form: Form, kept: bytes, size: int) -> None:
    if size == 0:  # A file field left empty.
        return
    if size > MOST_PHOTO:
        form.too_big = True
    elif len(form.photos) >= MOST_PHOTOS:
        form.too_many = True
    else:
        form.photos.append(kept)


def location_in(words: str) -> tuple[float, float] | None:
    """The (lat, lon) of "30.2741,120.1551"; None for anything that is no place on earth."""
    try:
        lat, lon = (float(part) for part in words.split(","))
    except ValueError:
        return None
    good = math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180
    return (round(lat, 6), round(lon, 6)) if good else None
