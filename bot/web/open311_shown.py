"""A public case in the standard's words: as a request, with its notes, as an update, as a row of the bulk sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.store import Store
from bot.store.public_cases import PublicCase, PublicStep
from bot.texts import LANGUAGES, Texts
from bot.web.open311_words import instant
from routing.case import Verb
from routing.platforms import CATEGORIES, PLATFORM_EN, PLATFORM_ZH, Category

#: The columns of the bulk sheet (Open311 Service Request Bulk Data).
BULK = (
    "service_request_id", "requested_datetime", "updated_datetime", "closed_date", "status", "status_description",
    "status_notes", "source", "service_name", "service_code", "service_subtype", "description", "agency_responsible",
    "address", "lat", "long",
)  # fmt: skip
_CLOSING = (Verb.CONFIRM, Verb.LAPSE, Verb.WITHDRAW)


class Showing:
    """Says it in the reader's language: `locale=zh` or `en`, else that of the browser, else the house's."""

    def __init__(self, store: Store, texts: Texts) -> None:
        self._store, self._texts = store, texts

    def request(
        self, case: PublicCase, request: web.Request, steps: Mapping[str, Sequence[PublicStep]] | None = None
    ) -> dict[str, Any]:
        """A case as everybody may see it: its kind for words, the middle of its grid for the place, no picture. With
        the steps of each case, its extended attributes and notes, too."""
        language, directory = self.language(request), self._store.directory
        category = CATEGORIES[case.category]
        name = str(getattr(category, language))
        grid, unit = directory.area(case.grid), directory.unit(case.unit)
        where = tuple(round(each, 6) for each in grid.centre) if grid and grid.centre else (None, None)
        shown: dict[str, Any] = {
            "service_request_id": case.number,
            "status": "open" if case.open else "closed",
            "status_notes": self._status(case, request),
            "service_name": name,
            "service_code": case.category,
            "description": name,
            "agency_responsible": unit.name if unit else self.platform(category, language),
            "service_notice": None,
            "requested_datetime": instant(case.opened_at),
            "updated_datetime": instant(case.updated_at),
            "expected_datetime": instant(case.due_at),
            "address": grid.name if grid else None,
            "address_id": grid.code if grid else None,
            "zipcode": None,
            "lat": where[0],
            "long": where[1],
            "media_url": None,
        }
        if steps is not None:
            state = case.lead_state or case.state
            shown["extended_attributes"] = {"detailed_status": state.value, "platform": category.platform.value}
            if case.lead:
                shown["extended_attributes"]["joined_to"] = case.lead
            shown["notes"] = [self._note(step, request) for step in steps.get(case.number, ())]
            if case.note:
                said = {"datetime": instant(case.noted_at), "description": case.note, "type": "note"}
                shown["notes"].append(said)
        return shown

    def update(self, step: PublicStep, request: web.Request) -> dict[str, Any]:
        """Something that was done, as a service request update."""
        return {
            "update_id": step.key,
            "service_request_id": step.number,
            "status": "closed" if step.verb in _CLOSING else "open",
            "updated_datetime": instant(step.at),
            "description": self._told(step, request),
            "media_url": None,
        }

    def bulk(self, cases: Iterable[PublicCase], request: web.Request) -> list[list[str]]:
        """The rows of the bulk sheet, its header first."""
        rows = [list(BULK)]
        for case in cases:
            shown = self.request(case, request)
            shown |= {
                "closed_date": None if case.open else shown["updated_datetime"],
                "status_description": (case.lead_state or case.state).value,
                "source": None,
                "service_subtype": None,
            }
            rows.append(["" if shown[column] is None else str(shown[column]) for column in BULK])
        return rows

    def platform(self, category: Category, language: str) -> str:
        return (PLATFORM_ZH if language == "zh" else PLATFORM_EN)[category.platform]

    def say(self, key: str, request: web.Request) -> str:
        return self._texts.say(f"web.open311.{key}", {}, self.language(request))

    def language(self, request: web.Request) -> str:
        asked = request.query.get("locale", "") or request.headers.get("Accept-Language", "")
        found = asked.strip().lower()[:2]
        return found if found in LANGUAGES else self._texts.house

    def published(self, number: str, is_open: bool, at: datetime, words: str) -> dict[str, Any]:
        """What the desk published, as a service request update."""
        return {
            "update_id": f"note-{number}-{int(at.timestamp())}",
            "service_request_id": number,
            "status": "open" if is_open else "closed",
            "updated_datetime": instant(at),
            "description": words,
            "media_url": None,
        }

    def _status(self, case: PublicCase, request: web.Request) -> str:
        state = self._state(case, request)
        params = {"state": state, "note": case.note}
        return self._texts.say("web.open311.state.noted", params, self.language(request)) if case.note else state

    def _state(self, case: PublicCase, request: web.Request) -> str:
        if not case.lead or case.lead_state is None:
            return self.say(f"state.{case.state}", request)
        state = self.say(f"state.{case.lead_state}", request)
        params = {"number": case.lead, "state": state}
        return self._texts.say("web.open311.state.joined_to", params, self.language(request))

    def _told(self, step: PublicStep, request: web.Request) -> str:
        if step.verb is Verb.JOIN and step.lead:
            return self._texts.say("web.open311.step.join_to", {"number": step.lead}, self.language(request))
        return self.say(f"step.{step.verb}", request)

    def _note(self, step: PublicStep, request: web.Request) -> dict[str, Any]:
        return {"datetime": instant(step.at), "description": self._told(step, request), "type": step.verb.value}
