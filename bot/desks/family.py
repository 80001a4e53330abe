"""The family guard: whoever may be falling for a fraud is warned, and so is the family they chose. Both agreed before.

A talk of its own on either side: the one to be warned asks for a code and sends it to somebody of the family, who opens
it alone and agrees. Either ends it with one button. Other systems name a person by a code that says nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from bot.codes import drawn, shown, tidy
from bot.consent import VERSIONS, Consent, Purpose
from bot.desks import mine
from bot.desks.turn import Turn
from bot.messages import Address, Button, Inbound, Kind, Lane, Letter, Said, Words
from bot.outcome import Family, Guard, Resident, Tie, TieState

LIFE = timedelta(hours=24)  #: So long a code may be opened.
MOST_TOLD = 3  #: Relatives who hear of one person.
MOST_HEARD = 6  #: People of whom one relative hears.
#: A second warning within this time says nothing new: a system that repeats itself alarms nobody twice.
QUIET = timedelta(minutes=30)
START = "fam-"  #: How the word behind /start begins that a link carries.


def concerns(inbound: Inbound) -> bool:
    """Whether the scene needs to know of the sender's family."""
    if inbound.signal is not None:
        return bool(inbound.signal.guard)
    if inbound.kind is Kind.PRESS:
        return inbound.press is not None and inbound.press.data.startswith("family:")
    return inbound.kind is Kind.MESSAGE and _asked(inbound) is not None


def code_in(inbound: Inbound) -> str:
    """The code that a message or a button carries, as it is kept; "" without one."""
    if inbound.signal is not None:
        return tidy(inbound.signal.guard)
    if inbound.kind is Kind.PRESS:
        verb, _, rest = (inbound.press.data if inbound.press else "").removeprefix("family:").partition(":")
        return tidy(rest) if verb in ("agree", "refuse") else ""
    return tidy(_asked(inbound) or "")


def opens(inbound: Inbound) -> bool:
    """Whether a /start leads here."""
    return inbound.command == "start" and inbound.argument.startswith(START)


def _asked(inbound: Inbound) -> str | None:
    """What stands behind the command; None where it is another."""
    if opens(inbound):
        return inbound.argument.removeprefix(START)
    command, argument = (inbound.command, inbound.argument) if inbound.command else mine.spoken(inbound) or ("", "")
    return argument if command == "family" else None


# --- in chat


def command(turn: Turn, inbound: Inbound) -> None:
    """/family: who hears of me, of whom I hear. With a code: what it asks of me."""
    family = _family(turn)
    if not turn.thread.private or family is None:
        turn.reply("mine.in_private_only", reply_to=inbound.message_id)
        return
    if not (_asked(inbound) or "").strip():
        _show(turn, family)
    elif (tie := _open(turn, family)) is not None:
        code = code_in(inbound)
        buttons = ((Button("button.family_agree", f"family:agree:{code}"),),
                   (Button("button.family_refuse", f"family:refuse:{code}"),))  # fmt: skip
        turn.reply("family.agree", {"name": _name(tie.guarded)}, buttons=buttons)


def pressed(turn: Turn, verb: str, argument: str) -> None:
    """A button of these. One who has no part in it presses in vain."""
    family = _family(turn)
    if not turn.thread.private or family is None:
        return
    match verb:
        case "add":
            _ask(turn, family)
        case "yes":
            _hand_out(turn, family)
        case "no":
            turn.reply("family.as_it_was")
        case "agree":
            _agree(turn, family)
        case "refuse":
            _refuse(turn, family)
        case "part":
            _part(turn, family, argument)
        case _:
            _show(turn, family)


def _family(turn: Turn) -> Family | None:
    return turn.scene.family


def _show(turn: Turn, family: Family) -> None:
    me = turn.thread.resident.id
    linked = [tie for tie in family.ties if tie.state is TieState.LINKED]
    lines: tuple[Words, ...] = tuple(
        Said("family.tells" if tie.guarded.id == me else "family.hears", {"name": _name(_other(tie, me))})
        for tie in linked
    )
    guard = family.guard
    code = shown(guard.code) if guard and guard.version else ""
    buttons: list[tuple[Button, ...]] = [(Button("button.family_add", "family:add"),)]
    buttons += [_part_button(tie, me) for tie in linked]
    turn.reply("family.shown" if linked else "family.none", {"lines": lines, "code": code}, buttons=tuple(buttons))


def _ask(turn: Turn, family: Family) -> None:
    """What they agree to, before there is a code."""
    if len(_told(family, turn.thread.resident.id)) >= MOST_TOLD:
        turn.reply("family.enough", {"most": str(MOST_TOLD)})
        return
    buttons = ((Button("button.family_yes", "family:yes"),), (Button("button.family_no", "family:no"),))
    turn.reply(
        "family.ask", {"consent": Said(f"consent.{Purpose.FAMILY}.v{VERSIONS[Purpose.FAMILY]}")}, buttons=buttons
    )


def _hand_out(turn: Turn, family: Family) -> None:
    """A code to send on. There is one at a time: an older one that nobody opened ends."""
    me = turn.thread.resident
    if len(_told(family, me.id)) >= MOST_TOLD:
        turn.reply("family.enough", {"most": str(MOST_TOLD)})
        return
    for old in family.ties:
        if old.state is TieState.ASKED:
            turn.keep(replace(old, state=TieState.GONE))
    token = turn.scene.fresh.token
    code, until = drawn(sha256(f"family {token}".encode()).digest()), turn.now + LIFE
    turn.keep(Tie(f"t{token[:20]}", me, until=until, code=code), _agreed(turn))
    if family.guard is not None and not family.guard.version:
        turn.keep(family.guard)
    username = turn.scene.usernames.get(turn.thread.at.bot, "")
    link = f"https://t.me/{username}?start={START}{code}" if username and turn.thread.at.channel == "telegram" else ""
    turn.reply("family.code", {"code": shown(code), "link": link, "until": turn.when(until)})


