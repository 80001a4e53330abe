"""The letters of an alert: to groups, to whoever is to approve it, to whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime
from hashlib import sha256

from bot.desks.missing import sightings
from bot.messages import Address, Button, Fanout, Lane, Letter, Recall, Said, Words
from bot.outcome import Scene, Standing
from routing.alert import Alert, Colour, Content, Ending, Kind
from routing.directory import Directory
from routing.rings import Ring


def slot_of(alert: Alert) -> str:
    """What shows the alert in a group: a correction edits it, taking back replaces it."""
    return f"{alert.id}:alert"


def lane_of(alert: Alert) -> Lane:
    """Who is missing, and a storm of the highest colour, pass everything; the rest goes after what people wait for."""
    urgent = alert.kind is Kind.MISSING or alert.content.colour is Colour.RED
    return Lane.ALERT if urgent else Lane.NOTICE


def page_of(alert: Alert, standing: Standing) -> str:
    """The alert's page for residents; empty where pages are not reached from outside."""
    return f"{standing.pages}/alerts/{alert.id}" if standing.pages else ""


def told(alert: Alert, ring: Ring, standing: Standing, tag: str = "") -> Iterator[Fanout]:
    """Yields the letters to the groups of a ring. Accounts that only send get words and a link, never the photo: it
    could not be taken back."""
    addresses = [Address(group.channel, group.bot, group.chat_id) for group in ring.groups]
    for only_words in (False, True):
        groups = tuple(each for each in addresses if _only_sends(each, standing) is only_words)
        if groups:
            yield Fanout(letter(alert, standing, only_words=only_words), groups, tag or ring.kind.value)


def _only_sends(at: Address, standing: Standing) -> bool:
    return not standing.speakers.isdisjoint({(at.channel, at.bot), (at.channel, "")})


def letter(alert: Alert, standing: Standing, *, only_words: bool = False) -> Letter:
    """What a group is told, to nobody yet; `only_words`: without the photo, with a link instead."""
    content = alert.content
    params = {**shown(content, standing), **_head(alert), "number": alert.shown}
    params["link"] = page_of(alert, standing) if only_words else ""
    photos = (content.photo,) if content.photo and not only_words else ()
    buttons = ((sightings.button(alert),),) if alert.kind is Kind.MISSING and not only_words else ()
    return Letter(
        _NOBODY, f"alerts.{alert.kind}", params, lane_of(alert), slot=slot_of(alert), photos=photos, buttons=buttons,
        case=alert.id,
    )  # fmt: skip


def taken_back(alert: Alert, standing: Standing) -> Recall:
    """What takes an alert's place everywhere. Of who was found nobody is told where; the words of whoever took it back
    are for the record."""
    ending = alert.ending or Ending.WITHDRAWN
    key = f"alerts.over.{ending}" if alert.kind is Kind.MISSING else f"alerts.ended.{ending}"
    photos = _neutral(standing, alert.content)
    params = {**_head(alert), "number": alert.shown, "headline": alert.content.headline}
    params["corrected"] = ""
    return Recall(Letter(_NOBODY, key, params, lane_of(alert), slot=slot_of(alert), photos=photos, case=alert.id))


def ask(scene: Scene, alert: Alert, person: str, directory: Directory, *, fresh: bool = False) -> Letter | None:
    """The card of an approver. It says no yes by itself: the yes needs a tick, a reference and a signature, and so the
    page. None where the bot cannot write to them."""
    to = scene.reach.get(person)
    if to is None:
        return None
    standing, content = scene.standing, _in_question(alert)
    author = directory.person(alert.unapproved_by[-1])
    params: dict[str, Words] = {
        **shown(content, standing),
        **_head(alert),
        "head": Said("alerts.ask.correction" if alert.correction else "alerts.ask.new"),
        "kind": Said(f"alerts.kind.{alert.kind}"),
        "headline": content.headline,
        "photo": "" if content.photo else Said("alerts.ask.no_photo"),
        "police": Said("alerts.ask.police", {"police": standing.police}) if alert.kind is Kind.MISSING else "",
        "author": author.name if author else alert.unapproved_by[-1],
        "number": alert.shown,
        "page": "" if standing.pages else Said("alerts.ask.page"),
    }
    buttons = [(Button("alerts.button.decline", f"alert_no:{alert.id}"),)]
    if standing.pages:
        buttons.insert(0, (Button("alerts.button.look", url=f"{standing.pages}/desk/alerts/{alert.id}"),))
    return Letter(
        to, "alerts.ask.card", params, Lane.DUTY, slot=_card(alert, person), fresh=fresh, buttons=tuple(buttons),
        photos=(content.photo,) if content.photo else (), case=alert.id,
    )  # fmt: skip


def settled(scene: Scene, before: Alert, key: str, by: str, directory: Directory) -> Iterator[Letter]:
    """Yields one line in place of each approver's card, and of its photo: it was settled by somebody."""
    who, photos = directory.person(by), _neutral(scene.standing, _in_question(before))
    for person in before.asked:
        if to := scene.reach.get(person):
            params: dict[str, Words] = {"number": before.shown, "by": who.name if who else Said("alerts.by.clock")}
            yield Letter(to, key, params, Lane.DUTY, slot=_card(before, person), photos=photos, case=before.id)


def line(scene: Scene, alert: Alert, person: str, key: str, params: dict[str, Words] | None = None) -> Iterator[Letter]:
    """Yields a line about an alert to somebody of the staff, if the bot can write to them."""
    if to := scene.reach.get(person):
        yield Letter(to, key, {"number": alert.shown, **(params or {})}, Lane.DUTY, case=alert.id)


def shown(content: Content, standing: Standing) -> dict[str, Words]:
    """What an alert says, as the texts' parameters: the same in a group, on a card and on a page."""
    missing, colour = content.missing, content.colour
    seen: datetime | str = missing.seen_at if missing and missing.seen_at else ""
    return {
        "headline": content.headline,
        "words": content.words,
        "colour": Said(f"alerts.colour.{colour}") if colour else "",
        "reference": content.reference,
        "police": standing.police,
        "name": missing.name if missing else "",
        "sex": Said(f"alerts.sex.{missing.sex}") if missing and missing.sex else "",
        "age": _number(missing.age) if missing else "",
        "height": _number(missing.height) if missing else "",
        "clothes": missing.clothes if missing else "",
        "features": missing.features if missing else "",
        "place": missing.place if missing else "",
        "seen_at": seen,
    }


def print_of(alert: Alert) -> str:
    """A short word for all that an approver reads of it: another one as soon as anything in it is another."""
    read = (alert.area, alert.exercise, astuple(_in_question(alert)))
    return sha256(repr(read).encode()).hexdigest()[:32]


def _in_question(alert: Alert) -> Content:
    """What an approver is asked about."""
    return alert.correction.content if alert.correction else alert.content


def _neutral(standing: Standing, before: Content) -> tuple[str, ...]:
    """What takes the place of a photo."""
    return (standing.neutral,) if standing.neutral and before.photo else ()


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _head(alert: Alert) -> dict[str, Words]:
    """What stands before everything else: a drill says that it is one, a correction that it is one."""
    return {
        "exercise": Said("alerts.exercise") if alert.exercise else "",
        "corrected": Said("alerts.corrected") if alert.corrected_at else "",
    }


def _card(alert: Alert, person: str) -> str:
    return f"{alert.id}:ask:{person}"


#: Of a letter to many, who is written to stands beside it.
_NOBODY = Address("", "", "")
