"""CAP 1.2: which messages an alert has issued, and each of them as a document of the standard. Pure.

Nothing is kept of them: what was issued follows from the alert's steps, so number, time and references stay what they
were. Only the newest message of an alert is written out: the words of those before it are out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.messages import Words
from bot.xml_out import Element
from nlu.masks import mask
from routing.alert import Alert, AlertStep, Colour, Ending, Kind, Missing, Verb
from routing.areas import Area, AreaKind
from routing.directory import Directory
from routing.ground import outlines
from routing.working_hours import LOCAL

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
#: A language of ours -> as RFC 3066 has it.
TONGUES = {"zh": "zh-CN", "en": "en-US"}


class MsgType(StrEnum):
    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Say(Protocol):
    """A sentence in a language: `Texts.say`."""

    def __call__(self, key: str, params: Mapping[str, Words] | None = None, language: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was issued for an alert."""

    alert: str
    number: int  #: From 1; with the alert's id it names the message for ever.
    type: MsgType
    sent: datetime
    ring: AreaKind | None = None  #: The widest ring that was told until then; None: none yet.
    ending: Ending | None = None  #: Why it was taken back; the last message alone has one.

    @property
    def identifier(self) -> str:
        return f"{self.alert}.{self.number}"


def issued(alert: Alert, steps: Sequence[AlertStep]) -> tuple[Message, ...]:
    """The messages of an alert, the oldest first: Alert when the second person says yes; Update at a correction and at
    a wider ring; Update with AllClear when who was missing is found; Cancel when it is taken back for another reason.
    When it only expires nothing is issued: each message says until when it holds."""
    found: list[Message] = []
    for step in steps:
        last = found[-1] if found else None
        match step.verb:
            case Verb.APPROVE if last is None:
                ring = AreaKind(step.to) if step.to else None
                found.append(Message(alert.id, 1, MsgType.ALERT, step.at, ring))
            case Verb.APPROVE | Verb.WIDEN | Verb.TAKE_BACK if last is not None:
                ring = AreaKind(step.to) if step.verb is Verb.WIDEN else last.ring
                ending = Ending(step.to) if step.verb is Verb.TAKE_BACK else None
                kind = MsgType.CANCEL if ending and ending is not Ending.FOUND else MsgType.UPDATE
                found.append(Message(alert.id, last.number + 1, kind, step.at, ring, ending))
    return tuple(found)


def current(alert: Alert, steps: Sequence[AlertStep], now: datetime) -> tuple[Message, ...]:
    """The messages of an alert up to the newest, which is the one that holds; none before it is out, and none any more
    when its time is over."""
    if alert.expires_at is None or now >= alert.expires_at:
        return ()
    return issued(alert, steps)


def instant(at: datetime) -> str:
    """An instant as CAP writes it: to the second, with an offset and never with Z."""
    return at.astimezone(LOCAL).isoformat(timespec="seconds")


# --- the document


@dataclass(frozen=True, slots=True)
class House:
    """Who speaks."""

    domain: str  #: The sender: an internet domain of the office that runs it.
    police: str  #: Whom to call. Never a family.
    url: str  #: Where pictures are fetched from: "https://wuyou.example".
    directory: Directory
    say: Say

    def name(self, alert: Alert) -> str:
        """The office's name: its street's, else that of the widest area there is."""
        line = _line(self.directory, alert.area)
        street = next((area for area in line if area.kind is AreaKind.STREET), None)
        return (street or line[-1]).name if line else self.domain


def document(alert: Alert, messages: Sequence[Message], house: House) -> Element:
    """The newest of these messages as an element `alert`, the earlier ones as its references."""
    message = messages[-1]
    parts = [
        Element("identifier", message.identifier),
        Element("sender", house.domain),
        Element("sent", instant(message.sent)),
        Element("status", "Exercise" if alert.exercise else "Actual"),
        Element("msgType", message.type),
        Element("scope", "Public"),
    ]
    if alert.exercise:
        parts.append(Element("note", house.say("cap.drill", {}, "zh")))
    if earlier := messages[:-1]:
        named = (f"{house.domain},{each.identifier},{instant(each.sent)}" for each in earlier)
        parts.append(Element("references", " ".join(named)))
    return Element("alert", (*parts, *(_info(alert, message, house, language) for language in TONGUES)))


def _info(alert: Alert, message: Message, house: House, language: str) -> Element:
    said = _Said(alert, house, language)
    assert alert.expires_at is not None
    over = message.ending is not None
    category, response, urgency, severity, certainty = _weight(alert)
    parts = [
        Element("language", TONGUES[language]),
        Element("category", category),
        Element("event", said(f"cap.event.{alert.kind}")),
        Element("responseType", "AllClear" if over else response),
        Element("urgency", "Past" if over else urgency),
        Element("severity", "Minor" if over else severity),
        Element("certainty", certainty),
        Element("effective", instant(message.sent)),
        Element("expires", instant(alert.expires_at)),
        Element("senderName", house.name(alert)),
    ]
    if message.ending is not None:
        found = message.ending is Ending.FOUND and alert.kind is Kind.MISSING
        parts.append(Element("headline", said("cap.found" if found else f"cap.over.{alert.kind}")))
    else:
        parts += [Element(name, words) for name, words in said.content() if words]
    parts.append(Element("contact", house.police))
    if alert.content.colour and not over:
        parts.append(_pair("parameter", "colour", alert.content.colour))
    if alert.content.photo and not over:
        parts.append(_photo(message, alert, house, said("cap.photo")))
    return Element("info", (*parts, area_of(house.directory, alert.area, message.ring)))


