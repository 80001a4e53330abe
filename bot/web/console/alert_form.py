"""What somebody typed about an alert, read from a form; and the same form filled again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.desks.missing import Refused
from bot.web.forms import Form, location_in
from bot.web.pages import LOCAL
from bot.web.postbox import typed
from nlu.normalise import normalise
from nlu.person import Person, person
from routing.alert import LONGEST, Alert, Colour, Content, Kind, Missing, Sex
from routing.case import Case

#: Hours an alert may live, to choose from.
HOURS = (3, 6, 12, 23)
_LINES = ("name", "age", "sex", "height", "clothes", "features", "place", "seen_at", "location")
_FIELDS = ("headline", "words", "reference", "colour", *_LINES)


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent: what it says, and the fields to show again when it was refused."""

    kind: Kind
    content: Content
    area: str
    exercise: bool = False
    case: str = ""
    life: timedelta = LONGEST
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


def kind_of(word: str) -> Kind:
    """The kind of that name; a missing person for any other."""
    return Kind(word) if word in set(Kind) else Kind.MISSING


def read(form: Form, kind: Kind, now: datetime, photo: str) -> Typed:
    """Returns what the form says; `photo` is the key of the picture it is to have. Raises Refused for a number or a
    time that is none, and for a time to come."""
    fields = {name: typed(form.get(name)).strip() for name in _FIELDS}
    fields |= {name: form.get(name).strip()[:64] for name in ("area", "case", "exercise", "hours")}
    missing = _missing(fields, now) if kind is Kind.MISSING else None
    colour = Colour(fields["colour"]) if fields["colour"] in set(Colour) else None
    content = Content(fields["headline"], fields["words"], missing, photo, fields["reference"], colour)
    hours = int(fields["hours"]) if fields["hours"] in {str(each) for each in HOURS} else HOURS[-1]
    return Typed(
        kind, content, fields["area"], bool(fields["exercise"]), fields["case"], timedelta(hours=hours), fields
    )


def _missing(fields: Mapping[str, str], now: datetime) -> Missing:
    sex = Sex(fields["sex"]) if fields["sex"] in set(Sex) else None
    age, height = _number(fields["age"]), _number(fields["height"])
    place, location = fields["place"], location_in(fields["location"]) if fields["location"] else None
    return Missing(
        fields["name"], age, sex, height, fields["clothes"], fields["features"], place, location,
        _instant(fields["seen_at"], now),
    )  # fmt: skip


def _number(words: str) -> int | None:
    if not words:
        return None
    if not (words.isdecimal() and len(words) <= 3):
        raise Refused("body")
    return int(words)


def _instant(words: str, now: datetime) -> datetime | None:
    """A browser's local date and time ("2026-01-05T14:30"), as UTC."""
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise Refused("seen_at") from None
    at = (at if at.tzinfo else at.replace(tzinfo=LOCAL)).astimezone(now.tzinfo)
    if not now - timedelta(days=365) < at <= now + timedelta(minutes=5):
        raise Refused("seen_at")
    return at


def filled(alert: Alert) -> dict[str, str]:
    """The fields of a form that says what the alert says (or what its correction would say)."""
    content = alert.correction.content if alert.correction else alert.content
    missing = content.missing or Missing()
    location = missing.location
    return {
        "headline": content.headline,
        "words": content.words,
        "reference": content.reference,
        "colour": content.colour or "",
        "name": missing.name,
        "age": "" if missing.age is None else str(missing.age),
        "sex": missing.sex or "",
        "height": "" if missing.height is None else str(missing.height),
        "clothes": missing.clothes,
        "features": missing.features,
        "place": missing.place,
        "seen_at": moment(missing.seen_at) if missing.seen_at else "",
        "location": f"{location[0]},{location[1]}" if location else "",
        "area": alert.area,
        "case": alert.case,
        "exercise": "1" if alert.exercise else "",
        "hours": str(round(alert.life / timedelta(hours=1))),
    }


def of_case(case: Case) -> dict[str, str]:
    """The fields of a form that begins with what a case says: where, and what its words tell of the person."""
    found = person(normalise(case.words)) or Person()
    told = (found.upper, found.lower, found.shoes, found.hat)
    marks = (found.build, found.hair, *found.marks)
    return {
        "case": case.number,
        "place": case.place,
        "area": case.grid,
        "location": f"{case.location[0]},{case.location[1]}" if case.location else "",
        "age": str(int(found.age)) if found.age is not None and found.age >= 1 else "",
        "height": str(found.height) if found.height else "",
        "sex": found.gender or "",
        "clothes": "，".join(each for each in told if each),
        "features": "，".join(each for each in marks if each),
    }


def moment(at: datetime) -> str:
    """As a browser's field for a local date and time takes it."""
    return at.astimezone(LOCAL).strftime("%Y-%m-%dT%H:%M")
