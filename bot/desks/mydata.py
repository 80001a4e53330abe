"""My data: what we hold of somebody, told to them alone; put right, taken out, taken back, erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.consent import VERSIONS, Consent, Purpose, newest
from bot.desks import points
from bot.desks.turn import Turn
from bot.messages import Address, Button, Inbound, Kind, Lane, Letter, Said, Words
from bot.outcome import Erasure, Held, Link, Look
from routing.directory import Role

COMMANDS = frozenset({"mydata", "name", "erase"})
#: What a link to one's own file is for, and so long it opens.
PURPOSE = "mydata"
LINK_LIVES = timedelta(minutes=15)
MOST_NAME = 20  #: Characters of what somebody is called.
TOLD = 3  #: Of the newest looks behind the mask.

_APPS = ("web", "telegram", "dingtalk")
_OFFICE = {Role.DESK: "role.desk", Role.LEADER: "role.leader", Role.CADRE: "role.cadre", Role.PATROL: "role.patrol"}


def concerns(inbound: Inbound) -> bool:
    """Whether the scene needs what we hold of the sender."""
    if inbound.kind is Kind.PRESS:
        return inbound.press is not None and inbound.press.data.partition(":")[0] == "mydata"
    return inbound.kind is Kind.MESSAGE and points.asked(inbound)[0] in COMMANDS


def command(turn: Turn, inbound: Inbound) -> None:
    """/mydata, /name and /erase. In a group it is only said there that it was written."""
    to = points.aside(turn, inbound)
    if to is None:
        return
    match inbound.command:
        case "name":
            _rename(turn, to, inbound.argument)
        case "erase":
            _sure(turn, to)
        case _:
            show(turn, to)


def pressed(turn: Turn, inbound: Inbound, what: str, argument: str) -> None:
    """A button of these letters, which stand in private talks alone."""
    to = points.aside(turn, inbound)
    if to is None or not turn.thread.private:
        return
    match what:
        case "file":
            _file(turn, to)
        case "name":
            _say(turn, to, "mydata.how_to_name", {"name": turn.thread.resident.name})
        case "erase":
            _sure(turn, to)
        case "sure":
            turn.keep(Erasure(turn.thread.resident.id))
            _say(turn, to, "mydata.erasing")
        case "keep":
            _say(turn, to, "mydata.kept")
        case "withdraw" if argument in tuple(Purpose):
            _withdraw(turn, to, Purpose(argument))
        case "agree":
            _agree(turn, to, argument)
        case _:
            show(turn, to)


def show(turn: Turn, to: Address) -> None:
    """What we hold, in plain words; who looked; and what can be done about it."""
    held, resident = turn.scene.held or Held(), turn.thread.resident
    said: dict[str, Words] = {
        "name": resident.name,
        "app": Said(f"mydata.app.{to.channel}" if to.channel in _APPS else "mydata.app.other"),
        "tongue": Said(f"mydata.tongue.{resident.language or 'zh'}"),
        "cases": held.cases,
        "photos": held.photos,
        "since": Said("mydata.since", {"at": held.since}) if held.since else "",
        "consents": tuple(_consent(each) for each in _last(held)),
        "looks": tuple(_look(turn, look) for look in held.looks[:TOLD]) or Said("mydata.nobody_looked"),
        "photo_days": held.photo_days,
        "case_days": held.case_days,
    }
    rows: list[tuple[Button, ...]] = [
        (Button("button.my_file", "mydata:file"), Button("button.my_name", "mydata:name"))
    ]
    rows += [
        (Button("button.withdraw_consent", f"mydata:withdraw:{each.purpose}", params={"what": _of(each.purpose)}),)
        for each in _last(held)
        if each.withdrawn_at is None
    ]
    rows.append((Button("button.erase_me", "mydata:erase"),))
    _say(turn, to, "mydata.erased_soon" if held.erased_soon else "mydata.held", said, tuple(rows))


def ask(turn: Turn, to: Address, purpose: Purpose) -> None:
    """Asks for consent, in the words in force; whoever does something with the data asks first."""
    version = VERSIONS[purpose]
    said: dict[str, Words] = {"text": Said(f"consent.{purpose}.v{version}")}
    agree = Button("button.agree", f"mydata:agree:{purpose}:{version}")
    _say(turn, to, "consent.ask", said, ((agree, Button("button.decline", "mydata:keep")),))


# --- the parts


def _file(turn: Turn, to: Address) -> None:
    held, resident = turn.scene.held or Held(), turn.thread.resident
    pages = "" if to.channel == "web" else held.pages.rstrip("/")  # In the browser chat it is a page of its own house.
    if not pages and to.channel != "web":
        _say(turn, to, "mydata.no_pages")
        return
    token = turn.scene.fresh.token
    turn.keep(Link(token, PURPOSE, resident.id, resident.id, turn.now + LINK_LIVES))
    way = Button("button.open_my_file", url=f"{pages}/my/{token}")
    _say(turn, to, "mydata.file", {"minutes": LINK_LIVES.seconds // 60}, ((way,),))


def _rename(turn: Turn, to: Address, words: str) -> None:
    name = " ".join(words.split())[:MOST_NAME]
    if not any(char.isalpha() for char in name) or any(char.isdigit() for char in name):
        _say(turn, to, "mydata.how_to_name", {"name": turn.thread.resident.name})
        return
    named = replace(turn.thread.resident, name=name)
    if named.version:
        turn.keep(named)
    turn.talk(resident=named)
    _say(turn, to, "mydata.named", {"name": name})


def _sure(turn: Turn, to: Address) -> None:
    """The one question before everything is erased."""
    held = turn.scene.held or Held()
    said: dict[str, Words] = {"open": Said("mydata.open", {"count": held.open}) if held.open else ""}
    yes, no = Button("button.erase_sure", "mydata:sure"), Button("button.keep_me", "mydata:keep")
    _say(turn, to, "mydata.sure", said, ((yes,), (no,)))


def _withdraw(turn: Turn, to: Address, purpose: Purpose) -> None:
    given = newest(purpose, (turn.scene.held or Held()).consents)
    if given is not None and given.withdrawn_at is None:
        turn.keep(replace(given, withdrawn_at=max(turn.now, given.at)))
        _say(turn, to, "mydata.withdrawn", {"what": _of(purpose)})
    else:
        show(turn, to)


def _agree(turn: Turn, to: Address, argument: str) -> None:
    """They pressed "I agree" under a text: that holds for the words they saw, if these are still in force."""
    name, _, version = argument.partition(":")
    if name not in tuple(Purpose):
        return
    purpose = Purpose(name)
    if version != str(VERSIONS[purpose]):
        ask(turn, to, purpose)
        return
    turn.keep(Consent(turn.thread.resident.id, purpose, VERSIONS[purpose], turn.now))
    _say(turn, to, "mydata.agreed", {"what": _of(purpose)})


def _last(held: Held) -> list[Consent]:
    """The last word on each purpose."""
    found = (newest(purpose, held.consents) for purpose in Purpose)
    return [each for each in found if each is not None]


def _of(purpose: Purpose) -> Said:
    return Said(f"mydata.purpose.{purpose}")


def _consent(given: Consent) -> Said:
    if given.withdrawn_at is not None:
        return Said("mydata.consent_withdrawn", {"what": _of(given.purpose), "at": given.withdrawn_at})
    return Said("mydata.consent_given", {"what": _of(given.purpose), "at": given.at})


def _look(turn: Turn, look: Look) -> Said:
    person = turn.directory.person(look.by)
    office = _OFFICE.get(person.role, "role.staff") if person else "role.staff"
    return Said("mydata.look", {"at": look.at, "who": Said(office), "reason": look.reason})


def _say(
    turn: Turn,
    to: Address,
    key: str,
    params: dict[str, Words] | None = None,
    buttons: tuple[tuple[Button, ...], ...] = (),
) -> None:
    resident = turn.thread.resident
    turn.tell(Letter(to, key, params or {}, Lane.REPLY, buttons=buttons, language=resident.language))
