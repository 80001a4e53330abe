"""Files on the server: uploaded by bots and people, named by a file_id that only one bot can use."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from typing import Any

from tests.servers.bot_api_errors import FILE_TOO_BIG, NOT_A_PICTURE, WRONG_FILE, WRONG_FILE_ID, bad

DOWNLOAD_LIMIT = 20_000_000
PHOTO_LIMIT = 10_000_000
UPLOAD_LIMIT = 50_000_000
#: "It is guaranteed that the link will be valid for at least 1 hour": here it is not for longer.
LINK_LIFE = 3600.0

_EXTENSIONS = {"photo": "jpg", "thumbnail": "jpg", "voice": "oga", "sticker": "webp", "document": "bin", "video": "mp4"}
_FOLDERS = {"photo": "photos", "thumbnail": "thumbnails", "voice": "voice", "sticker": "stickers", "video": "videos"}


class StoredFile:
    """One file: bytes, what it is used as, its measures."""

    __slots__ = ("content", "height", "kind", "name", "path", "small", "unique", "width")

    def __init__(self, unique: str, kind: str, content: bytes, path: str, name: str, width: int, height: int) -> None:
        self.unique = unique
        self.kind = kind
        self.content = content
        self.path = path
        self.name = name
        self.width = width
        self.height = height
        self.small: StoredFile | None = None  #: A photo's thumbnail, which is another file.


class Files:
    """All files of the server, and the links it gave out for them."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._paths: dict[str, StoredFile] = {}
        self._links: dict[tuple[int, str], float] = {}

    def keep(self, kind: str, content: bytes, name: str = "", strict: bool = False) -> StoredFile:
        """Store `content` and return its file. `strict` refuses what is no picture, as for a bot's sendPhoto."""
        if kind == "photo" and strict and len(content) > PHOTO_LIMIT:
            raise bad(FILE_TOO_BIG)
        if strict and not content:
            raise bad("file must be non-empty")
        size = picture_size(content) if kind == "photo" else (512, 512)
        if size is None and strict:
            raise bad(NOT_A_PICTURE)
        if size is not None and strict and kind == "photo" and (sum(size) > 10_000 or max(size) > 20 * min(size)):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        width, height = size or (1280, 960)
        file = self._store(kind, content, name, width, height)
        if kind == "photo" and file.small is None:
            # Other bytes than the photo's: a client that takes the first size instead of the largest is caught.
            file.small = self._store("thumbnail", b"thumbnail of " + file.unique.encode(), "", 90, 67)
        return file

    def _store(self, kind: str, content: bytes, name: str, width: int, height: int) -> StoredFile:
        digest = hashlib.blake2b(content, key=kind.encode(), digest_size=9).digest()
        unique = "AQAD" + base64.urlsafe_b64encode(digest).decode()
        if unique in self._files:
            return self._files[unique]
        extension = name.rpartition(".")[2] if "." in name else _EXTENSIONS.get(kind, "bin")
        path = f"{_FOLDERS.get(kind, 'documents')}/file_{len(self._files)}.{extension}"
        file = self._files[unique] = StoredFile(unique, kind, content, path, name, width, height)
        self._paths[path] = file
        return file

    def find(self, bot: int, file_id: str, kind: str | None = None) -> StoredFile:
        """Return the file that `bot` knows as `file_id`; another bot's file_id, or an invented one, is a 400."""
        try:
            owner, _, unique = base64.urlsafe_b64decode(file_id[4:]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise bad(WRONG_FILE if kind else WRONG_FILE_ID) from None
        file = self._files.get(unique)
        if file is None or owner != str(bot):
            raise bad(WRONG_FILE if kind else WRONG_FILE_ID)
        if kind is not None and file.kind != kind:
            raise bad("type of file mismatch")
        return file

    def link(self, bot: int, file_id: str, now: float) -> dict[str, Any]:
        """Return the File object of getFile: a path that `bot` may fetch for an hour."""
        file = self.find(bot, file_id)
        if len(file.content) > DOWNLOAD_LIMIT:
            raise bad(FILE_TOO_BIG)
        self._links[bot, file.path] = now + LINK_LIFE
        return {**file_json(bot, file), "file_path": file.path}

    def fetch(self, bot: int, path: str, now: float) -> bytes | None:
        """Return the bytes behind a link that was given to `bot` and still holds, or None."""
        if self._links.get((bot, path), 0.0) <= now:
            return None
        return self._paths[path].content


def file_id(bot: int, file: StoredFile) -> str:
    """Return the name by which `bot` (and no other) may send or fetch `file`; the same each time."""
    return "AgAC" + base64.urlsafe_b64encode(f"{bot}:{file.unique}".encode()).decode()


def file_json(bot: int, file: StoredFile) -> dict[str, Any]:
    """Return the fields that every kind of file has."""
    return {"file_id": file_id(bot, file), "file_unique_id": file.unique, "file_size": len(file.content)}


def photo_json(bot: int, file: StoredFile) -> list[dict[str, Any]]:
    """Return the PhotoSizes of a photo, smallest first."""
    return [
        {**file_json(bot, size), "width": size.width, "height": size.height}
        for size in (file.small, file)
        if size is not None
    ]


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture, or None when the bytes are no picture."""
    from PIL import Image  # kept out of the start of a server that carries text only

    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as picture:
            return picture.size
    except Exception:  # Pillow raises a wide family on hostile bytes, and every one means "no picture"
        return None
