"""PFIF 1.4: a missing person's alert as a person record with its notes, emptied when its time is over. Pure.

Order and names of the fields are the standard's (http://zesty.ca/pfif/1.4). We are the home repository of our records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from bot.cap import House, described, shown_of
from bot.xml_out import Element
from nlu.masks import mask
from routing.alert import Alert, Ending, Missing

PFIF = "http://zesty.ca/pfif/1.4"
LANGUAGE = "zh"  #: Records have one language: that of the people who are asked.


def instant(at: datetime) -> str:
    """An instant as PFIF writes it: UTC to the second, with Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def over_at(alert: Alert) -> datetime:
    """From when on nothing but a placeholder is left: from its expiry, or since it was taken back for another reason
    than that the person was found (to take a record back is to let it expire at once)."""
    assert alert.expires_at is not None
    back = alert.ended_at if alert.ending is not Ending.FOUND else None
    return min(alert.expires_at, back or alert.expires_at)


def entry_date(alert: Alert, now: datetime) -> datetime:
    """When this house's record of the alert changed last; by it one asks for what is new."""
    assert alert.live_at is not None
    over = over_at(alert)
    return over if now >= over else alert.ended_at or alert.corrected_at or alert.live_at


def person(alert: Alert, house: House, now: datetime) -> Element:
    """The record of an alert that was out, with its notes inside.

    Until its time is over it says what the groups are told; once the person is found, the name alone and a note that
    says so, never where. Afterwards all fields but the ids and dates are gone.
    """
    over, missing = over_at(alert), alert.content.missing
    changed = instant(entry_date(alert, now))
    fields = {
        "person_record_id": f"{house.domain}/{alert.id}",
        "entry_date": changed,
        "expiry_date": instant(over),
        "source_date": changed,
    }
    found = alert.ending is Ending.FOUND
    if now >= over or missing is None:
        emptied = (_note(alert, house, number, {"entry_date": changed, "source_date": changed})
                   for number in ((1, 2) if found else (1,)))  # fmt: skip
        return _element("person", fields, emptied)
    shown = shown_of(missing)
    fields |= {
        "author_name": house.name(alert),
        "author_phone": house.police,
        "source_name": house.domain,
        "full_name": shown.name or house.say("pfif.nameless", {}, LANGUAGE),
    }
    if not found:
        facts = described(house.say, shown, LANGUAGE)
        fields |= {
            "description": "\n".join(filter(None, (facts, mask(alert.content.words)))),
            "sex": shown.sex or "",
            "age": str(shown.age) if shown.age is not None else "",
            "photo_url": f"{house.url}/pfif/{alert.id}.jpg" if alert.content.photo and alert.out else "",
        }
    return _element("person", fields, _notes(alert, shown, house, changed))


def _notes(alert: Alert, missing: Missing, house: House, changed: str) -> Iterator[Element]:
    """That they are missing; that they were found."""
    assert alert.live_at is not None
    found = alert.ending is Ending.FOUND
    author = {"entry_date": changed, "author_name": house.name(alert), "author_phone": house.police}
    yield _note(alert, house, 1, author | {
        "source_date": instant(alert.corrected_at or alert.live_at),
        "status": "believed_missing",
        "last_known_location": "" if found else missing.place,
        "text": house.say("pfif.missing", {"police": house.police}, LANGUAGE),
    })  # fmt: skip
    if found:
        text = house.say("pfif.found", {}, LANGUAGE)
        yield _note(alert, house, 2, author | {"source_date": changed, "status": "believed_alive", "text": text})


def _note(alert: Alert, house: House, number: int, fields: dict[str, str]) -> Element:
    record = f"{house.domain}/{alert.id}"
    return _element("note", {"note_record_id": f"{record}.{number}", "person_record_id": record, **fields})


#: The standard's order of the fields.
_ORDER = {
    "person": (
        "person_record_id", "entry_date", "expiry_date", "author_name", "author_email", "author_phone", "source_name",
        "source_date", "source_url", "full_name", "given_name", "family_name", "alternate_names", "description", "sex",
        "date_of_birth", "age", "home_street", "home_neighborhood", "home_city", "home_state", "home_postal_code",
        "home_country", "photo_url", "profile_urls",
    ),
    "note": (
        "note_record_id", "person_record_id", "linked_person_record_id", "entry_date", "author_name", "author_email",
        "author_phone", "source_date", "author_made_contact", "status", "email_of_found_person",
        "phone_of_found_person", "last_known_location", "text", "photo_url",
    ),
}  # fmt: skip


def _element(kind: str, fields: dict[str, str], inside: Iterable[Element] = ()) -> Element:
    parts = [Element(name, fields[name]) for name in _ORDER[kind] if fields.get(name)]
    return Element(kind, (*parts, *inside))