def _open(turn: Turn, family: Family) -> Tie | None:
    """What the code opens for the sender; None, and it is said why, where it opens nothing."""
    me, tie = turn.thread.resident.id, family.asked
    if tie is None or tie.state is not TieState.ASKED or tie.until is None or tie.until <= turn.now:
        turn.reply("family.no_code")
    elif tie.guarded.id == me:
        turn.reply("family.own_code")
    elif any(each.guarded.id == tie.guarded.id and each.state is TieState.LINKED for each in family.ties):
        turn.reply("family.already", {"name": _name(tie.guarded)})
    elif sum(each.relative is not None and each.relative.id == me for each in family.ties) >= MOST_HEARD:
        turn.reply("family.enough", {"most": str(MOST_HEARD)})
    else:
        return tie
    return None


def _agree(turn: Turn, family: Family) -> None:
    tie = _open(turn, family)
    if tie is None:
        return
    linked = replace(tie, relative=turn.thread.resident, state=TieState.LINKED, until=None, agreed_at=turn.now, code="")
    turn.keep(linked, _agreed(turn))
    me = turn.thread.resident
    turn.reply("family.linked_hears", {"name": _name(tie.guarded)}, buttons=(_part_button(linked, me.id),))
    _tell(turn, tie.guarded, "family.linked_tells", {"name": _name(me)}, _part_button(linked, tie.guarded.id))


def _agreed(turn: Turn) -> Consent:
    """That the sender has read what it is about, and agrees."""
    return Consent(turn.thread.resident.id, Purpose.FAMILY, VERSIONS[Purpose.FAMILY], turn.now)


def _refuse(turn: Turn, family: Family) -> None:
    tie = _open(turn, family)
    if tie is None:
        return
    turn.keep(replace(tie, state=TieState.GONE))
    turn.reply("family.as_it_was")
    _tell(turn, tie.guarded, "family.refused", {})


def _part(turn: Turn, family: Family, its: str) -> None:
    """One button ends it; the other hears so, and need not agree."""
    me = turn.thread.resident.id
    tie = next((tie for tie in family.ties if tie.id == its and tie.state is TieState.LINKED), None)
    if tie is None:
        turn.reply("family.parted_already")
        return
    other = _other(tie, me)
    turn.keep(replace(tie, state=TieState.GONE))
    turn.reply("family.parted", {"name": _name(other)})
    _tell(turn, other, "family.parted_by_other", {"name": _name(_other(tie, other.id))})


# --- a warning


def warn(turn: Turn, family: Family | None) -> None:
    """Another system fears for somebody: they hear what to do now, their relatives that they should call, and who has
    the case how many were reached. Relatives are not told what it is about."""
    if family is None:
        return
    guard, number = family.guard, turn.case.number
    again = guard is not None and guard.warned_at is not None and turn.now - guard.warned_at < QUIET
    reached = 0
    if guard is not None and not again:
        turn.keep(replace(guard, warned_at=turn.now))
        reached = sum(map(bool, _warnings(turn, guard, family.ties)))
    key = "family.police_nobody"
    if again:
        key = "family.police_again"
    elif guard is not None:
        key = "family.police" if guard.resident.private else "family.police_unreached"
    params: dict[str, Words] = {"number": turn.case.shown, "told": str(reached), "of": str(len(family.ties))}
    turn.tell(*(Letter(to, key, params, Lane.DUTY, case=number) for to in _police_post(turn)))


def _police_post(turn: Turn) -> list[Address]:
    """The people of the unit that settles frauds there: those on duty, else all of them; where none can be written to,
    whoever has the case, else the desk."""
    directory, case = turn.directory, turn.case
    post = [person for person in directory.people.values() if case.unit and person.unit == case.unit]
    standing = [person.id for person in directory.standing(post, turn.now)]
    on_duty = [person for person in standing if directory.on_duty(person, turn.now)]
    desk = [person.id for person in directory.desk_of(case.grid)]
    for people in (on_duty, standing, [case.holder], desk):
        if found := [to for person in people if (to := turn.staff(person)) is not None]:
            return found
    return []


def _warnings(turn: Turn, guard: Guard, ties: tuple[Tie, ...]) -> Iterator[bool]:
    """Tells everybody; yields for each relative whether they could be written to."""
    _tell(turn, guard.resident, "family.warned", {}, (Button("button.human", "human"),), lane=Lane.DUTY)
    for tie in ties:
        if tie.relative is not None:
            name: dict[str, Words] = {"name": _name(guard.resident)}
            yield _tell(turn, tie.relative, "family.warned_relative", name, lane=Lane.DUTY)


# --- words


def _tell(
    turn: Turn, to: Resident, key: str, params: dict[str, Words], *rows: tuple[Button, ...], lane: Lane = Lane.UPDATE
) -> bool:
    """Writes to somebody alone, in their language. False where nobody can: they never opened the chat, or closed it."""
    if to.private is None:
        return False
    turn.tell(Letter(to.private, key, params, lane, buttons=rows, language=to.language))
    return True


def _told(family: Family, me: str) -> list[Tie]:
    return [tie for tie in family.ties if tie.guarded.id == me and tie.state is TieState.LINKED]


def _other(tie: Tie, me: str) -> Resident:
    return tie.relative if tie.guarded.id == me and tie.relative is not None else tie.guarded


def _part_button(tie: Tie, me: str) -> tuple[Button, ...]:
    return (Button("button.family_part", f"family:part:{tie.id}", params={"name": _name(_other(tie, me))}),)


def _name(resident: Resident) -> Words:
    return resident.name or Said("family.nameless")