class _Said:
    """What an alert tells, in one language. Numbers of telephones and identity cards are masked, whoever wrote them:
    the one to call stands in `contact`."""

    def __init__(self, alert: Alert, house: House, language: str) -> None:
        self._alert, self._house, self._language = alert, house, language

    def __call__(self, key: str, **params: str) -> str:
        return self._house.say(key, params, self._language)

    def content(self) -> Iterator[tuple[str, str]]:
        """(element, words) in the standard's order."""
        content = self._alert.content
        drill = self("cap.drill") if self._alert.exercise else ""
        if content.missing is not None:
            shown = shown_of(content.missing)
            who = "，" if self._language == "zh" else ", "
            person = who.join(filter(None, (shown.name, self._age(shown), self._sex(shown))))
            yield "headline", " ".join(filter(None, (drill, self("cap.headline", who=person))))
            facts = described(self._house.say, shown, self._language)
            yield "description", "\n".join(filter(None, (drill, facts, mask(content.words))))
            yield "instruction", self("cap.instruction", police=self._house.police)
        else:
            yield "headline", " ".join(filter(None, (drill, mask(content.headline))))
            yield "description", "\n".join(filter(None, (drill, mask(content.words))))

    def _age(self, missing: Missing) -> str:
        return self("cap.age", age=str(missing.age)) if missing.age is not None else ""

    def _sex(self, missing: Missing) -> str:
        return self(f"cap.sex.{missing.sex}") if missing.sex else ""


def shown_of(missing: Missing) -> Missing:
    """What is known of somebody, with the numbers masked that do not belong there."""
    return replace(
        missing,
        name=mask(missing.name),
        clothes=mask(missing.clothes),
        features=mask(missing.features),
        place=mask(missing.place),
    )


def described(say: Say, missing: Missing, language: str) -> str:
    """How somebody looks, and where and when they were seen last: a line each, what is not known is left out."""
    seen = missing.seen_at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M") if missing.seen_at else ""
    params: dict[str, Words] = {
        "height": str(missing.height) if missing.height is not None else "",
        "clothes": missing.clothes, "features": missing.features, "place": missing.place, "seen": seen,
    }  # fmt: skip
    return say("cap.described", params, language)


#: (category, responseType, urgency, severity, certainty). A storm's severity is its colour's.
_WEIGHTS = {
    Kind.MISSING: ("Rescue", "Monitor", "Immediate", "Severe", "Observed"),
    Kind.STORM: ("Met", "Prepare", "Expected", "Moderate", "Likely"),
    Kind.NOTICE: ("Other", "Monitor", "Expected", "Minor", "Observed"),
}
_COLOURS = {Colour.BLUE: "Minor", Colour.YELLOW: "Moderate", Colour.ORANGE: "Severe", Colour.RED: "Extreme"}


def _weight(alert: Alert) -> tuple[str, str, str, str, str]:
    category, response, urgency, severity, certainty = _WEIGHTS[alert.kind]
    if alert.content.colour is not None:
        severity = _COLOURS[alert.content.colour]
        urgency = "Immediate" if alert.content.colour is Colour.RED else urgency
    return category, response, urgency, severity, certainty


def _photo(message: Message, alert: Alert, house: House, words: str) -> Element:
    """Where the picture is while the alert is out: behind the same key as this document."""
    query = "?status=Exercise" if alert.exercise else ""
    address = Element("uri", f"{house.url}/cap/{message.identifier}.jpg{query}")
    return Element("resource", (Element("resourceDesc", words), Element("mimeType", "image/jpeg"), address))


def area_of(directory: Directory, code: str, ring: AreaKind | None) -> Element:
    """The area that the ring covers: its outlines, its code, and the codes of the grids in it (of a district its own
    alone: it has thousands)."""
    line = _line(directory, code)
    here = next((area for area in line if area.kind is ring), line[0] if line else None)
    if here is None:
        return Element("area", (Element("areaDesc", code),))
    parts = [Element("areaDesc", "".join(area.name for area in reversed(line[line.index(here) :])))]
    for ring_ in outlines(here.boundary_wkt) if here.boundary_wkt else ():
        parts.append(Element("polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in ring_)))
    parts.append(_pair("geocode", here.kind.upper(), here.code))
    if here.kind in (AreaKind.COMMUNITY, AreaKind.STREET):
        parts += [_pair("geocode", "GRID", grid) for grid in _grids(directory, here.code)]
    return Element("area", tuple(parts))


def _grids(directory: Directory, code: str) -> Iterator[str]:
    for child in directory.children(code):
        if child.kind is AreaKind.GRID:
            yield child.code
        else:
            yield from _grids(directory, child.code)


def _line(directory: Directory, code: str) -> tuple[Area, ...]:
    """The area and those around it, the innermost first."""
    here = directory.area(code)
    return () if here is None else (here, *directory.ancestors(code))


def _pair(name: str, key: str, value: str) -> Element:
    return Element(name, (Element("valueName", key), Element("value", value)))
