"""The part of /openapi.json that describes the doors for alerts: /cap/ and /pfif/."""

from __future__ import annotations

from typing import Any

from bot.atom import CAP_TYPE
from bot.web.exports import ATOM_TYPE, PFIF_TYPE

_STATUS = {
    "name": "status", "in": "query", "required": False, "description": "Exercise: drills, and nothing else.",
    "schema": {"enum": ["Actual", "Exercise"]},
}  # fmt: skip
_SINCE = {
    "name": "min_entry_date", "in": "query", "required": False,
    "description": "Records that changed then or later.", "schema": {"type": "string", "format": "date-time"},
}  # fmt: skip
_ALERT = {
    "name": "alert", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^a[1-9]{8}$"},
    "example": "a38164275",
}  # fmt: skip
_NUMBER = {
    "name": "number", "in": "path", "required": True, "description": "Which message of the alert, from 1.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999}, "example": 1,
}  # fmt: skip
_WHY = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {"title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
}
_PROBLEM = {
    "description": "Why it was not answered (RFC 9457)",
    "content": {"application/problem+json": {"schema": _WHY}},
}


def _get(name: str, what: str, kind: str, *given: dict[str, Any], wrong: tuple[str, ...] = ()) -> dict[str, Any]:
    good = {"description": "Done; with an ETag", "content": {kind: {}}}
    answers = {"200": good, "304": {"description": "As the If-None-Match names it"}}
    return {
        "get": {
            "operationId": name,
            "summary": what,
            "security": [{"key": []}, {"api_key": []}],
            "parameters": list(given),
            "responses": answers | dict.fromkeys((*wrong, "401", "429"), _PROBLEM),
        }
    }


def paths() -> dict[str, Any]:
    """The paths with what they answer."""
    cap, picture = "One CAP 1.2 document, the newest of its alert", "The picture of a missing person, while it holds"
    return {
        "/cap/feed.atom": _get("cap_feed", "CAP messages that hold now", ATOM_TYPE, _STATUS, wrong=("400",)),
        "/cap/{alert}.{number}.xml": _get(
            "cap_message", cap, CAP_TYPE, _ALERT, _NUMBER, _STATUS, wrong=("400", "404", "410")
        ),
        "/cap/{alert}.{number}.jpg": _get(
            "cap_picture", picture, "image/jpeg", _ALERT, _NUMBER, _STATUS, wrong=("400", "404")
        ),
        "/pfif/persons.xml": _get("pfif_persons", "PFIF 1.4 records", PFIF_TYPE, _SINCE, wrong=("400",)),
        "/pfif/{alert}.jpg": _get("pfif_picture", picture, "image/jpeg", _ALERT, wrong=("404",)),
    }
