"""One call of a bot as it came over HTTP: its parameters, in whichever of the four ways they were written."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.servers.bot_api_chats import BotAccount
from tests.servers.bot_api_errors import bad

Upload = tuple[str, bytes]  # name, content

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))')
_NAME = re.compile(rb'[\s;]name="([^"]*)"')
_FILENAME = re.compile(rb'[\s;]filename="([^"]*)"')
_YES = frozenset({"true", "yes", "1"})


class Request:
    """Who calls with what. Numbers, flags and objects may come as text (forms) or as JSON values."""

    __slots__ = ("bot", "uploads", "values")

    def __init__(self, bot: BotAccount, values: dict[str, Any], uploads: dict[str, Upload]) -> None:
        self.bot = bot
        self.values = values
        self.uploads = uploads

    def text(self, name: str) -> str:
        """Return a parameter as text, "" when it is not there."""
        value = self.values.get(name)
        return "" if value is None else value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number; like the real server, `default` for what is none."""
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def real(self, name: str) -> float:
        """Return a required decimal number."""
        try:
            return float(self.values[name])
        except (KeyError, TypeError, ValueError):
            raise bad(f"{name} is empty") from None

    def flag(self, name: str) -> bool:
        """Return a yes or no."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else str(value).lower() in _YES

    def json(self, name: str, kind: type[list[Any]] | type[dict[str, Any]], what: str) -> Any:
        """Return a list or object, None when it is not there, 400 when it is something else."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise bad(f"can't parse {what} JSON object") from None
        if not isinstance(value, kind):
            raise bad(f"object expected as {what}" if kind is dict else f"expected an Array of {what}")
        return value


async def read_body(request: web.BaseRequest) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Return parameters and uploaded files of a GET or POST: query, form, multipart or JSON."""
    values: dict[str, Any] = dict(request.query) if "?" in request.raw_path else {}
    uploads: dict[str, Upload] = {}
    kind = request.content_type
    if kind == "application/x-www-form-urlencoded":
        values |= parse_qsl((await request.read()).decode(), keep_blank_values=True)
    elif kind == "application/json":
        body = await request.read()
        values |= json.loads(body) if body else {}
    elif kind == "multipart/form-data":
        _read_multipart(await request.read(), request.headers["Content-Type"], values, uploads)
    return values, uploads


def _read_multipart(body: bytes, content_type: str, values: dict[str, Any], uploads: dict[str, Upload]) -> None:
    """Take the parts of a body that is whole in memory: six times as fast as aiohttp's reader, which streams."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("no boundary")
    for part in (b"\r\n" + body).split(b"\r\n--" + (boundary[1] or boundary[2]).encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise ValueError("a part without a name")
        filename = _FILENAME.search(head)
        if filename is None:
            values[name[1].decode()] = content.decode()
        else:
            uploads[name[1].decode()] = (filename[1].decode(), content)
