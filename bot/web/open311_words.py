"""Open311 on the wire: one answer as XML or as JSON, errors in the standard's form, and reading what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from bot.web.forms import location_in
from routing.sla import LOCAL

#: How the members of a list are called in XML.
_ONE = {
    "services": "service", "service_requests": "request", "errors": "error", "attributes": "attribute",
    "values": "value", "endpoints": "endpoint", "formats": "format", "notes": "note",
    "service_requests_updates": "request_update",
}  # fmt: skip
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TYPES = {"xml": "text/xml", "json": "application/json"}


class Refused(Exception):
    """What was asked cannot be done: 403 for the key, 404 for what is not there, 400 for everything else. `after` are
    the seconds to wait where it was too much."""

    def __init__(self, status: int, *descriptions: str, allow: str = "", after: int = 1) -> None:
        super().__init__("; ".join(descriptions))
        self.status, self.descriptions, self.allow, self.after = status, descriptions, allow, after


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said: in XML under `root`, in JSON without it."""

    root: str
    content: Any
    status: int = 200


def written(answer: Answer, form: str) -> web.Response:
    """The answer in the form that the suffix named."""
    if form == "json":
        body = json.dumps(answer.content, ensure_ascii=False)
    else:
        body = f'<?xml version="1.0" encoding="utf-8"?>\n{_element(answer.root, answer.content)}\n'
    response = web.Response(text=body, content_type=TYPES[form], charset="utf-8", status=answer.status)
    opened(response)
    return response


def opened(response: web.Response) -> None:
    """Lets pages of other houses read it: it is open data, and no cookie opens more of it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def refusal(refused: Refused) -> Answer:
    errors = [{"code": refused.status, "description": each} for each in refused.descriptions]
    return Answer("errors", errors, refused.status)


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = "".join(_element(each, content) for each, content in value.items())
    elif isinstance(value, list):
        inner = "".join(_element(_ONE.get(name, "item"), each) for each in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = "" if value is None else escape(_NO_XML.sub("", str(value)))
    return f"<{name}>{inner}</{name}>"


def instant(at: datetime | None) -> str | None:
    """An instant as the standard writes it, to the second, with the street's zone."""
    return at.astimezone(LOCAL).isoformat(timespec="seconds") if at else None


# --- reading

_FIRST, _LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def date_in(query: Mapping[str, str], name: str) -> datetime | None:
    """The instant of that argument, moved to the years 1970 to 2999; None without one. Raises Refused."""
    if name not in query:
        return None
    words = query[name].strip()
    try:
        # A plus that was not escaped arrives as a blank.
        at = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", words))
        if at.tzinfo is None:
            raise ValueError(words)
        return _FIRST if at.year < _FIRST.year else _LAST if at.year > _LAST.year else at
    except ValueError:
        raise Refused(400, f"{name}: write an instant with its zone, such as 2026-11-22T08:00:00+08:00") from None


def count_in(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    words = query.get(name, "").strip()
    if not words:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", words) or not 1 <= int(words) <= most:
        raise Refused(400, f"{name}: a number from 1 to {most}")
    return int(words)


def list_in(query: Mapping[str, str], name: str, most: int = 200) -> tuple[str, ...]:
    """The members of a comma list."""
    found = tuple(dict.fromkeys(each.strip() for each in query.get(name, "").split(",") if each.strip()))
    if len(found) > most:
        raise Refused(400, f"{name}: at most {most} of them")
    return found


def place_in(fields: Mapping[str, str]) -> tuple[float, float] | None:
    """(lat, lon) of the arguments lat and long; None without them. Raises Refused."""
    lat, lon = fields.get("lat", "").strip(), fields.get("long", "").strip()
    if not lat and not lon:
        return None
    written = _DEGREES.fullmatch(lat) and _DEGREES.fullmatch(lon)
    found = location_in(f"{lat},{lon}") if written else None
    if found is None:
        raise Refused(400, "lat and long: two numbers in degrees (WGS-84), both of them")
    return found
